// The structure of a document as elements: headings, lists and tables, every character in its place.

import { el } from "./dom.js";

const DEEPEST = 6;
const GROUPS = { item: "ul", header: "table", row: "table" };

/**
 * The parts of a document, as `structure` of the service's answer tells them.
 *
 * What only parts them, a bar between cells say, is in the element and not seen, so that its text is
 * the document's. `written(start, end)` returns the nodes of a stretch of the text.
 *
 * @param {{kind: string, start: number, end: number, level: number, shown: number[][], joined: boolean}[]} parts
 * @param {number} length of the text, in code points
 * @param {(start: number, end: number) => (Node | string)[]} written
 */
export function structured(parts, length, written) {
  const hidden = (start, end) => (start < end ? [el("span", { class: "bar" }, written(start, end))] : []);
  const found = [...hidden(0, parts[0].start)];
  let group = null;
  parts.forEach((part, n) => {
    const following = parts[n + 1]?.start ?? length;
    const own = GROUPS[part.kind];
    if (!own) {
      group = null;
      found.push(block(part, following, written, hidden));
      return;
    }
    if (group?.own !== own || (own === "table" && !part.joined)) {
      const into = el(own === "table" ? "tbody" : "ul");
      group = { own, into };
      found.push(own === "table" ? el("div", { class: "table" }, el("table", {}, into)) : into);
    }
    group.into.append(own === "table" ? row(part, following, written, hidden) : block(part, following, written, hidden));
  });
  return found;
}

function block(part, following, written, hidden) {
  const [[start, end]] = part.shown;
  const name = part.kind === "heading" ? `h${Math.min(part.level + 2, DEEPEST)}` : part.kind === "item" ? "li" : "p";
  const bullet = part.kind === "item" && start > part.start ? "bullet" : null;
  return el(name, { class: bullet }, hidden(part.start, start), written(start, end), hidden(end, following));
}

function row(part, following, written, hidden) {
  let upto = part.start;
  return el("tr", {}, part.shown.map(([start, end], n) => {
    const behind = part.shown[n + 1]?.[0] ?? following;
    const cell = el(part.kind === "header" ? "th" : "td", {},
      hidden(upto, start), written(start, end), hidden(end, behind));
    upto = behind;
    return cell;
  }));
}
