// What is known of the documents, as buttons: authors, tags and the like.

import { conditionOf } from "./api.js";
import { button, el, newId } from "./dom.js";
import { conditionInWords, count, facetInWords } from "./text.js";

const MOST_NAMES = 8;
const AT_FIRST = 6; // values of a name that are shown before "more"
const MOST_SHOWN = 40; // characters of a value
const NEVER = new Set(["published"]); // the timeline chooses dates

/** What may be chosen. `onChange()` is called with every choice. */
export class Facets {
  #onChange;
  #chosen = new Set();
  #offered = [];
  #open = new Set();

  constructor(onChange) {
    this.#onChange = onChange;
    this.element = el("div", { class: "wide facets" });
  }

  /** The conditions that are chosen, as an address has them: "author=Ann Lee". */
  get value() {
    return [...this.#chosen];
  }

  /** Choose these conditions and no others; those that are not offered are shown all the same. */
  set(where) {
    this.#chosen = new Set(where);
    this.#draw();
  }

  /** Offer the facets of an archive that sort its documents: some share a value, and not all of them. */
  draw({ facets = [], dated }) {
    const years = Object.keys(dated).length > 0;
    this.#offered = facets
      .filter(({ name }) => !NEVER.has(name) && !(years && name === "year"))
      .filter(({ values, distinct }) => distinct > 1 && values[0].documents > 1)
      .slice(0, MOST_NAMES);
    this.#draw();
  }

  #draw() {
    const left = new Set(this.#chosen);
    const groups = this.#offered.map(({ name, values }) => {
      const chips = values.map(({ value, documents }) => {
        const words = `${name}=${value}`;
        left.delete(words);
        return this.#chip(words, `${value}`, documents);
      });
      return this.#group(name, chips);
    });
    const others = new Map();
    for (const words of left) {
      const { name } = conditionOf(words);
      others.set(name, [...(others.get(name) ?? []), this.#chip(words, conditionInWords(words))]);
    }
    this.element.replaceChildren(...groups, ...[...others].map(([name, chips]) => this.#group(name, chips)));
    this.element.hidden = !this.element.childElementCount;
  }

  #group(name, chips) {
    const label = el("span", { class: "facet-name", id: newId("facet") }, facetInWords(name));
    const all = this.#open.has(name) || chips.length <= AT_FIRST + 1;
    const shown = all ? chips : chips.filter((chip, n) => n < AT_FIRST || chip.ariaPressed === "true");
    const hidden = chips.length - shown.length;
    const more = hidden > 0 && button(`${hidden} more`, () => {
      this.#open.add(name);
      this.#draw();
      this.#chipOf(chips[AT_FIRST].dataset.where)?.focus();
    });
    return el("div", { class: "facet", role: "group", "aria-labelledby": label.id },
      label, el("div", { class: "chips" }, shown, more));
  }

  #chip(words, value, documents = null) {
    const short = value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value;
    const chip = button(el("bdi", {}, short), () => {
      if (!this.#chosen.delete(words)) this.#chosen.add(words);
      this.#draw();
      // The button that was pressed is another one now, or gone.
      (this.#chipOf(words) ?? this.element.closest("details")?.querySelector("summary"))?.focus();
      this.#onChange();
    }, "chip");
    chip.dataset.where = words;
    chip.setAttribute("aria-pressed", this.#chosen.has(words));
    if (short !== value) chip.title = value;
    if (documents !== null) {
      chip.append(el("small", {}, documents.toLocaleString("en")));
      chip.setAttribute("aria-label", `${value}, ${count(documents, "document")}`);
    }
    return chip;
  }

  #chipOf(words) {
    return [...this.element.querySelectorAll(".chip")].find((chip) => chip.dataset.where === words);
  }
}
