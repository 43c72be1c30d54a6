// Words and spans: pure functions, shared by every face of the project in a browser.

import { conditionOf, webAddress } from "./api.js";

/**
 * Cut a text at its highlights, and at the words in them that answer.
 *
 * The service counts Unicode code points; a JavaScript string counts UTF-16 units, where one
 * emoji is two. So the text is cut as an array of code points. Spans may come in any order,
 * touch or overlap, or reach outside: what is shown is still the text, each character once.
 *
 * @param {string} text
 * @param {{start: number, end: number}[]} spans
 * @param {{start: number, end: number} | null} answer
 * @returns {{text: string, marked: boolean, answers: boolean}[]}
 */
export function pieces(text, spans = [], answer = null) {
  const points = Array.from(text);
  const words = answer ? [answer] : [];
  const marks = [...spans, ...words];
  const within = (some, start, end) => some.some((span) => span.start <= start && end <= span.end);
  const cuts = [0, points.length, ...marks.flatMap(({ start, end }) => [start, end])]
    .filter((at) => at >= 0 && at <= points.length)
    .sort((a, b) => a - b);
  return cuts.slice(1).map((end, n) => [cuts[n], end]).filter(([start, end]) => start < end)
    .map(([start, end]) => ({
      text: points.slice(start, end).join(""),
      marked: within(marks, start, end),
      answers: within(words, start, end),
    }));
}

const AROUND = 160; // characters of a sentence on each side of the words that answer

/**
 * The short answer in its sentence: what the page says first. Null where the archive gives none, or
 * is in doubt. `before + words + after` is as the excerpt has it, but for an ellipsis where the
 * sentence is long; `qa/present/shown.py` has the same rule for the other faces.
 *
 * @returns {{result: object, before: string, words: string, after: string} | null}
 */
export function shortAnswer({ verdict, results: [result] }) {
  if (verdict !== "answered" || !result?.answer) return null;
  const { excerpt, highlights = [], answer } = result;
  const points = Array.from(excerpt);
  const touched = highlights.filter(({ start, end }) => start < answer.end && answer.start < end);
  const from = Math.min(answer.start, ...touched.map(({ start }) => start));
  const to = Math.max(answer.end, ...touched.map(({ end }) => end));
  const part = (start, end) => points.slice(start, end).join("");
  const before = part(from, answer.start).trimStart();
  const after = part(answer.end, to).trimEnd();
  return {
    result,
    words: part(answer.start, answer.end),
    before: length(before) <= AROUND ? before
      : `… ${Array.from(before).slice(-AROUND).join("").replace(/^\S*\s+/, "")}`,
    after: length(after) <= AROUND ? after
      : `${Array.from(after).slice(0, AROUND).join("").replace(/\s+\S*$/, "")} …`,
  };
}

/** How many code points a text has, as the service counts them. */
export const length = (text) => Array.from(text).length;

/** Whether spaces set out a text: columns, or lines that are indented. */
export const spaced = (text) => /[ \t]{2}|^[ \t]/m.test(text);

const SHORT = 300; // characters of an excerpt that are never folded
const AFTER = 160; // characters that stay after the marked sentence
const BETWEEN = 120; // characters that stay between two marked sentences

/**
 * Fold an excerpt around its marked sentence: which pieces are put away at first.
 *
 * Nothing is left out or changed: the pieces joined are the excerpt. The marked words come first,
 * so that what stands before them is put away; after them a few words stay.
 *
 * @param {{text: string, marked: boolean, answers: boolean}[]} cut of `pieces`
 * @returns {{text: string, marked: boolean, answers: boolean, folded: boolean}[]}
 */
export function fold(cut) {
  const open = cut.map((piece) => ({ ...piece, folded: false }));
  if (cut.reduce((sum, { text }) => sum + text.length, 0) <= SHORT) return open;
  const first = open.findIndex(({ marked }) => marked);
  const last = open.findLastIndex(({ marked }) => marked);
  return open.flatMap((piece, n) => {
    if (piece.marked) return [piece];
    if (n < first) return [{ ...piece, folded: piece.text.trim() !== "" }];
    if (n < last) return [{ ...piece, folded: piece.text.length > BETWEEN }];
    return headAndTail(piece, first < 0 ? SHORT : AFTER);
  });
}

