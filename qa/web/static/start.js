// What the page shows before the first question: samples of questions, the documents, what was not read.

import { date, problem } from "./answer.js";
import { button, el, newId } from "./dom.js";
import { count, nameOf } from "./text.js";

const PAGE = 20; // documents that are shown at once
const ALL = 1000; // documents that are asked for at once where somebody searches or sorts
const ORDERS = {
  source: ["Path", (one, other) => compare(one.source, other.source)],
  title: ["Title", (one, other) => compare(nameOf(one), nameOf(other))],
  newest: ["Newest first", (one, other) => compare(other.published ?? "", one.published ?? "")],
  oldest: ["Oldest first", (one, other) => compare(one.published ?? "\uffff", other.published ?? "\uffff")],
};

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const compare = (one, other) => collator.compare(one, other);

/** A text without case and accents, to search in. */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Sample questions as buttons that ask them. */
export function examples(questions, ask) {
  if (!questions.length) return [];
  return [el("h2", {}, "For example"), el("ul", { class: "examples", role: "list" },
    questions.map((question) => el("li", {}, button(question, () => ask(question), "secondary"))))];
}

/** What the build did not read, or only with a guess, each with the reason. */
export function notRead({ skipped = [], skipped_total: total = 0 }) {
  if (!total) return [];
  return [el("details", { class: "not-read" },
    el("summary", {}, `${count(total, "file")} not read, or only with a guess`),
    el("dl", {}, skipped.map(({ source, reason }) => [
      el("dt", {}, el("bdi", {}, source)), el("dd", {}, reason)])),
    total > skipped.length && el("p", {}, `And ${count(total - skipped.length, "other file")}.`))];
}

/** The list of the archive's documents: some at a time, or those that a search finds, in an order. */
export class Documents {
  #service;
  #around;
  #known = []; // as far as the service has told them, by source
  #cursor = null;
  #shown = PAGE;
  #heading = el("h2", {}, "In this archive");
  #list = el("ul", { class: "documents", role: "list" });
  #trouble = el("div");
  #found = el("div", { class: "found", role: "status" });
  #more = button("Show more", () => this.#showMore(), "secondary");
  #search = el("input", { id: newId("search"), type: "search", placeholder: "Title or path", autocapitalize: "none" });
  #order = el("select", { id: newId("order") },
    Object.entries(ORDERS).map(([value, [name]]) => el("option", { value }, name)));
  #tools;

  /** `open(document, link)` shows a document, `listed(document)` hears of each, `locked(again)` of a key. */
  constructor(service, around) {
    this.#service = service;
    this.#around = around;
    this.#more.hidden = true;
    this.#tools = el("div", { class: "tools", hidden: true },
      el("div", {}, el("label", { for: this.#search.id }, "Find a document"), this.#search),
      el("div", {}, el("label", { for: this.#order.id }, "Sort by"), this.#order));
    this.#search.addEventListener("input", () => this.#arrange());
    this.#order.addEventListener("change", () => this.#arrange());
    this.element = el("div", {}, this.#heading, this.#tools, this.#list, this.#found, this.#trouble, this.#more);
  }

  /** List the first documents. */
  async load() {
    this.#known = [];
    this.#cursor = null;
    await this.#fetch(PAGE);
  }

  async #showMore() {
    const before = this.#shown;
    this.#shown += PAGE;
    if (this.#known.length < this.#shown && this.#cursor) await this.#fetch(PAGE);
    else this.#draw();
    this.#list.children[before]?.querySelector("a").focus();
  }

  /** Search or sort: for this all documents must be known. */
  async #arrange() {
    this.#shown = PAGE;
    while (this.#cursor && await this.#fetch(ALL));
    this.#draw();
  }

  /** Ask for some more documents; returns whether they came. */
  async #fetch(limit) {
    this.#more.disabled = true;
    this.#trouble.replaceChildren();
    try {
      const { documents, next_cursor: next, total } = await this.#service.documents(this.#cursor, limit);
      for (const one of documents) this.#around.listed(one);
      this.#known.push(...documents);
      this.#cursor = next;
      this.#heading.textContent = `${count(total, "document")} in this archive`;
      this.#tools.hidden = total < 2;
      if (!total) {
        this.#trouble.replaceChildren(el("p", {}, "There are no documents yet. Build the index with ",
          el("code", {}, "qa build"), ", then reload this page."));
      }
      this.#draw();
      return true;
    } catch (error) {
      const again = () => this.#around.loadAgain();
      if (error.network) addEventListener("online", again, { once: true });
      this.#trouble.replaceChildren(problem(error, 3, [
        error.locked ? button("Enter a key", () => this.#around.locked(again), "secondary")
          : button("Try again", again, "secondary")]));
      this.#more.hidden = true;
      return false;
    } finally {
      this.#more.disabled = false;
    }
  }

  #draw() {
    const words = plain(this.#search.value).split(/\s+/).filter(Boolean);
    const fits = ({ title, source }) => {
      const text = plain(`${title ?? ""} ${source}`);
      return words.every((word) => text.includes(word));
    };
    const found = words.length ? this.#known.filter(fits) : [...this.#known];
    if (this.#order.value !== "source") found.sort(ORDERS[this.#order.value][1]);
    this.#list.replaceChildren(...found.slice(0, this.#shown).map((one) => this.#row(one)));
    this.#found.textContent = words.length ? (found.length ? `${count(found.length, "document")} found.` : "No document has these words in its title or path.") : "";
    this.#more.hidden = found.length <= this.#shown && (words.length > 0 || !this.#cursor);
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
