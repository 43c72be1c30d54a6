// The documents of the archive, shown before the first question.

import { date, problem } from "./answer.js";
import { button, el } from "./dom.js";
import { count, nameOf } from "./text.js";

/** The list of the archive's documents, some at a time. */
export class Documents {
  #service;
  #around;
  #cursor = null;
  #heading = el("h2", {}, "In this archive");
  #list = el("ul", { class: "documents", role: "list" });
  #trouble = el("div");
  #more = button("Show more", () => this.load(), "secondary");

  /** `open(document, link)` shows a document, `listed(document)` hears of each, `locked(again)` of a key. */
  constructor(service, around) {
    this.#service = service;
    this.#around = around;
    this.#more.hidden = true;
    this.element = el("div", {}, this.#heading, this.#list, this.#trouble, this.#more);
  }

  /** List some more. Returns the failure, if there was one. */
  async load() {
    this.#more.disabled = true;
    this.#trouble.replaceChildren();
    try {
      const { documents, next_cursor: next, total } = await this.#service.documents(this.#cursor);
      const at = this.#list.children.length;
      for (const one of documents) {
        this.#around.listed(one);
        this.#list.append(this.#row(one));
      }
      this.#cursor = next;
      this.#heading.textContent = `${count(total, "document")} in this archive`;
      if (!total) {
        this.#trouble.replaceChildren(el("p", {}, "There are no documents yet. Build the index with ",
          el("code", {}, "qa build"), ", then reload this page."));
      } else if (at) {
        this.#list.children[at]?.querySelector("a").focus();
      }
      this.#more.hidden = !next;
    } catch (error) {
      const again = () => this.#around.loadAgain();
      if (error.network) addEventListener("online", again, { once: true });
      this.#trouble.replaceChildren(problem(error, 3, [
        error.locked ? button("Enter a key", () => this.#around.locked(again), "secondary")
          : button("Try again", again, "secondary")]));
      this.#more.hidden = true;
    } finally {
      this.#more.disabled = false;
    }
  }

  #row({ id, title, source, published }) {
    const link = el("a", { href: this.#service.documentAddress(id) }, el("bdi", {}, nameOf({ title, source })));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.#around.open({ citation: { document_id: id, title, source, published, start: 0, end: 0 } }, link);
    });
    return el("li", {}, link, date(published), title && el("small", {}, el("bdi", {}, source)));
  }
}
