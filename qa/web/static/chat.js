// A conversation: a log of questions and answers, and the field where one asks.

import { answerParts, problem, spoken } from "./answer.js";
import { button, el, newId } from "./dom.js";
import { boundsInWords, count, length } from "./text.js";

const MOST = 2000; // characters in a question
const NEARLY = 1800; // from here on the count is shown
const EARLIER = 20; // questions that are sent along
const SLOW_MS = 4000;
const MORE = 10; // results that "More excerpts" adds
const MOST_RESULTS = 50;

/** The chat, as the page and the widget both show it. */
export class Chat {
  #running = null; // the AbortController of the question in flight
  #pending = null; // what is asked again once the network is back
  #turns = [];

  /**
   * @param around what the chat stands in: its service, history and reader, the `level` of its
   *   headings, the page that it `scrollsWith` unless its log does; `filters()` gives `{source, from, to, where, request}`;
   *   `open(cited, link)` opens a citation, or tells that the link should. Where there is more to
   *   do: `dropFilters()`, `link(turn)`, `onTurn(turn, kept)` at asking and at answering,
   *   `onLocked(again)` where a key is asked for, `judging` with the buttons under a quote.
   */
  constructor(around) {
    this.around = around;
    this.log = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "Conversation" });
    this.field = el("textarea", { rows: "1", id: newId("question"), enterkeyhint: "send", spellcheck: true,
      placeholder: around.placeholder });
    this.send = el("button", { type: "submit", class: "primary" }, "Ask");
    this.cancel = button("Cancel", () => this.stop(), "primary");
    this.cancel.hidden = true;
    this.hint = el("p", { class: "hint", id: newId("hint"), hidden: true });
    this.field.setAttribute("aria-describedby", this.hint.id);
    this.composer = el("form", { class: "composer", autocomplete: "off", "aria-label": "Ask the archive" },
      el("div", { class: "field" },
        el("label", { class: "away", for: this.field.id }, "Question"),
        this.field, this.send, this.cancel),
      this.hint);
    this.live = el("p", { class: "away", role: "status" });
    this.#listen();
  }

  /** Show the turns that were kept. */
  restore() {
    for (const turn of this.around.history.load()) {
      const { turn: shown, reply } = this.#place(turn);
      try {
        reply.replaceChildren(...this.#answer(turn, reply));
        this.#turns.push(turn);
      } catch {
        shown.remove(); // of another shape than this version's
      }
    }
    return this.#turns.length;
  }

  /** The last turn that was answered, or undefined. */
  get last() {
    return this.#turns.at(-1);
  }

  /** The turns that were answered, oldest first. */
  get turns() {
    return [...this.#turns];
  }

  /** Ask. `alone`: the question is no follow-up. */
  async ask(question, { filters = this.around.filters(), alone = false, place = null } = {}) {
    this.#running?.abort();
    const mine = (this.#running = new AbortController());
    const { source, from, to, where = [] } = filters;
    const turn = { question, filters: { source, from, to, where } };
    const { reply } = place ??= this.#place(turn);
    const again = () => this.ask(question, { filters, alone, place });
    this.#pending = null;
    this.around.onTurn?.({ ...turn, filters }); // first, because it may hide what stands above
    this.#waiting(reply);
    const slow = setTimeout(() => this.#slow(reply), SLOW_MS);
    try {
      const history = alone ? [] : this.#turns.slice(-EARLIER).map((earlier) => earlier.question);
      turn.request = { question, history, ...filters.request };
      turn.answer = await this.around.service.ask(turn.request, mine.signal);
      if (mine.signal.aborted) return;
      this.#turns.push(turn);
      const kept = this.around.history.add(turn);
      reply.replaceChildren(...this.#answer(turn, reply));
      this.say(spoken(turn.answer));
      this.around.onTurn?.({ ...turn, filters }, kept);
    } catch (error) {
      if (mine.signal.aborted) this.#cancelled(reply, again);
      else this.#failed(reply, error, again);
    } finally {
      clearTimeout(slow);
      reply.setAttribute("aria-busy", "false");
      if (this.#running === mine) {
        this.#running = null;
        this.#buttons(false);
      }
    }
  }

  /** Stop waiting for an answer. */
  stop() {
    this.#running?.abort();
    this.field.focus();
  }

  /** Forget the conversation, here and in the browser. */
  forget() {
    this.#running?.abort();
    this.#pending = null;
    this.around.history.forget();
    this.clear();
    this.say("The conversation is forgotten.");
    this.field.focus();
  }

  /** Empty the log. */
  clear() {
    this.#turns = [];
    this.log.replaceChildren();
    if (this.around.reader?.isOpen) this.around.reader.close();
  }

  /** Put a question into the field, to be changed and sent. */
  edit(question) {
    this.field.value = question;
    this.#fit();
    this.field.focus();
  }

  /** Tell a screen reader. */
  say(text) {
    this.live.textContent = text;
  }

  /** Say something below the field; an empty text takes it away. */
  hinting(text) {
    this.hint.hidden = !text;
    this.hint.textContent = text;
  }

  #listen() {
    this.composer.addEventListener("submit", (event) => {
      event.preventDefault();
      const question = this.field.value.trim();
      if (this.#running) return;
      if (!question) {
        this.hinting("Type a question first.");
        this.say("Type a question first.");
        this.field.focus();
        return;
      }
      if (length(question) > MOST) {
        this.say(this.hint.textContent);
        return;
      }
      this.edit("");
      if (matchMedia("(pointer: coarse)").matches) this.field.blur(); // give the screen back
      this.ask(question);
    });
    this.field.addEventListener("input", () => this.#fit());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.composer.requestSubmit();
    });
    addEventListener("online", () => {
      this.#fit();
      this.#pending?.();
    });
    addEventListener("offline", () => {
      const words = "You are offline. A question that is asked now waits until you are connected.";
      this.hinting(words);
      this.say(words);
    });
  }

  /** Let the field grow with the question where CSS alone cannot, and count when it gets long. */
  #fit() {
    if (!CSS.supports("field-sizing", "content")) {
      this.field.style.height = "auto";
      this.field.style.height = `${this.field.scrollHeight}px`;
    }
    const n = length(this.field.value.trim());
    this.hinting(n > MOST ? `${count(n - MOST, "character")} too long: a question has at most 2,000.`
      : n > NEARLY ? `${count(n, "character")} of 2,000.` : "");
    this.field.toggleAttribute("aria-invalid", n > MOST);
  }

  /** A new turn at the end of the log, its question at the top of what is seen. */
  #place({ question, filters }) {
    const heading = newId("asked");
    const within = boundsInWords(filters);
    const reply = el("div", { class: "reply" });
    const turn = el("article", { class: "turn", "aria-labelledby": heading },
      el("div", { class: "asked" },
        el(`h${this.around.level}`, { id: heading, dir: "auto" }, question),
        within && el("p", { class: "within" }, `Within: ${within}`)),
      reply);
    this.log.append(turn);
    return { turn, reply };
  }

  /** Bring a turn to the top of what is seen. */
  reveal(turn = this.log.lastElementChild) {
    const { scrollsWith: page } = this.around;
    const top = page ? 0 : this.log.getBoundingClientRect().top;
    (page ?? this.log).scrollBy({ top: turn.getBoundingClientRect().top - top - 12, behavior: "instant" });
  }

  #answer(turn, reply, all = false) {
    const { around } = this;
    const { request, answer } = turn;
    const further = request && answer.results.length >= request.k && request.k < MOST_RESULTS;
    return answerParts(turn.answer, {
      service: around.service,
      level: around.level,
      filtered: Boolean(boundsInWords(turn.filters)),
      permalink: around.link?.(turn),
      open: (cited, link) => around.open({ ...cited, turn }, link),
      edit: (question) => this.edit(question),
      ask: (question) => this.ask(question),
      copied: (what) => this.say(what),
      all,
      more: further && ((pressed) => this.#more(turn, reply, pressed)),
      why: request && ((result, place) => this.#explain(turn, result, place)),
      judge: around.judging && ((result) => around.judging.parts(turn, result)),
      withoutFilters: around.dropFilters && (() => {
        around.dropFilters();
        this.ask(turn.question);
      }),
    });
  }

  /** Ask the same for more results, and go to the first new one. */
  async #more(turn, reply, pressed) {
    const before = turn.answer.results.length;
    const request = { ...turn.request, k: Math.min(turn.request.k + MORE, MOST_RESULTS) };
    pressed.disabled = true;
    this.say("Searching.");
    try {
      const answer = await this.around.service.ask(request);
      Object.assign(turn, { request, answer });
      reply.replaceChildren(...this.#answer(turn, reply, true));
      const found = answer.results.length - before;
      this.say(found > 0 ? `${count(found, "more excerpt")}.` : "There are no more excerpts.");
      const first = reply.querySelectorAll(".quote")[found > 0 ? before : before - 1];
      first?.focus({ preventScroll: true });
      first?.scrollIntoView({ block: "start", behavior: "instant" });
    } catch (error) {
      pressed.disabled = false;
      this.hinting(error.message);
      this.say(error.message);
    }
  }

  /** Draw why a result stands at its place; the figures are asked for when somebody wants them. */
  async #explain(turn, { citation }, place) {
    try {
      const [{ drawn }, { results }] = await Promise.all([
        import("./why.js"), this.around.service.ask({ ...turn.request, explain: true })]);
      const result = results.find((one) => one.citation.id === citation.id);
      place.replaceChildren(result ? drawn(result)
        : el("p", {}, "The archive has changed since: ask again."));
    } catch (error) {
      place.replaceChildren(problem(error, this.around.level + 2, []));
    }
  }

  #buttons(busy) {
    this.send.hidden = busy;
    this.cancel.hidden = !busy;
  }

  #waiting(reply) {
    this.#buttons(true);
    this.say("Searching.");
    reply.setAttribute("aria-busy", "true");
    reply.replaceChildren(el("div", { class: "waiting" },
      el("p", {}, "Searching …"), el("i"), el("i"), el("i")));
    this.reveal(reply.parentElement);
  }

  #slow(reply) {
    const words = reply.querySelector(".waiting p");
    if (words) words.textContent = "Still searching …";
    this.say("Still searching.");
  }

  #cancelled(reply, again) {
    reply.replaceChildren(el("p", { class: "note" }, "Cancelled. ", button("Ask again", again)));
  }

  #failed(reply, error, again) {
    if (!error.title) console.error(error);
    if (error.network) this.#pending = again;
    if (error.locked && this.around.onLocked) this.around.onLocked(again);
    reply.replaceChildren(problem(error, this.around.level + 1, [
      error.locked && this.around.onLocked
        ? button("Enter a key", () => this.around.onLocked(again), "secondary")
        : (error.retry || !error.title) && button("Try again", again, "secondary"),
      error.field && button("Edit the question", () => this.edit(reply.parentElement.querySelector(".asked > *").textContent), "secondary"),
    ].filter(Boolean)));
  }
}
