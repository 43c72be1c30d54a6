// Spans of a text: its words and sentences. Offsets count UTF-16 units, as a JavaScript string does.

const WORD = /[\p{L}\p{M}\p{N}]/u;
const segmenter = Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "sentence" }) : null;

/** A span without white space at its ends; null if there is nothing else in it. */
export function trimmed(text, { start, end }) {
  const words = text.slice(start, end);
  const from = start + words.length - words.trimStart().length;
  const to = start + words.trimEnd().length;
  return from < to ? { start: from, end: to } : null;
}

/** What a person selected: whole words, and no white space at the ends; null if there is no word. */
export function snapped(text, { start, end }) {
  const span = trimmed(text, { start, end });
  if (!span) return null;
  let { start: from, end: to } = span;
  while (from > 0 && isWithinWord(text, from)) from -= 1;
  while (to < text.length && isWithinWord(text, to)) to += 1;
  return { start: from, end: to };
}

/** Whether an offset stands between two characters of one word, or within a character. */
function isWithinWord(text, at) {
  if (/[\uDC00-\uDFFF]/.test(text[at]) && /[\uD800-\uDBFF]/.test(text[at - 1])) return true;
  const before = String.fromCodePoint(text.codePointAt(/[\uDC00-\uDFFF]/.test(text[at - 1]) ? at - 2 : at - 1));
  return WORD.test(before) && WORD.test(String.fromCodePoint(text.codePointAt(at)));
}

/** Whole sentences around a span. */
export function widened(text, parts, { start, end }) {
  const first = sentenceAt(text, parts, start);
  const last = sentenceAt(text, parts, Math.max(end - 1, start));
  return first && last ? { start: first.start, end: last.end } : { start, end };
}

/** The sentence that holds an offset, or else the next one; null after the last. */
export function sentenceAt(text, parts, offset) {
  for (let at = offset; at < text.length;) {
    const around = paragraphAt(text, parts, at);
    const found = sentencesOf(text, around).find((one) => one.end > at);
    if (found) return found;
    at = Math.max(around.end, at + 1);
  }
  return null;
}

/** The sentence before an offset; null before the first. */
export function sentenceBefore(text, parts, offset) {
  for (let at = offset - 1; at >= 0;) {
    const around = paragraphAt(text, parts, at);
    const found = sentencesOf(text, around).findLast((one) => one.start <= at && one.end <= offset);
    if (found) return found;
    at = Math.min(around.start, at) - 1;
  }
  return null;
}

/** The sentences of a paragraph, without the white space between them. A line's end does not end a sentence. */
function sentencesOf(text, { start, end }) {
  const words = text.slice(start, end).replace(/\s/g, " ");
  const cut = segmenter ? [...segmenter.segment(words)].map(({ index, segment }) => [index, segment.length]) : [[0, words.length]];
  return cut.map(([index, length]) => trimmed(text, { start: start + index, end: start + index + length })).filter(Boolean);
}

/** The part that holds an offset; of a text without parts, what stands between empty lines. */
function paragraphAt(text, parts, offset) {
  if (parts.length) {
    const within = parts.find((part) => part.end > offset);
    if (!within) return { start: parts.at(-1).end, end: text.length };
    return within.start <= offset ? within : { start: offset, end: within.start };
  }
  const gap = /(\r\n|\r|\n)[^\S\r\n]*(\r\n|\r|\n)/g;
  let start = 0;
  for (const { index, 0: found } of text.slice(0, offset + 1).matchAll(gap)) start = index + found.length;
  gap.lastIndex = offset;
  const next = gap.exec(text);
  return { start: Math.min(start, offset), end: next ? Math.max(next.index, offset + 1) : text.length };
}
