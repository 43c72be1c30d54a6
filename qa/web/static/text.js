// Words and spans: pure functions, shared by every face of the project in a browser.

/**
 * Cut a text at its highlights.
 *
 * The service counts Unicode code points; a JavaScript string counts UTF-16 units, where one
 * emoji is two. So the text is cut as an array of code points. Spans may come in any order,
 * touch or overlap, or reach outside: what is shown is still the text, each character once.
 *
 * @param {string} text
 * @param {{start: number, end: number}[]} spans
 * @returns {{text: string, marked: boolean}[]}
 */
export function pieces(text, spans = []) {
  const points = Array.from(text);
  const ordered = spans
    .map(({ start, end }) => [Math.max(0, start), Math.min(points.length, end)])
    .filter(([start, end]) => start < end)
    .sort(([a], [b]) => a - b);
  const cut = [];
  let at = 0;
  const take = (end, marked) => {
    if (end > at) cut.push({ text: points.slice(at, end).join(""), marked });
    at = Math.max(at, end);
  };
  for (const [start, end] of ordered) {
    take(start, false);
    take(end, true);
  }
  take(points.length, false);
  return cut;
}

/** How many code points a text has, as the service counts them. */
export const length = (text) => Array.from(text).length;

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

/** "line 3", "lines 3–5", "page 2, line 3". */
export function place({ page, line_start: first, line_end: last }) {
  const lines = first == null ? "" : first === last ? `line ${first}` : `lines ${first}–${last}`;
  return [page == null ? "" : `page ${page}`, lines].filter(Boolean).join(", ");
}

/** What a document is called: its title, or else its path. */
export const nameOf = ({ title, source }) => title || source;

/** A citation in one line of text, enough to find the very words again. */
export function citationText(citation, address) {
  const { title, source, section, published, start, end, sha256 } = citation;
  return [
    title && `“${title}”`,
    section && `section “${section}”`,
    dateInWords(published),
    source,
    place(citation),
    `characters ${start}–${end}`,
    sha256 && `SHA-256 ${sha256.slice(0, 12)}`,
  ].filter(Boolean).join(", ") + `. ${address}`;
}

/** A quotation with its citation under it. */
export const quoteText = (excerpt, citation, address) =>
  `“${excerpt}”\n\n${citationText(citation, address)}`;
