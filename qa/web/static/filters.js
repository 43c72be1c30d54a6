// What questions are confined to: a source, a stretch of time, facets, and how many excerpts.

import { DEFAULT_K, requestOf } from "./api.js";
import { button, el, newId } from "./dom.js";
import { Facets } from "./facets.js";
import { Timeline } from "./timeline.js";
import { boundsInWords, count } from "./text.js";

const DATE = "\\d{4}(-\\d{2}(-\\d{2})?)?";

/** The filters of the page, tucked away below the field. */
export class Filters {
  #known = new Set();
  #timeline = null;
  #inputs;
  #summary = el("span", { class: "filters-set" });
  #sources = el("datalist", { id: newId("sources") });
  #drawing = el("div");
  #facets = new Facets(() => this.#shown());
  #clear = button("Clear filters", () => {
    this.set({});
    this.#inputs.source.focus();
  });

  constructor() {
    const dates = { type: "text", autocapitalize: "none", pattern: DATE, placeholder: "any time",
      title: "A year, a month or a day: 2019, 2019-11 or 2019-11-23" };
    this.#inputs = {
      source: el("input", { id: newId("source"), type: "text", list: this.#sources.id, spellcheck: "false",
        autocapitalize: "none", placeholder: "any",
        title: "A path, words of one, or a pattern: reports/*" }),
      from: el("input", { id: newId("from"), ...dates }),
      to: el("input", { id: newId("to"), ...dates }),
      k: el("select", { id: newId("k") },
        [3, 5, 10, 20].map((n) => el("option", { value: n }, count(n, "excerpt")))),
    };
    const { source, from, to, k } = this.#inputs;
    const labelled = (words, input) => el("div", {}, el("label", { for: input.id }, words), input);
    this.element = el("details", { class: "filters" },
      el("summary", {}, "Filters", this.#summary),
      el("div", { class: "filter-grid" },
        el("fieldset", { class: "wide" }, el("legend", {}, "Published"), this.#drawing,
          el("div", { class: "pair" }, labelled("From", from), labelled("To", to))),
        el("div", { class: "half" }, labelled("Source", source)),
        el("div", { class: "half" }, labelled("Show at most", k)),
        this.#facets.element,
        this.#sources,
        el("p", { class: "wide filter-end" }, this.#clear)));
    for (const input of Object.values(this.#inputs)) {
      input.addEventListener("input", () => this.#shown());
    }
    // The browser says what is wrong with a date, and can only do so where it can be seen.
    this.element.addEventListener("invalid", () => { this.element.open = true; }, true);
    this.set({});
  }

  /** What is set: `{source, from, to, where, k, request}`; `where` are conditions as an address has them. */
  get value() {
    const { source, from, to, k } = this.#inputs;
    const value = { source: source.value.trim(), from: from.value.trim(), to: to.value.trim(),
      where: this.#facets.value, k: Number(k.value) };
    return { ...value, request: requestOf({ ...value, source: this.#glob(value.source) }) };
  }

  /** Set all of them; what is not named is set to nothing. */
  set({ source = "", from = "", to = "", where = [], k = DEFAULT_K }) {
    this.#facets.set(where);
    Object.entries({ source, from, to }).forEach(([name, value]) => { this.#inputs[name].value = value; });
    if (![...this.#inputs.k.options].some((option) => option.value === String(k))) {
      this.#inputs.k.append(new Option(count(k, "excerpt"), k));
    }
    this.#inputs.k.value = k;
    this.#shown();
  }

  /** Draw the timeline and the facets, and offer the folders of an archive. */
  draw(archive) {
    for (const { name } of archive.folders) this.#sources.append(new Option("", `${name}/*`));
    this.#timeline = new Timeline(archive, ({ from, to }) => {
      this.#inputs.from.value = from;
      this.#inputs.to.value = to;
      this.#shown();
    });
    this.#drawing.replaceChildren(this.#timeline.element);
    this.#facets.draw(archive);
    this.#shown();
  }

  /** Offer a source by its name. */
  offer(source) {
    if (this.#known.has(source)) return;
    this.#known.add(source);
    this.#sources.append(new Option("", source));
  }

  #shown() {
    const { source, from, to, where } = this.value;
    const words = boundsInWords({ source, from, to, where });
    this.#summary.textContent = words;
    this.#clear.hidden = !words;
    this.#timeline?.show({ from, to });
  }

  /** A known path or a pattern is used unchanged; other words match anywhere in a path. */
  #glob(source) {
    if (!source) return "";
    if (this.#known.has(source)) return source.replace(/[[*?]/g, "[$&]");
    return /[*?[]/.test(source) ? source : `*${source}*`;
  }
}
