// Answers as elements. Text from documents only ever becomes a text node.

import { documentAddress, viewAddress, webAddress } from "./api.js";
import { citationText, count, dateInWords, nameOf, pieces, place, quoteText } from "./text.js";

/** Make an element. Strings among the children become text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

function button(label, onClick, kind = "quiet") {
  const node = el("button", { type: "button", class: kind }, label);
  node.addEventListener("click", () => onClick(node));
  return node;
}

function date(value) {
  return value ? el("time", { datetime: value }, dateInWords(value)) : null;
}

/**
 * A whole answer: what was found in a sentence, then the excerpts, best first.
 *
 * @param answer the body of /v1/ask
 * @param {{filtered: boolean, clearFilters: () => void, copied: (what: string) => void}} on
 */
export function answer(answer, on) {
  const { results, verdict, filtered_out_undated: undated, index } = answer;
  const [headline, note] = inWords(answer, on.filtered);
  return [
    el("header", { class: "verdict", "data-verdict": verdict },
      el("h2", {}, headline),
      note && el("p", {}, note),
      answer.searched && answer.searched !== answer.question
        && el("p", {}, "Searched for: ", el("q", { dir: "auto" }, answer.searched)),
      undated > 0
        && el("p", {}, `${count(undated, "document")} without a date ${undated === 1 ? "was" : "were"} left out by the date filter.`),
      on.filtered && (!results.length || verdict === "not_found")
        && el("p", {}, button("Search without filters", on.clearFilters, "secondary"))),
    results.length
      ? el("ol", { class: "results", role: "list", "data-verdict": verdict },
        results.map((one) => el("li", {}, result(one, on))))
      : null,
    index && results.length
      ? el("p", { class: "colophon" },
        `${count(index.passages, "passage")} searched in ${milliseconds(answer.took_ms)}, model ${index.model}.`)
      : null,
  ].filter(Boolean);
}

/** The verdict as a headline, with an optional sentence. Uncalibrated is nothing to worry about. */
function inWords({ verdict, confidence, results }, filtered) {
  const found = count(results.length, "excerpt");
  const best = results.length > 1 ? ", best first" : "";
  if (!results.length) {
    return filtered
      ? ["Nothing within these filters", "The archive may say more about it elsewhere."]
      : ["The archive does not seem to answer this.", null];
  }
  if (verdict === "not_found") {
    return ["The archive does not seem to answer this.",
      results.length === 1 ? "Nearest excerpt:" : "Nearest excerpts:"];
  }
  if (verdict === "answered") return [`Found in the archive: ${found}${best}`, null];
  return [`${found}${best}`, confidence == null ? null : "These may answer it only in part."];
}

/** What the live region says once an answer is there. */
export function spoken({ verdict, results }) {
  const found = count(results.length, "excerpt");
  return verdict === "not_found" || !results.length
    ? `The archive does not seem to answer this. ${results.length ? `${found} nearby.` : ""}`
    : `${found}.`;
}

function milliseconds(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function result({ rank, score, excerpt, highlights, citation, also }, on) {
  const address = viewAddress(citation);
  const heading = `result-${rank}`;
  const where = citation.title
    ? [citation.source, place(citation)].filter(Boolean).join(", ")
    : place(citation).replace(/^./, (first) => first.toUpperCase()); // the path is the heading
  const copy = (label, what, text) => button(label, async (node) => {
    const done = await toClipboard(text);
    on.copied(done ? `${what} copied` : "Copying is blocked in this browser");
    node.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => { node.textContent = label; }, 1600);
  });
  const meta = [date(citation.published),
    citation.section && el("span", {}, el("bdi", {}, citation.section))].filter(Boolean);
  const facts = el("dl", { id: `facts-${rank}`, hidden: true },
    fact("Score", `${score.toFixed(2)}, higher is better`),
    fact("Characters", `${citation.start}–${citation.end} of the document’s text`),
    fact("SHA-256", el("code", {}, citation.sha256)),
    fact("Citation", el("code", {}, citation.id)),
    webAddress(citation.original_url)
      && fact("Original", el("a", { href: webAddress(citation.original_url), rel: "noreferrer noopener" },
        citation.original_url)));
  const details = button("Details", () => {
    facts.hidden = !facts.hidden;
    details.setAttribute("aria-expanded", !facts.hidden);
  });
  details.setAttribute("aria-controls", facts.id);
  details.setAttribute("aria-expanded", "false");
  return el("article", { "aria-labelledby": heading },
    el("span", { class: "rank", "aria-hidden": "true" }, String(rank)),
    el("h3", { id: heading, dir: "auto" }, el("a", { href: address }, nameOf(citation))),
    meta.length ? el("p", { class: "meta" }, meta) : null,
    el("blockquote", { dir: "auto", cite: address },
      pieces(excerpt, highlights).map(({ text, marked }) => (marked ? el("mark", {}, lines(text)) : lines(text)))),
    el("div", { class: "actions" },
      el("a", { class: "place", href: address }, el("bdi", {}, where || "Open the document")),
      copy("Copy quote", "Quote", quoteText(excerpt, citation, address)),
      copy("Copy citation", "Citation", citationText(citation, address)),
      details,
      facts),
    also?.length ? copies(also) : null);
}

/** A lone CR ends a line in some old files, but not for a browser. */
const lines = (text) => text.replace(/\r(?!\n)/g, "\n");

function fact(name, value) {
  return [el("dt", {}, name), el("dd", {}, value)];
}

/** The other places where the same text stands. */
function copies(also) {
  const list = el("ul", {}, also.map((citation) => el("li", {},
    el("a", { href: viewAddress(citation) },
      el("bdi", {}, [nameOf(citation), citation.title && citation.source, place(citation)].filter(Boolean).join(", "))),
    citation.published && [" ", date(citation.published)])));
  return also.length > 2
    ? el("details", { class: "also" },
      el("summary", {}, `The same text in ${also.length} other places`), list)
    : el("div", { class: "also" }, el("p", {}, "The same text also stands in"), list);
}

/** What the page shows when it has nothing to show: the failure, and a way on. */
export function problem(error, retry) {
  return el("div", { class: "problem", role: "alert" },
    el("h2", {}, error.title ?? "Something went wrong on this page"),
    el("p", {}, error.title ? withCode(error.message) : "Reloading it may help."),
    error.reference && el("p", { class: "small" }, "Reference for the operator: ", el("code", {}, error.reference)),
    (error.retry || !error.title) && el("p", {}, button("Try again", retry, "secondary")));
}

/** A message of the service, in which `a command` stands between backticks. */
function withCode(message) {
  return message.split("`").map((part, n, all) => (n % 2 && n < all.length - 1 ? el("code", {}, part) : part));
}

/** Grey bars in the shape of what is coming. */
export function waiting() {
  return el("div", { class: "waiting", "aria-hidden": "true" },
    Array.from({ length: 3 }, () => el("div", {}, el("i"), el("i"), el("i"), el("i"))));
}

/** The archive's documents, one a row. */
export function documentRow({ id, title, source, published }) {
  const day = typeof published === "object" ? published?.value : published;
  return el("li", {},
    el("a", { href: documentAddress(id) }, el("bdi", {}, nameOf({ title, source }))),
    date(day),
    title && el("small", {}, el("bdi", {}, source)));
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers offer no clipboard to a page that came over plain HTTP from another machine.
    const area = el("textarea", { class: "away", readonly: true, "aria-hidden": "true" });
    const before = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}
