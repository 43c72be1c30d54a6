// A conversation to keep: as Markdown, and as a page to print. Quotes have numbered footnotes.

import { el } from "./dom.js";
import {
  boundsInWords, citationMarkdown, citationText, literally, notesOf, pieces, searchedOtherwise, shortAnswer, shownResults,
  undatedInWords, verdictInWords,
} from "./text.js";

/** What is kept of each turn: its question, what the answer is worth, its notes, the quotes that were shown first. */
function kept(turns, service) {
  let number = 0;
  return turns.map(({ question, filters, answer }) => {
    const short = shortAnswer(answer);
    return {
      question,
      said: [
        boundsInWords(filters) && `Within: ${boundsInWords(filters)}`,
        searchedOtherwise(answer) && `Searched for: ${answer.searched}`,
        verdictInWords(answer),
        ...notesOf(answer).map(({ message }) => message),
        undatedInWords(answer),
      ].filter(Boolean),
      short: short && { ...short, number: number + 1 }, // it stands in the first quote
      quotes: shownResults(answer).map(({ excerpt, highlights, citation }) => ({
        number: ++number, excerpt, highlights, citation, address: service.viewAddress(citation),
      })),
    };
  });
}

/** A conversation as Markdown with footnotes; whatever markup its quotes hold is shown as it is. */
export function conversationMarkdown(turns, service) {
  const all = kept(turns, service);
  const parts = all.flatMap(({ question, said, short, quotes }) => [
    `## ${literally(inOneLine(question))}`,
    ...said.map((line) => literally(inOneLine(line))),
    short && `“${shortMarkdown(short)}”[^${short.number}]`,
    ...quotes.map(({ number, excerpt, highlights }) => `${markedLines(excerpt, highlights).join("\n")}[^${number}]`),
  ]);
  const notes = all.flatMap(({ quotes }) => quotes.map(({ number, citation, address }) => (
    `[^${number}]: ${citationMarkdown(citation, address)}`)));
  return `${[...parts, ...notes].filter(Boolean).join("\n\n")}\n`;
}

const inOneLine = (text) => text.replace(/\s+/g, " ").trim();

/** The short answer in its sentence, with the words that answer in bold. */
function shortMarkdown({ before, words, after }) {
  const sentence = inOneLine(before + words + after);
  const at = inOneLine(`${before}|`).length - 1;
  const plain = inOneLine(words);
  return boldWithin(sentence, [[at, at + plain.length]]);
}

/** A quotation as lines of Markdown that render as these very words, the marked ones in bold. */
function markedLines(excerpt, highlights) {
  const lines = [[]]; // of [text, marked]
  for (const { text, marked } of pieces(excerpt.trimEnd(), highlights)) {
    text.split(/\r\n|\r|\n/).forEach((part, n) => {
      if (n) lines.push([]);
      lines.at(-1).push([part, marked]);
    });
  }
  return lines.map((parts) => {
    const line = parts.map(([text]) => text).join("");
    let at = 0;
    const spans = parts.flatMap(([text, marked]) => {
      at += text.length;
      return marked ? [[at - text.length, at]] : [];
    });
    return `> ${boldWithin(line, spans)}`.trimEnd();
  });
}

// Next to a word, stars beside a sign are no bold for Markdown: it would show them.
const STARS_SHOW = { before: /[\p{L}\p{N}]$/u, first: /^[^\p{L}\p{N}]/u, last: /[^\p{L}\p{N}]$/u, after: /^[\p{L}\p{N}]/u };

/** A line as Markdown with spans in bold, where Markdown can show them so. */
function boldWithin(line, spans) {
  let done = "";
  let from = 0;
  for (const [start, end] of spans) {
    const words = line.slice(start, end).trim();
    const first = line.indexOf(words, start);
    const last = first + words.length;
    if (!words
      || (STARS_SHOW.before.test(line.slice(0, first)) && STARS_SHOW.first.test(words))
      || (STARS_SHOW.last.test(words) && STARS_SHOW.after.test(line.slice(last)))) continue;
    const before = line.slice(from, first);
    done += `${literally(done ? before : before.trimStart())}**${literally(words)}**`;
    from = last;
  }
  const rest = line.slice(from).trimEnd();
  return done + literally(done ? rest : rest.trimStart());
}

/** The same as elements: what is printed in place of the page. */
export function printedConversation(turns, service) {
  const all = kept(turns, service);
  const mark = ({ text, marked }) => (marked ? el("mark", {}, text) : text);
  return [
    ...all.map(({ question, said, short, quotes }) => el("section", {},
      el("h2", { dir: "auto" }, question),
      said.map((line) => el("p", { dir: "auto" }, line)),
      short && el("p", { class: "short" },
        el("q", { dir: "auto" }, short.before, el("strong", {}, short.words), short.after), el("sup", {}, short.number)),
      quotes.map(({ number, excerpt, highlights }) => el("blockquote", { dir: "auto" },
        pieces(excerpt, highlights).map(mark), el("sup", {}, number))))),
    el("ol", { class: "footnotes" }, all.flatMap(({ quotes }) => quotes.map(({ citation, address }) => (
      el("li", {}, citationText(citation, address)))))),
  ];
}

/** Hand a text to the browser as a file to keep. */
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
