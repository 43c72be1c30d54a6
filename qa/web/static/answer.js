// An answer as elements: what the sources say, as quotes with numbered citations.

import { webAddress } from "./api.js";
import { button, discloses, el, newId, toClipboard } from "./dom.js";
import { citationText, count, dateInWords, fold, nameOf, pieces, place, quoteMarkdown, quoteText, spaced } from "./text.js";

const SHOWN = 3; // quotes; the others are a click away

/**
 * A whole answer: what was found in a sentence, then the quotes, best first.
 *
 * @param answer the body of /v1/ask
 * @param on {{service, level: number, filtered: boolean, open: Function, edit: Function,
 *   withoutFilters: Function, copied: Function}} what is around it, and what its buttons do
 */
export function answerParts(answer, on) {
  const { results, verdict, question, searched, filtered_out_undated: undated, index } = answer;
  const [headline, note] = inWords(answer, on.filtered);
  const missed = verdict === "not_found" || !results.length;
  const list = (some, start) => el("ol", { class: "quotes", role: "list", start, "data-verdict": verdict },
    some.map((one) => quote(one, on)));
  const rest = results.slice(SHOWN);
  const quotes = [
    results.length > 0 && list(results.slice(0, SHOWN), 1),
    rest.length > 0 && el("details", { class: "more" },
      el("summary", {}, `${count(rest.length, "more excerpt")}`), list(rest, SHOWN + 1)),
  ];
  return [
    searched && searched.trim() !== question.trim() && el("p", { class: "searched" },
      "Searched for: ", el("q", { dir: "auto" }, searched), " ",
      button("Edit", () => on.edit(searched))),
    el(`h${on.level + 1}`, { class: "verdict", "data-verdict": missed ? "not_found" : verdict }, headline),
    note && el("p", { class: "note" }, note),
    undated > 0 && el("p", { class: "note" },
      `${count(undated, "document")} without a date ${undated === 1 ? "was" : "were"} left out by the date filter.`),
    on.filtered && missed && on.withoutFilters
      && el("p", {}, button("Ask without filters", on.withoutFilters, "secondary")),
    missed && results.length > 0
      ? el("details", { class: "nearest", open: true },
        el("summary", {}, results.length === 1 ? "The nearest excerpt" : "The nearest excerpts"), quotes)
      : quotes,
    el("p", { class: "colophon" },
      `${count(index.passages, "passage")} searched in ${milliseconds(answer.took_ms)}.`,
      on.permalink && [" ", el("a", { href: on.permalink }, "Link to this question")]),
  ].flat().filter(Boolean);
}

/** The verdict as a headline, with an optional sentence. Uncalibrated is nothing to worry about. */
function inWords({ verdict, confidence, results }, filtered) {
  if (!results.length && filtered) {
    return ["Nothing within these filters.", "The archive may say more about it elsewhere."];
  }
  if (verdict === "not_found" || !results.length) {
    return ["Not found: the archive does not seem to answer this.", null];
  }
  if (verdict === "answered") return ["The archive says", null];
  return confidence == null
    ? ["The excerpts that fit best", null]
    : ["The archive may answer this only in part.", "These excerpts come nearest; read them with care."];
}

/** What the live region says once an answer is there: the verdict, and the best words. */
export function spoken({ verdict, results }) {
  const nearby = count(results.length, "excerpt");
  if (verdict === "not_found" || !results.length) {
    return `Not found. ${results.length ? `${nearby} nearby.` : ""}`;
  }
  const [{ excerpt, highlights, citation }] = results;
  const best = pieces(excerpt, highlights).filter(({ marked }) => marked).map(({ text }) => text).join(" … ");
  return `${verdict === "answered" ? "Found" : "Perhaps"}, ${nearby}. ${best || excerpt} From ${nameOf(citation)}.`;
}

