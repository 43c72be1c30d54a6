// Marking the words of a document that answer a question, by the mouse, by touch or by keys alone.

import { button, el, newId } from "./dom.js";
import { sentenceAt, sentenceBefore, snapped, widened } from "./sentences.js";

const MOST = 1200; // characters that can be marked
const SETTLED_MS = 250; // after which a selection is what a person wants

/**
 * A panel for marking words in a document's text, and the button that opens it.
 *
 * Selecting words in the text opens it too. The panel shows the exact words and where they stand before
 * anything is sent.
 */
export class Marking {
  #service;
  #question;
  #document;
  #text;
  #parts;
  #chosen = null; // a span of the text
  #sent = null; // what was kept last
  #words = el("blockquote", { dir: "auto", tabindex: "0" }); // long words scroll in it
  #where = el("p", { class: "meta" });
  #told = el("p", { class: "told", role: "status" });
  #keep = button("This is the answer", () => this.#send(), "primary");
  #busy = false;
  #timer = 0;
  #stop = new AbortController();

  /**
   * @param service what keeps judgements
   * @param {{question: string, searched: string}} question what was asked
   * @param {{id: string, sha256: string, text: string, structure: object[]}} document as the service gave it
   * @param {Element} text which holds the document's text, each character once
   * @param {{start: number, end: number} | null} first the span that is offered first, in code points
   */
  constructor(service, question, document, text, first) {
    this.#service = service;
    this.#question = question;
    this.#document = document;
    this.#text = text;
    const units = unitsOf(document.text);
    this.#parts = (document.structure ?? []).flatMap(({ shown }) => shown)
      .map(([start, end]) => ({ start: units(start), end: units(end) }));
    this.first = first && { start: units(first.start), end: units(first.end) };
    this.opener = button("Mark the answer", () => (this.element.hidden ? this.#begin() : this.#end()));
    const title = el("p", { id: newId("marking") }, "Which words answer “", el("span", { dir: "auto" }, question.question), "”");
    this.element = el("section", { class: "marking", "aria-labelledby": title.id, hidden: true },
      title,
      el("p", { class: "meta" }, "Select them in the text, or go from sentence to sentence."),
      this.#words, this.#where,
      el("p", { class: "ways" },
        button("Sentence before", () => this.#move(sentenceBefore(document.text, this.#parts, this.#span.start)), "secondary"),
        button("Next sentence", () => this.#move(sentenceAt(document.text, this.#parts, this.#span.end)), "secondary"),
        button("One more", () => this.#grow(), "secondary"),
        button("Whole sentences", () => this.#choose(widened(document.text, this.#parts, this.#span)), "secondary")),
      el("p", { class: "ways" }, this.#keep, button("Close", () => this.#end(), "secondary")),
      this.#told);
    this.opener.setAttribute("aria-expanded", false);
    this.element.id = newId("panel");
    this.opener.setAttribute("aria-controls", this.element.id);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#end();
    });
    globalThis.document.addEventListener("selectionchange", () => this.#noteSelection(), { signal: this.#stop.signal });
  }

  /** Stop listening: the document is closed. */
  close() {
    this.#stop.abort();
    clearTimeout(this.#timer);
    show(null);
  }

  get #span() {
    return this.#chosen ?? { start: 0, end: 0 };
  }

  #begin() {
    this.#open();
    const { text } = this.#document;
    this.#choose(this.#chosen ?? (this.first ? widened(text, this.#parts, this.first) : sentenceAt(text, this.#parts, 0)));
    this.element.querySelector("button").focus();
  }

  #open() {
    this.element.hidden = false;
    this.opener.setAttribute("aria-expanded", true);
  }

  #end() {
    this.element.hidden = true;
    this.opener.setAttribute("aria-expanded", false);
    show(null);
    this.#chosen = null;
    this.#say("");
    this.opener.focus();
  }

  #move(span) {
    if (span) this.#choose(span);
    else this.#say("There are no more sentences.");
  }

  #grow() {
    const next = sentenceAt(this.#document.text, this.#parts, this.#span.end);
    this.#move(next && { start: this.#span.start, end: next.end });
  }

  /** Choose a span: show it in the text, and its words and its place in the panel. */
  #choose(span, { scroll = true } = {}) {
    const { text } = this.#document;
    this.#chosen = span;
    if (!span) return;
    const [before, words] = [text.slice(0, span.start), text.slice(span.start, span.end)].map((part) => Array.from(part).length);
    this.#words.textContent = text.slice(span.start, span.end).replace(/\r(?!\n)/g, "\n");
    this.#where.textContent = `Characters ${before}–${before + words} of the document’s text`;
    this.#keep.setAttribute("aria-disabled", words > MOST);
    this.#say(words > MOST ? `Mark fewer words: at most ${MOST.toLocaleString("en")} characters can be kept, and these are ${words.toLocaleString("en")}.` : "");
    const range = rangeOf(this.#text, span);
    show(range);
    if (!scroll) return;
    globalThis.getSelection().removeAllRanges();
    bringIntoSight(range, this.#text);
  }

  /** Words that are selected in the text are what a person wants to mark. */
  #noteSelection() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const selection = globalThis.getSelection();
      if (!selection.rangeCount || selection.isCollapsed) return;
      const range = selection.getRangeAt(0);
      if (!this.#text.contains(range.commonAncestorContainer)) return;
      const span = snapped(this.#document.text, spanOf(this.#text, range));
      if (!span) return;
      this.#open();
      this.#choose(span, { scroll: false });
    }, SETTLED_MS);
  }

  async #send() {
    const { text, id, sha256 } = this.#document;
    const { start, end } = this.#span;
    if (start === end || this.#busy || this.#keep.getAttribute("aria-disabled") === "true") return;
    const from = Array.from(text.slice(0, start)).length;
    const excerpt = text.slice(start, end);
    const place = { document_id: id, sha256, start: from, end: from + Array.from(excerpt).length };
    const { question, searched } = this.#question;
    const named = `${start} ${end}`;
    if (this.#sent === named) {
      this.#say("These words are kept already.");
      return;
    }
    this.#busy = true;
    this.#say("Sending.");
    try {
      await this.#service.judge({ kind: "marked", question, searched, place, excerpt });
      this.#sent = named;
      this.#say("Kept: these words answer the question.");
    } catch (error) {
      this.#say(`Not kept. ${error.message}`, true);
    } finally {
      this.#busy = false;
    }
  }

  #say(words, wrong = false) {
    this.#told.textContent = words;
    this.#told.toggleAttribute("data-wrong", wrong);
  }
}

/** A function from offsets in code points to those in UTF-16 units; offsets may come in any order. */
function unitsOf(text) {
  if (!/[\uD800-\uDFFF]/.test(text)) return (offset) => offset;
  const starts = [0];
  for (const point of text) starts.push(starts.at(-1) + point.length);
  return (offset) => starts[Math.min(offset, starts.length - 1)];
}

/** The span of an element's text that a range covers. */
function spanOf(element, range) {
  const within = globalThis.document.createRange();
  within.selectNodeContents(element);
  within.setEnd(range.startContainer, range.startOffset);
  const start = within.toString().length;
  return { start, end: start + range.toString().length };
}

/** The range that a span of an element's text covers. */
function rangeOf(element, { start, end }) {
  const range = globalThis.document.createRange();
  const walker = globalThis.document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let at = 0;
  let begun = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const after = at + node.length;
    if (!begun && start < after) {
      range.setStart(node, start - at);
      begun = true;
    }
    if (begun && end <= after) {
      range.setEnd(node, end - at);
      break;
    }
    at = after;
  }
  return range;
}

/** Show a range as chosen, where the browser can without changing the page. */
function show(range) {
  if (typeof Highlight === "undefined" || !CSS.highlights) return;
  if (range) CSS.highlights.set("chosen", new Highlight(range));
  else CSS.highlights.delete("chosen");
}

/** Scroll what is chosen to where it is seen. */
function bringIntoSight(range, element) {
  const box = range.getBoundingClientRect();
  const scrolls = element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "visible";
  const frame = scrolls ? element.getBoundingClientRect() : { top: 0, bottom: innerHeight };
  const room = scrolls ? 0 : innerHeight * 0.45; // the panel lies over the page there
  if (box.top >= frame.top + 8 && box.bottom <= frame.bottom - room - 8) return;
  const by = box.top - frame.top - (frame.bottom - room - frame.top) / 3;
  (scrolls ? element : globalThis.document.scrollingElement).scrollBy({ top: by, behavior: "instant" });
}
