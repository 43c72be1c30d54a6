// The dates of the documents: bars, and two handles that choose a period.

import { el } from "./dom.js";
import { count, dateInWords } from "./text.js";

const MOST_BARS = 120;
const COUNTED = 24; // with more bars there is no room for a count above each

/**
 * The bars of a timeline: months where the archive spans three years at most, else years, and
 * decades where there would be too many. Empty ones are there too.
 *
 * @param {Object<string, number>} dated documents by "2019-11", or by "2019"
 * @returns {{from: string, to: string, name: string, documents: number}[]}
 */
export function bars(dated) {
  const months = Object.keys(dated).sort();
  if (!months.length) return [];
  const years = months.map((month) => Number(month.slice(0, 4)));
  const [first, last] = [years[0], years.at(-1)];
  const found = [];
  const add = (from, to, name) => found.push({ from, to, name, documents: 0 });
  let at;
  if (last - first < 3 && months.every((month) => month.length === 7)) {
    const number = (month) => 12 * Number(month.slice(0, 4)) + Number(month.slice(5)) - 1;
    const start = number(months[0]);
    for (let n = start; n <= number(months.at(-1)); n++) {
      const month = `${Math.floor(n / 12)}-${String(n % 12 + 1).padStart(2, "0")}`;
      add(month, month, dateInWords(month));
    }
    at = (month) => number(month) - start;
  } else {
    const step = last - first < MOST_BARS ? 1 : 10;
    const start = first - first % step;
    for (let year = start; year <= last; year += step) {
      const end = year + step - 1;
      add(padded(year), padded(end), step === 1 ? `${year}` : `${year} to ${end}`);
    }
    at = (month) => Math.floor((Number(month.slice(0, 4)) - start) / step);
  }
  for (const [month, documents] of Object.entries(dated)) found[at(month)].documents += documents;
  return found;
}

const titled = ({ name, documents }) => `${name}: ${count(documents, "document")}`;
const padded = (year) => String(year).padStart(4, "0");

const TICKS = 6;

/** Names under some of the bars, evenly spaced, and the height of the tallest one. */
function ticks(drawn, tallest) {
  const step = Math.ceil(drawn.length / TICKS);
  const short = ({ name }) => name.replace(/^(\p{L}{3})\p{L}* /u, "$1 ").replace(/ to .*/, "");
  return [el("div", { class: "ticks", "aria-hidden": "true" }, drawn.map((bar, n) => el("span", { "data-named": n % step === 0 }, n % step === 0 ? el("b", {}, short(bar)) : null))),
    drawn.length > COUNTED && el("small", { "aria-hidden": "true" }, `The highest bar: ${count(tallest, "document")}.`)];
}

/** The bars of an archive as a picture, to look at; null where there is nothing to compare. */
export function drawing({ dated }) {
  const drawn = bars(dated);
  if (drawn.length < 2) return null;
  const tallest = Math.max(...drawn.map(({ documents }) => documents));
  const told = drawn.filter(({ documents }) => documents).map(titled).join("; ");
  return el("div", { class: "timeline", role: "img", "aria-label": told },
    el("div", { class: "bars" }, drawn.map((bar) => column(bar, tallest, drawn.length))), ticks(drawn, tallest));
}

/** One bar, with its count above it where there is room. */
function column(bar, tallest, all) {
  const fill = el("i");
  fill.style.height = `${bar.documents ? Math.max(8, 100 * bar.documents / tallest) : 0}%`;
  return el("span", { title: titled(bar) },
    all <= COUNTED && bar.documents > 0 && el("em", {}, bar.documents.toLocaleString("en")), fill);
}

/** The drawn timeline. `onChange({from, to})` is called with "" for a side without a bound. */
export class Timeline {
  #bars;
  #drawn;
  #from;
  #to;

  constructor({ dated, undated }, onChange) {
    this.#bars = bars(dated);
    const tallest = Math.max(...this.#bars.map(({ documents }) => documents));
    this.#drawn = this.#bars.map((bar, n) => {
      const drawn = column(bar, tallest, this.#bars.length);
      drawn.addEventListener("click", () => this.#chosen(n, n, onChange));
      return drawn;
    });
    const last = this.#bars.length - 1;
    const handle = (label, value) => el("input", { type: "range", min: 0, max: last, value, "aria-label": label });
    this.#from = handle("Published from", 0);
    this.#to = handle("Published to", last);
    this.#from.addEventListener("input", () => this.#chosen(
      Math.min(this.#from.valueAsNumber, this.#to.valueAsNumber), this.#to.valueAsNumber, onChange));
    this.#to.addEventListener("input", () => this.#chosen(
      this.#from.valueAsNumber, Math.max(this.#from.valueAsNumber, this.#to.valueAsNumber), onChange));
    this.element = el("div", { class: "timeline", role: "group", "aria-label": "Timeline of the archive" },
      el("div", { class: "bars", "aria-hidden": "true" }, this.#drawn),
      last > 0 && el("div", { class: "handles" }, this.#from, this.#to),
      last > 1 && ticks(this.#bars, tallest),
      last >= 0 && last < 2 && el("p", { class: "ends", "aria-hidden": "true" },
        el("span", {}, last > 0 ? this.#bars[0].name : titled(this.#bars[0])), last > 0 && el("span", {}, this.#bars[last].name)),
      undated > 0 && el("small", {}, last < 0 ? "No document of this archive has a date."
        : `${count(undated, "document")} without a date ${undated === 1 ? "is" : "are"} left out once a date is set.`));
    this.show({ from: "", to: "" });
  }

  /** Draw a stretch that was chosen elsewhere. */
  show({ from, to }) {
    const last = this.#bars.length - 1;
    const within = (bar) => (!from || bar.to >= from.slice(0, bar.to.length))
      && (!to || bar.from.slice(0, to.length) <= to);
    const lit = this.#bars.map(within);
    this.#drawn.forEach((drawn, n) => drawn.toggleAttribute("data-out", !lit[n]));
    const [first, final] = [lit.indexOf(true), lit.lastIndexOf(true)];
    this.#from.value = first < 0 ? 0 : first;
    this.#to.value = first < 0 ? last : final;
    for (const handle of [this.#from, this.#to]) {
      const bar = this.#bars[handle.valueAsNumber];
      if (bar) handle.setAttribute("aria-valuetext", `${bar.name}, ${count(bar.documents, "document")}`);
    }
  }

  #chosen(first, final, onChange) {
    const last = this.#bars.length - 1;
    const bounds = {
      from: first > 0 || last === 0 ? this.#bars[first].from : "",
      to: final < last || last === 0 ? this.#bars[final].to : "",
    };
    this.show(bounds);
    onChange(bounds);
  }
}
