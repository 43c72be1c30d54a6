// The page: a chat, its filters, the documents beside it, and the question in the address bar.

import { Service } from "./api.js";
import { Chat } from "./chat.js";
import { button, el } from "./dom.js";
import { conversationMarkdown, download, printedConversation } from "./export.js";
import { Filters } from "./filters.js";
import { History } from "./history.js";
import { Judging } from "./judging.js";
import { Reader } from "./reader.js";
import { SignIn } from "./signin.js";
import { Documents, examples, notRead } from "./start.js";
import { drawing } from "./timeline.js";

let title = document.title;
let isOperator = false;
let isJudged = false;
const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 63.99rem)");

const service = new Service();
const history = new History(`cited-qa:${new URL(".", location).pathname}`);
const filters = new Filters();
const judging = new Judging(service, (said) => chat.say(said));
const reader = new Reader(service, { modal: () => narrow.matches, marks: (...opened) => judging.marking(...opened) });
const signIn = new SignIn(service);
const chat = new Chat({
  service,
  history,
  reader,
  judging,
  level: 2,
  scrollsWith: document.scrollingElement,
  placeholder: "Who, what, when, why?",
  filters: () => filters.value,
  dropFilters: () => filters.set({}),
  open: openBeside,
  link: addressOf,
  onTurn: noteTurn,
  onLocked: askForKey,
});
const documents = new Documents(service, {
  open: openBeside,
  listed: ({ source }) => filters.offer(source),
  locked: askForKey,
  loadAgain: learn,
});
const forget = button("Forget conversation", () => {
  chat.forget();
  reset();
});
const printed = el("div", { class: "printed", "aria-hidden": "true" });
const saving = el("details", { class: "saving" }, el("summary", {}, "Save", el("span", {}, " conversation")),
  el("p", { class: "ways" },
    button("Markdown file", () => {
      download("conversation.md", conversationMarkdown(chat.turns, service), "text/markdown");
      chat.say("The conversation is saved as a file.");
    }),
    button("Print", () => print())));
saving.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !saving.open) return;
  event.stopPropagation();
  saving.open = false;
  saving.querySelector("summary").focus();
});
const unanswered = el("a", { class: "to-unanswered", href: "./unanswered", hidden: true }, "Unanswered questions");
const leave = button("Sign out", () => {
  service.signOut().then(() => location.reload(), (error) => chat.hinting(error.message));
});
leave.hidden = true;

/** Ask for a key, then do what it was needed for. */
function askForKey(again) {
  signIn.open(() => {
    again();
    offerLeaving();
  });
}

/** Offer what this browser's session allows: ending it, and the operator's page. */
function offerLeaving() {
  service.session().then(({ keys, scope }) => {
    leave.hidden = !(keys && scope);
    isOperator = scope === "admin";
    unanswered.hidden = !(isOperator && isJudged);
  }, () => {});
}

function openBeside(cited, link) {
  reader.open(cited, link);
  return true;
}

/** The address that asks a turn's question again, without what was asked before it. */
function addressOf({ question, answer, filters: { source, from, to, where = [] } }) {
  const query = { q: answer?.searched ?? question, source, from, to };
  const conditions = where.map((words) => ["where", words]);
  return `?${new URLSearchParams([...Object.entries(query).filter(([, value]) => value), ...conditions])}`;
}

function noteTurn(turn, kept = true) {
  window.history.replaceState({ asked: true }, "", addressOf(turn));
  document.title = `${turn.question} · cited-qa`;
  begun(true);
  if (!kept) chat.hinting("This browser keeps no history for this page: the conversation is lost on leaving it.");
}

function begun(is) {
  document.body.toggleAttribute("data-begun", is);
  $("start").hidden = is;
  forget.hidden = !is;
  saving.hidden = !is;
}

function reset() {
  window.history.replaceState(null, "", location.pathname);
  document.title = title;
  begun(false);
}

/** What the service tells of its archive: asked once, and again after a failure. */
async function learn() {
  await documents.load();
  await service.archive().then(introduce, () => {});
}

/** Show what the service tells of its archive: its name, what can be asked, its years, what it did not read. */
function introduce(archive) {
  const { name, welcome } = archive;
  filters.draw(archive);
  if (archive.judging) judging.begin();
  isJudged = archive.judging;
  unanswered.hidden = !(isOperator && isJudged);
  if (name) {
    $("name").textContent = name;
    if (document.title === title) document.title = `${name} · cited-qa`;
    title = `${name} · cited-qa`;
  }
  if (welcome) $("welcome").textContent = welcome;
  const years = drawing(archive);
  $("examples").replaceChildren(...examples(archive.examples ?? [], (question) => chat.ask(question, { alone: true })));
  $("years").replaceChildren(...(years ? [el("h2", {}, "When they were published"), years] : []));
  $("not-read").replaceChildren(...notRead(archive));
}

/** Show what was kept, and ask what the address names unless that was the last thing asked. */
function arrive() {
  const turns = chat.restore();
  begun(turns > 0);
  const query = new URLSearchParams(location.search);
  const [q, source, from, to] = ["q", "source", "from", "to"].map((name) => query.get(name)?.trim() ?? "");
  const k = Number(query.get("k"));
  const where = query.getAll("where").filter(Boolean);
  filters.set({ source, from, to, where, ...(Number.isInteger(k) && k >= 1 && k <= 50 && { k }) });
  if (q && !(chat.last && addressOf(chat.last) === addressOf({ question: q, filters: { source, from, to, where } }))) {
    chat.ask(q, { alone: !window.history.state?.asked }); // a link stands alone, a reload goes on
  } else if (turns) {
    chat.reveal();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && reader.isOpen && !signIn.element.open) {
    reader.close();
    return;
  }
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, dialog:modal")) return;
  event.preventDefault();
  chat.field.focus();
  chat.field.select();
});

narrow.addEventListener("change", () => reader.arrange());
history.whenForgotten(() => {
  chat.clear();
  reset();
});

// Whichever way a conversation is printed, its quotes have numbered footnotes.
addEventListener("beforeprint", () => {
  printed.replaceChildren(...(chat.turns.length ? printedConversation(chat.turns, service) : []));
});
addEventListener("afterprint", () => printed.replaceChildren());

chat.composer.append(el("div", { class: "foot" }, filters.element, el("div", { class: "foot-end" }, saving, forget)));
document.querySelector(".top .column").append(unanswered, leave);
$("chat").append(chat.log, chat.composer, chat.live);
$("start").append(el("div", { id: "examples" }), el("div", { id: "years" }), documents.element, el("div", { id: "not-read" }));
document.body.append(reader.element, signIn.element, printed);
learn();
offerLeaving();
arrive();
