// <qa-chat>: the chat on any page, by one script tag. Its attributes are in docs/widget.md.

import { requestOf, Service } from "./api.js";
import { Chat } from "./chat.js";
import { button, discloses, el, newId } from "./dom.js";
import { forgetful, History } from "./history.js";
import { Reader } from "./reader.js";

const ROOM = 26; // em of width from which on a document opens within the widget

// The style sheets come as text: a page that allows the service as a source of connections needs
// to allow no styles besides.
const sheets = Promise.all(["./tokens.css", "./chat.css"].map((name) => fetch(new URL(name, import.meta.url))
  .then((response) => (response.ok ? response.text() : ""), () => "")
  .then((css) => new CSSStyleSheet().replace(css))));

class QaChat extends HTMLElement {
  #built = false;

  async connectedCallback() {
    if (this.#built) return;
    this.#built = true;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = await sheets;
    root.append(...this.#build());
  }

  #build() {
    const endpoint = this.getAttribute("endpoint");
    const service = new Service(endpoint ? new URL(endpoint, document.baseURI) : undefined,
      this.getAttribute("key"));
    const name = `qa-chat:${service.address}`;
    const history = this.getAttribute("history") === "off" ? forgetful(name) : new History(name);
    const reader = new Reader(service, { level: 3 });
    const heading = this.getAttribute("heading") ?? "Ask the archive";
    const [source, from, to] = ["source", "from", "to"].map((bound) => this.getAttribute(bound) ?? "");
    const filters = { source: "", from: "", to: "", request: requestOf({ source, from, to }) };
    const forget = button("Forget", () => {
      chat.forget();
      forget.hidden = true;
    });
    const chat = new Chat({
      service,
      history,
      reader,
      level: 3,
      placeholder: this.getAttribute("placeholder") ?? "Who, what, when, why?",
      filters: () => filters,
      open: (cited, link) => {
        const room = frame.offsetWidth >= ROOM * parseFloat(getComputedStyle(frame).fontSize);
        if (!room && service.linkable) return false;
        reader.open(cited, link);
        return true;
      },
      onTurn: () => { forget.hidden = false; },
    });
    const title = el("h2", { id: newId("heading") }, heading);
    const frame = el("section", { class: "frame", "aria-labelledby": title.id },
      el("header", { class: "frame-bar" }, title, forget),
      chat.log, chat.composer, chat.live, reader.element);
    forget.hidden = !chat.restore();
    frame.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !reader.isOpen) return;
      event.preventDefault();
      reader.close();
    });
    history.whenForgotten(() => chat.clear());
    return this.hasAttribute("floating") ? floating(frame, heading, chat) : [frame];
  }
}

/** A button in the corner of the window that opens and closes the chat. */
function floating(frame, heading, chat) {
  frame.id = newId("frame");
  const opener = button(heading, () => show(frame.hidden), "opener");
  const close = button("Close", () => show(false), "secondary");
  const show = (is) => {
    discloses(opener, is, frame);
    opener.hidden = is;
    (is ? chat.field : opener).focus();
  };
  opener.setAttribute("aria-controls", frame.id);
  frame.querySelector(".frame-bar").append(close);
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) show(false);
  });
  discloses(opener, false, frame);
  return [frame, opener];
}

customElements.define("qa-chat", QaChat);