function milliseconds(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A date, machine-readable and in words. */
export const date = (value) => (value ? el("time", { datetime: value }, dateInWords(value)) : null);

/** A lone CR ends a line in some old files, but not for a browser. */
export const lines = (text) => text.replace(/\r(?!\n)/g, "\n");

function quote({ rank, score, excerpt, highlights, citation, also }, on) {
  const address = on.service.viewAddress(citation);
  const words = el("blockquote", { dir: "auto", cite: address }, body(excerpt, highlights));
  const folded = words.querySelector(".folded") !== null;
  words.toggleAttribute("data-folded", folded);
  words.toggleAttribute("data-spaced", spaced(excerpt));
  const all = folded && button("Show all", () => {
    const open = words.toggleAttribute("data-folded");
    all.textContent = open ? "Show all" : "Show less";
    discloses(all, !open);
  });
  if (all) discloses(all, false);
  const copies = el("p", { class: "copies", id: newId("copies"), hidden: true }, [
    ["Text", quoteText(excerpt, citation, address)],
    ["Markdown", quoteMarkdown(excerpt, citation, address)],
    ["Citation", citationText(citation, address)],
    ["Link", address],
  ].map(([what, text]) => copyButton(what, text, on)));
  const copy = button("Copy", () => discloses(copy, copies.hidden, copies));
  copy.setAttribute("aria-controls", copies.id);
  copy.setAttribute("aria-label", `Copy quote ${rank}`);
  discloses(copy, false);
  const meta = [date(citation.published),
    citation.section && el("span", {}, el("bdi", {}, citation.section)),
    place(citation) && el("span", { class: "place" }, place(citation))].filter(Boolean);
  return el("li", { class: "quote", value: rank },
    el("figure", {}, words,
      el("figcaption", {},
        el("span", { class: "from" },
          citeLink(citation, { rank, score, highlights, on }),
          meta.length > 0 && [" ", el("span", { class: "meta" }, meta)]),
        el("span", { class: "actions" }, all, copy))),
    copies,
    also?.length ? elsewhere(also, highlights, on) : null);
}

/** The words of an excerpt, each once, the marked ones in marks, the folded ones in spans. */
function body(excerpt, highlights) {
  return fold(pieces(excerpt, highlights)).map(({ text, marked, folded }) => (
    marked ? el("mark", {}, lines(text))
      : folded ? [el("span", { class: "gap", "aria-hidden": "true" }), el("span", { class: "folded" }, lines(text))]
      : lines(text)));
}

function copyButton(what, text, on) {
  const node = button(what, async () => {
    const done = await toClipboard(text);
    on.copied(done ? `${what} copied` : "Copying is blocked in this browser");
    node.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => { node.textContent = what; }, 1600);
  });
  return node;
}

/** A link to a citation's page that opens beside the answer where there is room for it. */
function citeLink(citation, { rank, score, highlights, on }) {
  const link = el("a", { class: "cite", href: on.service.viewAddress(citation) },
    rank && [el("span", { class: "n" }, `[${rank}]`), " "], el("bdi", {}, nameOf(citation)));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (on.open({ citation, score, highlights }, link)) event.preventDefault();
    else Object.assign(link, { target: "_blank", rel: "noopener" });
  });
  return link;
}

/** The other places where the same text stands. */
function elsewhere(also, highlights, on) {
  const list = el("ul", {}, also.map((citation) => el("li", {}, citeLink(citation, { highlights, on }),
    " ", el("small", {}, [citation.title && citation.source, place(citation)].filter(Boolean).join(", ")))));
  return also.length > 2
    ? el("details", { class: "also" }, el("summary", {}, `The same text in ${also.length} other places`), list)
    : el("div", { class: "also" }, el("p", {}, "The same text also stands in"), list);
}

/** A failure in words, and the way on. */
export function problem(error, level, actions) {
  return el("div", { class: "problem", role: "alert" },
    el(`h${level}`, {}, error.title ?? "Something went wrong on this page"),
    el("p", {}, error.title ? withCode(error.message) : "Reloading it may help."),
    error.reference && el("p", { class: "small" }, "Reference for the operator: ", el("code", {}, error.reference)),
    actions.length > 0 && el("p", { class: "ways" }, actions));
}

/** A message of the service, in which `a command` stands between backticks. */
function withCode(message) {
  return message.split("`").map((part, n, all) => (n % 2 && n < all.length - 1 ? el("code", {}, part) : part));
}

/** A link to where a document came from; null for anything but a web address. */
export function original({ original_url: url }) {
  const address = webAddress(url);
  return address && el("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, "Original");
}
