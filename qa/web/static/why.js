// Why a result stands at its place: the stages of its score, drawn.

import { el } from "./dom.js";
import { count } from "./text.js";

const STAGES = {
  dense: ["Meaning", "how near the passage is to the question as a whole"],
  lexical: ["Words", "which words of the question it has, and how rare they are"],
  late: ["Word by word", "how well each word of the question is met somewhere in it"],
  sentence: ["Best sentence", "the same within one sentence"],
};

/**
 * The stages of a score as bars. Each stage is a share from 0 to 1 on the scale of the service; the
 * ranking is their mean by weight, and reading the sentences adds the rest.
 *
 * @param result a result with its `explain`
 */
export function drawn({ score, explain }) {
  const { stages, words, place, candidates } = explain;
  const ceiling = sum(new Map(words.map(({ term, ceiling: most }) => [term, most])).values());
  const share = (name, value) => (name === "lexical" ? (ceiling > 0 ? value / ceiling : 0) : value);
  const known = Object.entries(stages).filter(([name, { score: value }]) => name in STAGES && value != null);
  const weights = sum(known.map(([, { weight }]) => weight));
  const ranked = sum(known.map(([name, { score: value, weight }]) => weight * share(name, value))) / (weights || 1);
  const added = score - ranked;
  if (!known.length) {
    return el("p", {}, "This passage stands below those that are scored in full: it only fits the question roughly.");
  }
  return el("div", {},
    el("table", {},
      el("caption", {}, `Place ${place} of ${count(candidates, "passage")} that were compared`),
      el("thead", { class: "away" }, el("tr", {}, ["Stage", "Score", "Place in this stage", "Weight"].map(
        (name) => el("th", { scope: "col" }, name)))),
      el("tbody", {},
        known.map(([name, { score: value, rank, weight }]) => row(
          STAGES[name], share(name, value), `place ${rank}`, `weight ${weight}`)),
        added > 0.0005 && row(["Reading", "how well a sentence answers, read together with the question"],
          Math.min(1, added / 0.2), `adds ${added.toFixed(2)}`, "")),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "Score"),
        el("td", { colspan: "3" }, score.toFixed(2))))),
    words.length > 0 && el("p", { class: "words" }, "Words of the question: ",
      words.map(({ word, share: part }) => el("span", { class: "word", "data-held": part > 0 },
        word, el("span", { class: "away" }, part > 0 ? " is in it" : " is not in it")))));
}

function row([name, meaning], share, place, weight) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" }, el("i"));
  bar.firstChild.style.width = `${Math.round(100 * Math.max(0, Math.min(1, share)))}%`;
  return el("tr", {}, el("th", { scope: "row" }, name, el("small", {}, meaning)),
    el("td", {}, bar, el("span", {}, share.toFixed(2))), el("td", {}, place), el("td", {}, weight));
}

function sum(numbers) {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