/** Cut unmarked words at a space near `most`; a short rest is not worth a cut. */
function headAndTail(piece, most) {
  const { text } = piece;
  if (text.length <= most * 1.3) return [piece];
  const space = text.slice(0, most).search(/\s\S*$/);
  const at = space > most / 2 ? space : Array.from(text.slice(0, most)).slice(0, -1).join("").length;
  return [{ ...piece, text: text.slice(0, at) }, { ...piece, text: text.slice(at), folded: true }];
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
  "September", "October", "November", "December"];

/** "2019-11-23" is "23 November 2019", "2019-11" is "November 2019"; no more precise than known. */
export function dateInWords(value) {
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(value ?? "") ?? [];
  if (!year || (month && !MONTHS[month - 1])) return value ?? "";
  return [day && Number(day), month && MONTHS[month - 1], year].filter(Boolean).join(" ");
}

/** "1 excerpt", "5 excerpts", "1,200 excerpts". */
export function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** "line 3", "lines 3–5", "page 2, line 3"; what has a place, as a workbook has, has no lines: "Pumps, row 12". */
export function place({ page, place: within, line_start: first, line_end: last }) {
  const lines = within || first == null ? "" : first === last ? `line ${first}` : `lines ${first}–${last}`;
  return [page == null ? "" : `page ${page}`, within, lines].filter(Boolean).join(", ");
}

/** A condition on a facet in words: "author Ann Lee", "year ≥ 1990". */
export function conditionInWords(words) {
  const { name, operator, value } = conditionOf(words);
  const sign = { "=": "", ">=": "≥", "<=": "≤" }[operator] ?? operator;
  return [facetInWords(name), sign, value].filter(Boolean).join(" ");
}

/** The name of a facet for people: "publication place". */
export const facetInWords = (name) => name.replace(/[_.]+/g, " ");

/** The bounds of a question in words: "2018 to 2020, reports/*, author Ann Lee"; empty where there are none. */
export function boundsInWords({ source, from, to, where = [] }) {
  const when = from && to && from === to ? dateInWords(from)
    : from && to ? `${dateInWords(from)} to ${dateInWords(to)}`
    : from ? `from ${dateInWords(from)}`
    : to ? `up to ${dateInWords(to)}` : "";
  return [when, source, ...where.map(conditionInWords)].filter(Boolean).join(", ");
}

/** What a document is called: its title, or else its path. */
export const nameOf = ({ title, source }) => title || source;

/** A document's own address on the web, without the words that it opens at; "" without one. */
const originalAddress = ({ original_url: url }) => (webAddress(url) ?? "").replace(/:~:.*$/, "").replace(/#$/, "");

/** A citation in one line of text, enough to find the very words again. */
export function citationText(citation, address) {
  const { author, title, source, section, published, start, end, sha256 } = citation;
  const original = originalAddress(citation);
  return [
    author,
    title && `“${title}”`,
    section && `section “${section}”`,
    dateInWords(published),
    source,
    place(citation),
    `characters ${start}–${end}`,
    sha256 && `SHA-256 ${sha256.slice(0, 12)}`,
  ].filter(Boolean).join(", ") + `. ${original && `${original} `}${address}`;
}

/** A quotation with its citation under it. */
export const quoteText = (excerpt, citation, address) =>
  `“${excerpt}”\n\n${citationText(citation, address)}`;

/** The same as Markdown that renders as these very words, whatever markup they hold. */
export function quoteMarkdown(excerpt, citation, address) {
  const quoted = excerpt.split(/\r\n|\r|\n/).map((line) => `> ${literally(line.trim())}`.trimEnd());
  const link = (words, to) => `[${words}](${to.replace(/\(/g, "%28").replace(/\)/g, "%29")})`;
  const original = originalAddress(citation);
  const parts = [citation.author && literally(citation.author), link(literally(nameOf(citation)), address),
    dateInWords(citation.published), literally(place(citation)), original && link("original", original)];
  return [...quoted, ">", `> — ${parts.filter(Boolean).join(", ")}`].join("\n");
}

const literally = (text) => text
  .replace(/[\\`*_{}[\]<>()#|~!&]/g, "\\$&")
  .replace(/^([-+=]|\d+(?=[.)]))/, (lead) => (/\d/.test(lead) ? `${lead}\\` : `\\${lead}`));
