// A conversation to keep: as Markdown, and as a page to print. Quotes have numbered footnotes.

import { el } from "./dom.js";
import { boundsInWords, citationText, literally, pieces, quoteLines, shownResults, verdictInWords } from "./text.js";

/** What is kept of each turn: its question, what the answer is worth, the quotes that were shown first. */
function kept(turns, service) {
  let number = 0;
  return turns.map(({ question, filters, answer }) => ({
    question,
    within: boundsInWords(filters),
    searched: answer.searched && answer.searched.trim() !== question.trim() ? answer.searched : "",
    verdict: verdictInWords(answer),
    quotes: shownResults(answer).map(({ excerpt, highlights, citation }) => ({
      number: ++number, excerpt, highlights, note: citationText(citation, service.viewAddress(citation)),
    })),
  }));
}

/** A conversation as Markdown with footnotes; whatever markup its quotes hold is shown as it is. */
export function conversationMarkdown(turns, service) {
  const all = kept(turns, service);
  const parts = all.flatMap(({ question, within, searched, verdict, quotes }) => [
    `## ${literally(question.replace(/\s+/g, " "))}`,
    within && `Within: ${literally(within)}`,
    searched && `Searched for: ${literally(searched)}`,
    verdict && literally(verdict),
    ...quotes.map(({ number, excerpt }) => {
      const lines = quoteLines(excerpt.trimEnd());
      return [...lines.slice(0, -1), `${lines.at(-1)}[^${number}]`].join("\n");
    }),
  ]);
  const notes = all.flatMap(({ quotes }) => quotes.map(({ number, note }) => `[^${number}]: ${literally(note)}`));
  return `${[...parts, ...notes].filter(Boolean).join("\n\n")}\n`;
}

/** The same as elements: what is printed in place of the page. */
export function printedConversation(turns, service) {
  const all = kept(turns, service);
  const mark = ({ text, marked }) => (marked ? el("mark", {}, text) : text);
  return [
    ...all.map(({ question, within, searched, verdict, quotes }) => el("section", {},
      el("h2", { dir: "auto" }, question),
      within && el("p", {}, `Within: ${within}`),
      searched && el("p", {}, `Searched for: ${searched}`),
      verdict && el("p", {}, verdict),
      quotes.map(({ number, excerpt, highlights }) => el("blockquote", { dir: "auto" },
        pieces(excerpt, highlights).map(mark), el("sup", {}, number))))),
    el("ol", { class: "footnotes" }, all.flatMap(({ quotes }) => quotes.map(({ note }) => el("li", {}, note)))),
  ];
}

/** Hand a text to the browser as a file to keep. */
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
