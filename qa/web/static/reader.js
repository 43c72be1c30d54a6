// The document beside the chat, with the cited words marked.

import { date, lines, marked, original, problem } from "./answer.js";
import { citeGroup, copyMenu } from "./copy.js";
import { button, el, newId } from "./dom.js";
import { Pictures } from "./pictures.js";
import { structured } from "./structure.js";
import { nameOf, pieces, place, spaced } from "./text.js";

const CHANGED = "This document has changed since it was cited: the cited words are not "
  + "marked, and may be gone.";

/** A panel that shows one document: beside the chat, or over it if `modal` returns true. */
export class Reader {
  #service;
  #modal;
  #opener = null;
  #loading = null;
  #pictures = null;
  #marking = null;
  #marks;
  #content = el("div", { class: "reader-content" });

  /**
   * `modal` returns whether the panel takes the whole screen; it is called each time. `marks(cited, document,
   * text)` returns what marks words of the text, or null.
   */
  constructor(service, { modal = () => false, level = 2, marks = () => null } = {}) {
    this.#service = service;
    this.#modal = modal;
    this.#marks = marks;
    this.level = level;
    this.title = el(`h${level}`, { id: newId("reader"), dir: "auto" });
    this.element = el("dialog", { class: "reader", "aria-labelledby": this.title.id },
      el("div", { class: "reader-bar" }, this.title,
        button("Close", () => this.close(), "secondary")),
      this.#content);
    this.element.addEventListener("close", () => this.#closed());
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      this.close();
    });
  }

  get isOpen() {
    return this.element.open;
  }

  /** Open a citation; `opener` gets the focus back. */
  async open(cited, opener) {
    const { citation } = cited;
    this.#marksOpener(false);
    this.#opener = opener;
    this.#marksOpener(true);
    this.#loading?.abort();
    const mine = (this.#loading = new AbortController());
    this.title.textContent = nameOf(citation);
    this.#content.replaceChildren(el("p", { class: "note", role: "status" }, "Opening the document …"));
    this.#show();
    try {
      const document = await this.#service.document(citation.document_id, mine.signal);
      if (mine.signal.aborted) return;
      this.#fill(document, cited);
    } catch (error) {
      if (mine.signal.aborted) return;
      this.#content.replaceChildren(problem(error, this.level + 1,
        error.retry ? [button("Try again", () => this.open(cited, opener), "secondary")] : []));
    }
  }

  close() {
    this.element.close();
  }

  /** Choose again between beside and over the chat, after the window has changed its size. */
  arrange() {
    if (!this.isOpen || this.element.matches(":modal") === this.#modal()) return;
    this.element.close();
    this.#show();
  }

  #show() {
    if (this.isOpen) return;
    if (this.#modal()) this.element.showModal();
    else this.element.show();
  }

  #closed() {
    if (this.isOpen) return; // it was only arranged anew
    this.#loading?.abort();
    this.#marksOpener(false);
    this.#pictures?.close();
    this.#marking?.close();
    this.#opener?.focus();
  }

  /** Mark the citation that is open, for the eye and for a screen reader. */
  #marksOpener(is) {
    if (is) this.#opener?.setAttribute("aria-current", "true");
    else this.#opener?.removeAttribute("aria-current");
  }

  /** The pages that a citation of a PDF stands on, as pictures. */
  #original(document, citation, span) {
    this.#pictures?.close();
    this.#pictures = null;
    if (!span || !document.pages) return null;
    this.#pictures = new Pictures(this.#service);
    this.#pictures.load(citation);
    return this.#pictures.element;
  }

  #fill(document, cited) {
    const { citation, score, highlights, answer } = cited;
    const { start, end, sha256 } = citation;
    const isSpan = end > start;
    const { author } = isSpan ? citation : document;
    const changed = isSpan && sha256 !== document.sha256;
    const span = isSpan && !changed ? { start, end } : null;
    const parts = document.structure ?? [];
    const text = el("div", { class: "reader-text", dir: "auto", tabindex: "0", role: "region",
      "aria-label": "Text of the document" },
    written(document.text, parts, span, highlights, answer));
    text.classList.toggle("parts", parts.length > 0);
    text.toggleAttribute("data-spaced", !parts.length && spaced(document.text));
    this.#marking?.close();
    const marking = (this.#marking = this.#marks({ ...cited, span }, document, text));
    const status = el("p", { class: "away", role: "status" });
    const copy = isSpan
      ? copyMenu("Copy citation", [citeGroup(this.#service, citation)], (said) => { status.textContent = said; }) : [];
    this.title.textContent = nameOf(document);
    this.#content.replaceChildren(...[
      el("div", { class: "reader-head" },
        el("p", { class: "meta" }, [author && el("span", { class: "author" }, el("bdi", {}, author)),
          date(citation.published ?? document.published),
          citation.section && el("span", {}, el("bdi", {}, citation.section)),
          isSpan && place(citation) && el("span", { class: "place" }, place(citation)),
          document.title && el("span", { class: "path" }, el("bdi", {}, document.source))].filter(Boolean)),
        changed && el("p", { class: "notice", role: "note" }, CHANGED),
        el("p", { class: "ways" },
          this.#service.linkable && el("a", {
            href: isSpan ? this.#service.viewAddress(citation, answer ?? highlights?.[0]) : this.#service.documentAddress(document.id),
            target: "_blank", rel: "noopener",
          }, "Full page"),
          original({ original_url: citation.original_url ?? document.original_url }),
          copy[0],
          marking?.opener,
          isSpan && details(citation, score, () => centre())),
        copy[1], status),
      this.#original(document, citation, span),
      text,
      marking?.element].filter(Boolean));
    const mark = text.querySelector(".cited:not(.bar .cited)");
    const within = this.element.contains(this.element.getRootNode().activeElement);
    const centre = () => {
      if (!mark) return;
      const room = text.clientHeight - mark.offsetHeight;
      text.scrollTop = mark.offsetTop - Math.max(16, room / 2);
    };
    centre();
    if (within) (mark ?? text).focus({ preventScroll: true });
  }
}

/** The nodes of a text, a span marked; the best sentence in it, and within that the words that answer. */
function written(text, parts, span, highlights = [], answer = null) {
  const points = Array.from(text);
  const from = ({ start, end }, at) => ({ start: start - at, end: end - at });
  const stretch = (start, end) => {
    const [first, last] = span ? [span.start, span.end].map((at) => Math.min(Math.max(at, start), end)) : [end, end];
    const words = (a, b) => points.slice(a, b).join("");
    const at = first - (span?.start ?? 0);
    return [
      lines(words(start, first)),
      first < last && el("mark", { class: "cited", tabindex: "-1" }, marked(pieces(words(first, last),
        highlights.map((one) => from(one, at)), answer && from(answer, at)))),
      lines(words(last, end)),
    ].filter(Boolean);
  };
  return parts.length ? structured(parts, points.length, stretch) : stretch(0, points.length);
}

/** The exact facts of a citation. They take room from the text, so then the marked words move into what is left. */
function details({ start, end, sha256, id }, score, onToggle) {
  const fact = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
  const element = el("details", {}, el("summary", {}, "Details"),
    el("dl", {},
      score != null && fact("Score", `${score.toFixed(2)}, higher is better`),
      fact("Characters", `${start}–${end} of the document’s text`),
      fact("SHA-256", el("code", {}, sha256)),
      fact("Citation", el("code", {}, id))));
  element.addEventListener("toggle", onToggle);
  return element;
}
