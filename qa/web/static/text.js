// Words and spans: pure functions, shared by the page and the widget.

import { conditionOf, webAddress } from "./api.js";

/**
 * Cut a text at its highlights, and at the words in them that answer.
 *
 * The service counts Unicode code points; a JavaScript string counts UTF-16 units, where one
 * emoji is two. So the text is cut as an array of code points. Spans may come in any order,
 * touch or overlap, or reach outside: the result is still the text, each character once.
 *
 * @param {string} text
 * @param {{start: number, end: number}[]} spans
 * @param {{start: number, end: number} | null} answer
 * @param {{start: number, end: number}[]} heads headings within the text
 * @returns {{text: string, marked: boolean, answers: boolean, head: boolean}[]}
 */
export function pieces(text, spans = [], answer = null, heads = []) {
  const points = Array.from(text);
  const words = answer ? [answer] : [];
  const marks = [...spans, ...words];
  const within = (some, start, end) => some.some((span) => span.start <= start && end <= span.end);
  const cuts = [0, points.length, ...[...marks, ...heads].flatMap(({ start, end }) => [start, end])]
    .filter((at) => at >= 0 && at <= points.length)
    .sort((a, b) => a - b);
  return cuts.slice(1).map((end, n) => [cuts[n], end]).filter(([start, end]) => start < end)
    .map(([start, end]) => ({
      text: points.slice(start, end).join(""),
      marked: within(marks, start, end),
      answers: within(words, start, end),
      head: within(heads, start, end),
    }));
}

/**
 * The headings within an excerpt: lines that are its document's title or its section, and lines that
 * Markdown makes headings. They are shown smaller than what the excerpt says.
 */
