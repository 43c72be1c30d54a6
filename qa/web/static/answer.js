// An answer as elements: quotes with numbered citations.

import { webAddress } from "./api.js";
import { citeGroup, copyMenu } from "./copy.js";
import { button, discloses, el, newId } from "./dom.js";
import {
  count, dateInWords, fold, headings, nameOf, notesOf, pieces, place, quoteMarkdown, quoteText, searchedOtherwise,
  shortAnswer, shownResults, spaced, undatedInWords, verdictInWords,
} from "./text.js";

/**
 * A whole answer: the verdict in a sentence, the short answer, then the quotes, best first.
 *
 * @param answer the body of /v1/ask
 * @param on {{service, level: number, filtered: boolean, open: Function, edit: Function,
 *   ask: Function, withoutFilters: Function, copied: Function}} what is around it, and what its
 *   buttons do
 */
export function answerParts(answer, on) {
  const { results, verdict, index } = answer;
  const notes = noteParts(answer, on);
  if (asksNothing(answer)) return notes;
  const [headline, more] = inWords(answer, on.filtered);
  const missed = verdict === "not_found" || !results.length;
  const short = shortAnswer(answer);
  const most = shownResults(answer).length;
  const list = (some, start) => el("ol", { class: "quotes", role: "list", start, "data-verdict": verdict,
    "data-light": Boolean(short) || verdict === "unsure", "data-large": verdict === "answered" && !short && start === 1 },
  some.map((one) => quote(verdict === "answered" ? one : { ...one, answer: null }, on)));
  const rest = results.slice(most);
  const goOn = on.more && el("p", { class: "go-on" }, button("More excerpts", on.more, "secondary"));
  return [
    searchedOtherwise(answer) && el("p", { class: "searched" },
      "Searched for: ", el("q", { dir: "auto" }, answer.searched), " ",
      button("Edit", () => on.edit(answer.searched))),
    el("div", { class: "head", "data-verdict": missed ? "not_found" : verdict },
      el(`h${on.level + 1}`, { class: "verdict" }, headline), strength(missed ? "not_found" : verdict)),
    more && el("p", { class: "note" }, more),
    ...notes,
    on.filtered && missed && on.withoutFilters
      && el("p", { class: "without" }, button("Ask without filters", on.withoutFilters, "secondary")),
    short && lead(short, on),
    missed && results.length > 0
      && el("p", { class: "nearest" }, results.length === 1 ? "Closest passage" : "Closest passages"),
    results.length > 0 && list(results.slice(0, most), 1),
    rest.length > 0 && el("details", { class: "more", open: on.all },
      el("summary", {}, `${count(rest.length, "more excerpt")}`), list(rest, most + 1), goOn),
    rest.length === 0 && goOn,
    el("p", { class: "colophon" },
      `${count(index.passages, "passage")} searched in ${milliseconds(answer.took_ms)}.`,
      on.permalink && [" ", el("a", { href: on.permalink }, "Link to this question")]),
  ].filter(Boolean);
}

const STRENGTHS = { answered: [3, "Strong match"], unsure: [2, "Uncertain match"], not_found: [1, "Weak match"] };

/** How well the archive answers, in words and in bars: as many as the level are full. */
function strength(verdict) {
  const [level, words] = STRENGTHS[verdict];
  return el("p", { class: "strength", "data-level": level },
    el("span", { class: "bars-of-three", "aria-hidden": "true" }, [1, 2, 3].map((n) => el("i", { "data-full": n <= level }))),
    words);
}

/** The verdict as a headline, with an optional sentence. */
function inWords(answer, filtered) {
  const { results } = answer;
  if (!results.length && filtered) {
    return ["Nothing within these filters.", "The archive may say more about it elsewhere."];
  }
  return [verdictInWords(answer), null];
}

/** Whether the message was no question: "Good morning". Then its note is the whole answer. */
const asksNothing = ({ results, notes = [] }) => !results.length && notes.some(({ code }) => code === "greeting");

/** The notes, a line each. */
function noteParts(answer, on) {
  const lines = notesOf(answer).map((note) => el("p", {}, noteWords(note, on)));
  const undated = undatedInWords(answer);
  if (undated) lines.push(el("p", {}, undated));
  // The chat's own live region reads them out with the verdict, so this element is not live.
  return lines.length ? [el("div", { class: "notes", role: "status", "aria-live": "off" }, lines)] : [];
}

/** A note's message. If it suggests a question, this becomes a button, with its quotation marks. */
function noteWords({ message, suggestion }, on) {
  if (typeof suggestion !== "string" || !suggestion.trim()) return message;
  const ask = (label) => button(label, () => on.ask(suggestion));
  const at = message.indexOf(suggestion);
  if (at < 0) return [`${message} `, ask(suggestion)];
  const [before, after] = [message.slice(0, at), message.slice(at + suggestion.length)];
  const opened = before.match(/[^\s\p{L}\p{N}]*$/u)[0];
  const closed = after.match(/^[^\s\p{L}\p{N}]*/u)[0];
  return [before.slice(0, before.length - opened.length), ask(opened + suggestion + closed), after.slice(closed.length)];
}

/** The text for the live region when an answer comes: the verdict, the best words, the notes. */
export function spoken(answer) {
  const { verdict, results } = answer;
  const notes = notesOf(answer).map(({ message }) => message);
  if (asksNothing(answer)) return notes.join(" ");
  const nearby = count(results.length, "excerpt");
  if (verdict === "not_found" || !results.length) {
    return ["Not found.", results.length > 0 && `${nearby} nearby.`, ...notes].filter(Boolean).join(" ");
  }
  const [{ excerpt, highlights, citation }] = results;
  const short = shortAnswer(answer);
  const best = short ? short.before + short.words + short.after
    : pieces(excerpt, highlights).filter(({ marked }) => marked).map(({ text }) => text).join(" … ");
  return [`${verdict === "answered" ? "Found" : "Perhaps"}, ${nearby}.`, short && `${short.words}.`,
    `${best || excerpt} From ${nameOf(citation)}.`, ...notes].filter(Boolean).join(" ");
}

