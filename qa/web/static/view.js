// The document page works without this file. With it, the marked words come to the middle of
// the screen and get the focus, the citation can be copied, and a button leads back to the words. Where
// judgements are kept, the words that answer the question can be marked.

import { Service } from "./api.js";
import { citeGroup, copyMenu } from "./copy.js";
import { el } from "./dom.js";
import { History } from "./history.js";

const mark = document.getElementById("cited");
const citation = document.getElementById("citation");
const back = document.getElementById("back");
const arrivedAt = location.hash;

if (mark) {
  // On Back and on reload the browser restores the reader's position, so do nothing then.
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate") {
    if (document.readyState === "complete") meet();
    else addEventListener("load", () => requestAnimationFrame(meet)); // after the browser's own jump
  }
  const pill = document.createElement("a");
  pill.className = "pill";
  pill.href = "#cited";
  pill.hidden = true;
  document.querySelector("main").append(pill);
  new IntersectionObserver(([entry]) => {
    pill.hidden = entry.isIntersecting;
    pill.textContent = entry.boundingClientRect.top < 0 ? "↑ Marked words" : "↓ Marked words";
  }).observe(mark);
}

if (citation) {
  const status = el("p", { class: "away", role: "status" });
  const groups = [citeGroup(new Service(), { url: citation.textContent })];
  const [opener, menu] = copyMenu("Copy citation", groups, (said) => { status.textContent = said; });
  document.getElementById("cite-actions").append(opener);
  citation.parentElement.append(menu, status);
}

if (back && URL.canParse?.(document.referrer)) {
  const from = new URL(document.referrer);
  if (from.origin === location.origin && from.searchParams.has("q")) {
    back.textContent = "Back to the excerpts";
    back.href = from.href;
    back.addEventListener("click", (event) => {
      if (history.length < 2 || location.hash !== arrivedAt || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.back(); // the results as they were left, at the same place
    });
  }
}

offerMarking().catch(() => {}); // the page is as good without it

/** Offer to mark what answers the last question of this browser for which this document was found. */
async function offerMarking() {
  const service = new Service();
  const text = document.querySelector(".doc-text");
  const [, id] = /\/documents\/([^/]+)\/view/.exec(location.pathname) ?? [];
  const turn = new History(`cited-qa:${new URL(service.address).pathname}`).load().findLast(({ answer }) => (
    answer.results.some(({ citation, also = [] }) => [citation, ...also].some((one) => one.document_id === id))));
  if (!turn || !text || !(await service.archive()).judging) return;
  const [{ Marking }, found] = await Promise.all([import("./marking.js"), service.document(id)]);
  if (text.textContent.length !== found.text.length) return; // the archive has changed since this page came
  const query = new URLSearchParams(location.search);
  const [start, end] = [["strong_start", "start"], ["strong_end", "end"]].map((names) => (
    names.map((name) => query.get(name)).find((value) => value !== null)));
  const first = mark && start && end ? { start: Number(start), end: Number(end) } : null;
  const { question, answer: { searched } } = turn;
  const marking = new Marking(service, { question, searched }, found, text, first);
  (document.getElementById("cite-actions") ?? document.querySelector(".doc-head .meta")).append(marking.opener);
  document.body.append(marking.element);
}

/** Bring the marked words to the middle; stay at the top where they are in sight from there. */
function meet() {
  mark.focus({ preventScroll: true });
  const { bottom, height } = mark.getBoundingClientRect();
  if (bottom + scrollY < innerHeight * 0.9) scrollTo({ top: 0, behavior: "instant" });
  else mark.scrollIntoView({ block: height < innerHeight * 0.7 ? "center" : "start", behavior: "instant" });
}

for (const image of document.querySelectorAll(".pictures img")) {
  if (image.complete && !image.naturalWidth) explain(image);
  else image.addEventListener("error", () => explain(image), { once: true });
  if (!image.complete) wait(image);
}

/** Say below a page that it is drawn; a scan takes seconds. */
function wait(image) {
  const caption = image.closest("figure").querySelector("figcaption");
  const page = caption.textContent;
  caption.textContent = `${page}: drawing it …`;
  image.addEventListener("load", () => { caption.textContent = page; }, { once: true });
}

/** Say why a page is not to be seen; ask again where the service draws as many as it can. */
async function explain(image, tries = 4) {
  const answer = await fetch(image.src).catch(() => null);
  if (answer?.ok) {
    const address = URL.createObjectURL(await answer.blob());
    image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
    image.src = address;
    return;
  }
  const { error } = (await answer?.json().catch(() => null)) ?? {};
  if (error?.code === "pictures_busy" && tries > 1) {
    setTimeout(() => explain(image, tries - 1), 2500);
    return;
  }
  const words = document.createElement("p");
  words.className = "unseen";
  words.textContent = `No picture of the page${error ? `: ${error.message}` : ""}.`;
  image.closest("figure").replaceWith(words);
}
