// Saying whether a quote answers its question, and which words of a document do, where the operator keeps
// what people say.

import { button, el } from "./dom.js";
import { Marking } from "./marking.js";

const KINDS = [["This answers it", "answers"], ["This does not", "does_not"]];

/** The buttons under the quotes of a conversation. They are hidden until `begin` is called. */
export class Judging {
  #service;
  #say;
  #on = false;

  /** `say` tells a screen reader what became of a judgement. */
  constructor(service, say) {
    this.#service = service;
    this.#say = say;
  }

  /** Show the buttons: this archive keeps judgements. */
  begin() {
    this.#on = true;
    for (const group of document.querySelectorAll(".judge")) group.hidden = false;
  }

  /** What marks the words of an open document that answer the question of its turn; null where that is off. */
  marking({ turn, span, highlights, answer }, document, text) {
    if (!this.#on || !turn?.answer) return null;
    const within = answer ?? highlights?.[0];
    const first = span && { start: span.start + (within?.start ?? 0), end: span.start + (within?.end ?? span.end - span.start) };
    return new Marking(this.#service, { question: turn.question, searched: turn.answer.searched }, document, text, first);
  }

  /** The buttons for a result of a turn. The one that was kept last is pressed. */
  parts({ question, answer }, { rank, citation, excerpt }) {
    const told = el("span", { class: "meta" });
    const buttons = KINDS.map(([label, kind]) => {
      const node = button(label, () => judge(node, label, kind));
      node.setAttribute("aria-pressed", false);
      return node;
    });
    const judge = async (node, label, kind) => {
      if (node.getAttribute("aria-pressed") === "true") return;
      const { id, document_id, source, sha256, start, end } = citation;
      told.textContent = "";
      try {
        await this.#service.judge({ kind, question, searched: answer.searched, excerpt,
          citation: { id, document_id, source, sha256, start, end } });
        for (const one of buttons) one.setAttribute("aria-pressed", one === node);
        told.textContent = "Kept";
        this.#say(`Kept: ${label.toLowerCase()}.`);
      } catch (error) {
        told.textContent = error.message;
        this.#say(error.message);
      }
    };
    return el("div", { class: "judge", role: "group", "aria-label": `Judge quote ${rank}`, hidden: !this.#on },
      buttons, told);
  }
}