function milliseconds(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A date, machine-readable and in words. */
export const date = (value) => (value ? el("time", { datetime: value }, dateInWords(value)) : null);

/** A lone CR ends a line in some old files, but not for a browser. */
export const lines = (text) => text.replace(/\r(?!\n)/g, "\n");

/** The short answer in its sentence, with the number of the quote that it comes from. */
function lead({ result, before, words, after }, on) {
  const link = citeLink(result.citation, { ...result, on },
    [`[${result.rank}]`, el("span", { class: "away" }, ` ${nameOf(result.citation)}`)]);
  return el("div", { class: "short" },
    el("q", { dir: "auto", cite: on.service.viewAddress(result.citation) },
      lines(before), el("strong", { class: "answer" }, lines(words)), lines(after)),
    "\u00a0", link);
}

function quote(result, on) {
  const { rank, excerpt, highlights, answer, citation, also } = result;
  const address = on.service.viewAddress(citation);
  const words = el("blockquote", { dir: "auto", cite: address }, marked(fold(pieces(excerpt, highlights, answer, headings(excerpt, citation)))));
  const folded = words.querySelector(".folded") !== null;
  words.toggleAttribute("data-folded", folded);
  words.toggleAttribute("data-spaced", spaced(excerpt));
  const all = folded && button("Show all", () => {
    const open = words.toggleAttribute("data-folded");
    all.textContent = open ? "Show all" : "Show less";
    discloses(all, !open);
  });
  if (all) discloses(all, false);
  const [copy, copies] = copyMenu(`Copy quote ${rank}`, [
    ["Quote as", [
      ["Text", quoteText(excerpt, citation, address)],
      ["Markdown", quoteMarkdown(excerpt, citation, address)],
      ["Link", address],
    ]],
    citeGroup(on.service, citation),
  ], on.copied);
  const why = on.why && el("div", { class: "why", id: newId("why"), hidden: true });
  const asksWhy = why && button("Why this?", async () => {
    discloses(asksWhy, why.hidden, why);
    if (!why.hidden && !why.childElementCount) await on.why(result, why);
  });
  if (why) {
    asksWhy.setAttribute("aria-controls", why.id);
    asksWhy.setAttribute("aria-label", `Why this? Quote ${rank}`);
    discloses(asksWhy, false);
  }
  const meta = [citation.author && el("span", { class: "author" }, el("bdi", {}, citation.author)),
    date(citation.published),
    citation.section && el("span", {}, el("bdi", {}, citation.section)),
    place(citation) && el("span", { class: "place" }, place(citation)), original(citation)].filter(Boolean);
  return el("li", { class: "quote", value: rank, tabindex: "-1" },
    el("figure", {}, words,
      el("figcaption", {},
        el("span", { class: "from" },
          citeLink(citation, { ...result, on },
            [el("span", { class: "n" }, `[${rank}]`), " ", el("bdi", {}, nameOf(citation))]),
          meta.length > 0 && [" ", el("span", { class: "meta" }, meta)]),
        el("span", { class: "actions" }, all, asksWhy, copy))),
    copies,
    why,
    on.judge?.(result),
    also?.length ? elsewhere(also, { highlights, answer, on }) : null);
}

/**
 * The words of a text, each once: the marked ones in mark elements, those that answer in strong
 * elements, the folded ones in spans. `cut` is a result of `pieces` or of `fold`.
 */
export function marked(cut) {
  const nodes = [];
  let mark = null; // what stands next to each other is one mark
  let gap = false; // and what is folded next to each other has one gap
  for (const piece of cut) {
    const words = piece.head && !piece.marked ? el("span", { class: "heading" }, lines(piece.text)) : lines(piece.text);
    if (piece.marked) {
      if (!mark) nodes.push(mark = el("mark"));
      gap = false;
      mark.append(piece.answers ? el("strong", { class: "answer" }, words) : words);
      continue;
    }
    mark = null;
    if (piece.folded && !gap) nodes.push(el("span", { class: "gap", "aria-hidden": "true" }));
    gap = Boolean(piece.folded);
    nodes.push(piece.folded ? el("span", { class: "folded" }, words) : words);
  }
  return nodes;
}

/** A link to a citation's page; it opens beside the answer if there is room. */
function citeLink(citation, { citation: own, score, highlights, answer, on }, words = el("bdi", {}, nameOf(citation))) {
  const strong = citation === own ? answer ?? highlights?.[0] : null;
  const link = el("a", { class: "cite", href: on.service.viewAddress(citation, strong) }, words);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (on.open({ citation, score, highlights, answer }, link)) event.preventDefault();
    else Object.assign(link, { target: "_blank", rel: "noopener" });
  });
  return link;
}

/** The other places where the same text stands. */
function elsewhere(also, around) {
  const list = el("ul", {}, also.map((citation) => el("li", {}, citeLink(citation, around),
    " ", el("small", {}, [citation.title && citation.source, place(citation)].filter(Boolean).join(", ")))));
  return also.length > 2
    ? el("details", { class: "also" }, el("summary", {}, `The same text in ${also.length} other places`), list)
    : el("div", { class: "also" }, el("p", {}, "The same text also stands in"), list);
}

/** A failure in words, with buttons for what to do next. */
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