export function headings(excerpt, { title, section }) {
  const plain = (words) => words.replace(/^#+\s+/, "").replace(/\s+/g, " ").trim();
  const names = [title, section].filter(Boolean).flatMap((name) => [plain(name), plain(name.split(" › ").at(-1))]);
  const found = [];
  let start = 0;
  for (const line of excerpt.split(/(?<=\n)/)) {
    const end = start + length(line);
    if (/^#{1,6}\s/.test(line) || names.includes(plain(line))) found.push({ start, end });
    start = end;
  }
  return found.at(-1)?.end === start ? found.slice(0, -1) : found; // a quote is more than headings
}

const AROUND = 160; // characters of a sentence on each side of the words that answer

/**
 * The short answer in its sentence, which the page shows first. Null if there is none, or if it is
 * uncertain. `before + words + after` is a part of the excerpt, with an ellipsis if the sentence is
 * long; `qa/present/shown.py` has the same rule for the other interfaces.
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

/** Whether spaces arrange a text: columns, or indented lines. */
export const spaced = (text) => /[ \t]{2}|^[ \t]/m.test(text);

const SHORT = 300; // characters of an excerpt that are never folded
const AFTER = 160; // characters that stay after the marked sentence
const BETWEEN = 120; // characters that stay between two marked sentences

/**
 * Fold an excerpt around its marked sentence: some pieces are hidden at first.
 *
 * Nothing is left out or changed: together the pieces are the excerpt. The text before the marked
 * words is hidden; after them a few words stay visible.
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

/** Cut unmarked words at a space near `most`; a short rest is not cut off. */
function headAndTail(piece, most) {
  const { text } = piece;
  if (text.length <= most * 1.3) return [piece];
  const space = text.slice(0, most).search(/\s\S*$/);
  const at = space > most / 2 ? space : Array.from(text.slice(0, most)).slice(0, -1).join("").length;
  return [{ ...piece, text: text.slice(0, at) }, { ...piece, text: text.slice(at), folded: true }];
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
  "September", "October", "November", "December"];

/** "2019-11-23" is "23 November 2019", "2019-11" is "November 2019"; unknown parts are left out. */
export function dateInWords(value) {
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(value ?? "") ?? [];
  if (!year || (month && !MONTHS[month - 1])) return value ?? "";
  return [day && Number(day), month && MONTHS[month - 1], year].filter(Boolean).join(" ");
}

/** "1 excerpt", "5 excerpts", "1,200 excerpts". */
export function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/**
 * "line 3", "lines 3–5"; a source with pages or places has no lines: "page 2", "Pumps, row 12". Words that OCR read
 * from a scanned page say so: "page 2, read by OCR".
 */
export function place({ page, place: within, line_start: first, line_end: last, ocr_confidence: ocr = null }) {
  const lines = within || first == null ? "" : first === last ? `line ${first}` : `lines ${first}–${last}`;
  return [page == null ? "" : `page ${page}`, within, lines, ocr == null ? "" : "read by OCR"].filter(Boolean).join(", ");
}

/** A condition on a facet in words: "author Ann Lee", "year ≥ 1990". */
export function conditionInWords(words) {
  const { name, operator, value } = conditionOf(words);
  const sign = { "=": "", ">=": "≥", "<=": "≤" }[operator] ?? operator;
  return [facetInWords(name), sign, value].filter(Boolean).join(" ");
}

/** The name of a facet for people: "publication place". */
export const facetInWords = (name) => name.replace(/[_.]+/g, " ");

/** The filters of a question in words: "2018 to 2020, reports/*, author Ann Lee"; empty without filters. */
export function boundsInWords({ source, from, to, where = [] }) {
  const when = from && to && from === to ? dateInWords(from)
    : from && to ? `${dateInWords(from)} to ${dateInWords(to)}`
    : from ? `from ${dateInWords(from)}`
    : to ? `up to ${dateInWords(to)}` : "";
  return [when, source, ...where.map(conditionInWords)].filter(Boolean).join(", ");
}

/** The name of a document: its title, else its path. */
export const nameOf = ({ title, source }) => title || source;

/** A document's own address on the web, without the text fragment; "" if there is none. */
const originalAddress = ({ original_url: url }) => (webAddress(url) ?? "").replace(/:~:.*$/, "").replace(/#$/, "");

/** A citation in its exact form, as the service writes it too: enough to find the exact words again. */
export function citationText(citation, address) {
  return [`${citationWords(citation)}.`, ...citationAddresses(citation, address)].join(" ");
}

/** The same as a footnote in Markdown, in which the addresses stay links. */
export function citationMarkdown(citation, address) {
  const links = citationAddresses(citation, address)
    .map((to) => (/[\s<>]/.test(to) ? literally(to) : `<${to}>`));
  return [`${literally(citationWords(citation))}.`, ...links].join(" ");
}

const citationAddresses = (citation, address) => [originalAddress(citation), address].filter(Boolean);

function citationWords(citation) {
  const { author, title, source, section, published, published_from: from, page, place: within } = citation;
  const { start, end, line_start: first, line_end: last, sha256 } = citation;
  const lines = first == null ? "" : first === last ? `:${first}` : `:${first}-${last}`;
  return [
    author,
    title && `“${title}”`,
    section && `section “${section}”`,
    `${source}${lines}`,
    published && (from ? `${published} (date from the ${from})` : published),
    page && `page ${page}`,
    within,
    `characters ${start}-${end}`,
    sha256 && `SHA-256 ${sha256}`,
  ].filter(Boolean).join(", ").replace(/[\n\r\t\v\f\x85\u2028\u2029]+/g, " ");
}

/** A quotation with its citation under it. */
export const quoteText = (excerpt, citation, address) =>
  `“${excerpt}”\n\n${citationText(citation, address)}`;

/** The same as Markdown that shows exactly these words, even if they contain markup. */
export function quoteMarkdown(excerpt, citation, address) {
  const link = (words, to) => `[${words}](${to.replace(/\(/g, "%28").replace(/\)/g, "%29")})`;
  const original = originalAddress(citation);
  const parts = [citation.author && literally(citation.author), link(literally(nameOf(citation)), address),
    dateInWords(citation.published), literally(place(citation)), original && link("original", original)];
  return [...quoteLines(excerpt), ">", `> — ${parts.filter(Boolean).join(", ")}`].join("\n");
}

/** A quotation as lines of Markdown that render as these very words. */
const quoteLines = (excerpt) => excerpt.split(/\r\n|\r|\n/)
  .map((line) => `> ${literally(line.trim())}`.trimEnd());

/** A text as Markdown that shows it and sees no markup in it. */
export const literally = (text) => text
  .replace(/[\\`*_{}[\]<>()#|~!&]/g, "\\$&")
  .replace(/^([-+=]|\d+(?=[.)]))/, (lead) => (/\d/.test(lead) ? `${lead}\\` : `\\${lead}`));

const SHOWN = 3; // quotes; the others are a click away
const NEAREST = 2; // of them where nothing seems to answer: more would look as if something did

/** The results that an answer shows first. */
export const shownResults = ({ verdict, results }) => results.slice(0, verdict === "not_found" ? NEAREST : SHOWN);

/** Whether another question was searched than the one that was asked, for example a follow-up made whole. */
export const searchedOtherwise = ({ searched, question }) => Boolean(searched) && bare(searched) !== bare(question);

/** A question without the spaces and quotation marks around it. */
const bare = (text) => text.replace(/^[\s"'“”„«»‘’]+|[\s"'“”„«»‘’]+$/g, "");

/** The notes that are shown; if the searched question is shown, no note says that it was shortened. */
export const notesOf = (answer) => (answer.notes ?? []).filter(({ code }) => (
  code !== "question_shortened" || !searchedOtherwise(answer)));

/** How many documents a date filter left out because they have no date, in words; empty if none. */
export const undatedInWords = ({ filtered_out_undated: undated }) => (undated > 0
  ? `${count(undated, "document")} without a date ${undated === 1 ? "was" : "were"} left out by the date filter.` : "");

/** What an answer is worth, in words; empty for one to a message that asks nothing. */
export function verdictInWords({ verdict, results, notes = [] }) {
  if (!results.length) return notes.some(({ code }) => code === "greeting") ? "" : "The archive has nothing on this.";
  return {
    answered: "The archive says",
    unsure: "Closest passages; they may not answer this",
    not_found: "The archive does not seem to answer this.",
  }[verdict];
}
