// Pages of the original, the cited words marked: drawn by the service when a citation is opened.

import { el } from "./dom.js";

const TRIES = 4; // while the service draws as many pages as it can
const PATIENCE_MS = 2_500;

/** The pages of one citation, in an element of its own; `close` gives back what they take. */
export class Pictures {
  element = el("div", { class: "pictures", tabindex: "0", role: "region", "aria-label": "The original" });
  #service;
  #addresses = [];
  #stop = new AbortController();

  constructor(service) {
    this.#service = service;
  }

  close() {
    this.#stop.abort();
    this.#addresses.forEach((address) => URL.revokeObjectURL(address));
    this.#addresses = [];
  }

  /** Ask for the pages that a citation stands on; what keeps them from being shown is one line. */
  async load(citation) {
    const { signal } = this.#stop;
    this.element.replaceChildren(el("p", { class: "note", role: "status" }, "Drawing the page …"));
    try {
      const { pages, note } = await this.#tried(() => this.#service.pages(citation, signal));
      const figures = [];
      for (const page of pages) {
        figures.push(await this.#figure(page, signal));
        if (signal.aborted) return;
      }
      this.element.replaceChildren(...(note ? [el("p", { class: "note" }, sentence(note))] : []), ...figures);
      await this.#show(pages, figures);
    } catch (error) {
      if (signal.aborted) return;
      this.element.replaceChildren(el("p", { class: "note" }, `No picture of the page: ${error.message}`));
    }
  }

  async #figure({ page, url, boxes }, signal) {
    const address = URL.createObjectURL(await this.#tried(() => this.#service.picture(url, signal)));
    this.#addresses.push(address);
    const marked = boxes.length ? ", the cited words marked" : "";
    return el("figure", {},
      el("img", { src: address, alt: `Page ${page} of the original${marked}` }),
      el("figcaption", {}, `Page ${page} of the original`));
  }

  /** Bring the first marked words into sight. */
  async #show(pages, figures) {
    const n = pages.findIndex(({ boxes }) => boxes.length);
    if (n < 0) return;
    const image = figures[n].querySelector("img");
    await image.decode().catch(() => {});
    const { boxes, height } = pages[n];
    const top = 1 - Math.max(...boxes.map((box) => box[3])) / height;
    this.element.scrollTop = image.offsetTop + top * image.offsetHeight - this.element.clientHeight / 3;
  }

  async #tried(work) {
    for (let n = 1; ; n += 1) {
      try {
        return await work();
      } catch (error) {
        if (n >= TRIES || error.code !== "pictures_busy" || this.#stop.signal.aborted) throw error;
        await new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); });
      }
    }
  }
}

const sentence = (words) => `${words.replace(/^./, (first) => first.toUpperCase())}.`;
