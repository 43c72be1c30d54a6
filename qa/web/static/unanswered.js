// The operator's page: the questions that the archive did not answer surely.

import { problem } from "./answer.js";
import { Service } from "./api.js";
import { button, el } from "./dom.js";
import { count } from "./text.js";

const service = new Service();
const place = document.getElementById("unanswered");
const status = el("p", { class: "away", role: "status" });
const about = el("p", { class: "lead" });
const counts = el("p", { class: "counts" });
const list = el("ul", { class: "questions", role: "list" });
const trouble = el("div");
const more = button("Show more", () => load(cursor), "secondary");
const all = el("p", { class: "ways", hidden: true },
  el("a", { href: new URL("v1/unanswered/questions.jsonl", service.address), download: "questions.jsonl" }, "Export as questions.jsonl"),
  removal("Delete all", "Delete all these questions, and what people judged of them?", async () => {
    await service.forgetQuestion();
    await load();
    say("All questions are deleted.");
  }));
let cursor = null;

const LISTED = "Of these questions somebody judged that an excerpt, or the whole archive, does not answer.";
const LISTED_ASKED = "These questions got the verdict “unsure” or “not found”, or somebody judged that an excerpt, or the whole archive, does not answer.";
const KEPT = "Of a question nobody judged, only its words, the verdict and the time are kept; not who asked it.";

/** Ask for the first questions, or for those after a cursor, and list them. */
async function load(after = null) {
  more.disabled = true;
  trouble.replaceChildren();
  try {
    const found = await service.unanswered(after);
    if (!after) list.replaceChildren();
    const before = list.childElementCount;
    list.append(...found.questions.map(row));
    cursor = found.next_cursor;
    more.hidden = !cursor;
    about.textContent = found.keeps_asked ? `${LISTED_ASKED} ${KEPT}`
      : `${LISTED} Questions that nobody judged are not kept (setting unanswered).`;
    tell(found);
    if (after) list.children[before]?.querySelector("a").focus();
  } catch (error) {
    more.hidden = true;
    trouble.replaceChildren(problem(error, 2, [button("Try again", () => load(after), "secondary")]));
  } finally {
    more.disabled = false;
  }
}

function tell({ total, asked, keeps_asked: keeps }) {
  counts.textContent = total
    ? `${count(total, "question")}${keeps ? `, asked ${count(asked, "time")}` : ""}. The latest come first.`
    : "There are none.";
  all.hidden = !total;
}

function row(one) {
  const times = one.unsure + one.not_found;
  const facts = [
    times > 0 && `asked ${times === 1 ? "once" : count(times, "time")}: ${[one.not_found && `${times > 1 ? `${one.not_found} ` : ""}not found`, one.unsure && `${times > 1 ? `${one.unsure} ` : ""}unsure`].filter(Boolean).join(", ")}`,
    one.does_not > 0 && `${count(one.does_not, "excerpt")} judged not to answer`,
    one.nothing && "judged: nothing in the archive answers",
    one.filtered && "within filters",
  ].filter(Boolean);
  const item = el("li", {},
    el("a", { href: new URL(`?${new URLSearchParams({ q: one.question })}`, service.address), dir: "auto" }, one.question),
    one.asked_as.trim() !== one.question && el("p", { class: "meta" }, "Asked as: ", el("q", { dir: "auto" }, one.asked_as)),
    el("p", { class: "meta" }, [moment(one.last), ...facts.map((fact) => el("span", {}, fact))]),
    removal("Delete", "Delete this question, and what people judged of it?", async () => {
      await service.forgetQuestion(one.id);
      const next = item.nextElementSibling ?? item.previousElementSibling;
      item.remove();
      tell(await service.unanswered(null, 1));
      say("The question is deleted.");
      (next?.querySelector("a") ?? counts).focus();
    }, one.question));
  return item;
}

/** A point in time, in the words of the reader's own language and time zone. */
function moment(time) {
  return el("time", { datetime: time }, new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }));
}

/** A button that asks before it removes for good. */
function removal(label, asks, remove, named = null) {
  const opener = button(label, () => ask(true));
  if (named) opener.setAttribute("aria-label", `${label}: ${named}`);
  const sure = el("span", { class: "sure", role: "group", "aria-label": asks, hidden: true }, asks, " ",
    button("Delete for good", async () => {
      try {
        await remove();
        ask(false, false);
      } catch (error) {
        ask(false);
        trouble.replaceChildren(problem(error, 2, []));
      }
    }, "secondary"),
    button("Keep", () => ask(false), "secondary"));
  const ask = (is, focus = true) => {
    sure.hidden = !is;
    opener.hidden = is;
    if (focus) (is ? sure.querySelector("button") : opener).focus();
  };
  sure.addEventListener("keydown", (event) => { if (event.key === "Escape") ask(false); });
  return el("span", { class: "removal" }, opener, sure);
}

function say(words) {
  status.textContent = words;
}

counts.tabIndex = -1;
more.hidden = true;
place.append(about, counts, all, trouble, list, more, status);
load();
