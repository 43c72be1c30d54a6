// The page: a question in the address bar, its answer below the field.

import { ask, documents } from "./api.js";
import * as render from "./render.js";
import { count, length } from "./text.js";

const MOST = 2000; // characters in a question
const NEARLY = 1800; // from here on the count is shown
const DEFAULT_K = 5;

const $ = (id) => document.getElementById(id);
const form = $("ask");
const field = $("question");
const inputs = { source: $("source"), from: $("from"), to: $("to") };
const known = new Set(); // sources seen in the list of documents
let running = null; // the AbortController of the question in flight
let retry = null; // what to do once the network is back

// --- the query: form <-> address ---------------------------------------------------------

const EMPTY = { q: "", k: DEFAULT_K, source: "", from: "", to: "" };

function fromAddress() {
  const query = new URLSearchParams(location.search);
  const k = Number(query.get("k"));
  return {
    q: query.get("q") ?? "",
    k: Number.isInteger(k) && k >= 1 && k <= 50 ? k : DEFAULT_K,
    source: query.get("source") ?? "",
    from: query.get("from") ?? "",
    to: query.get("to") ?? "",
  };
}

function fromForm() {
  return {
    q: field.value.trim(),
    k: Number($("k").value),
    source: inputs.source.value.trim(),
    from: inputs.from.value.trim(),
    to: inputs.to.value.trim(),
  };
}

function toAddress(query) {
  const kept = Object.entries(query).filter(([, value]) => value !== "");
  return query.q ? `?${new URLSearchParams(kept)}` : location.pathname;
}

function toForm(query) {
  field.value = query.q;
  for (const [name, input] of Object.entries(inputs)) input.value = query[name];
  if (![...$("k").options].some((option) => option.value === String(query.k))) {
    $("k").append(new Option(count(query.k, "excerpt"), query.k));
  }
  $("k").value = query.k;
  $("filters").open = isFiltered(query);
  showFilters();
  fit();
}

const isFiltered = ({ source, from, to }) => Boolean(source || from || to);

/** A known path means itself; a pattern is used as it stands; other words may stand anywhere. */
function glob(source) {
  if (known.has(source)) return source.replace(/[[*?]/g, "[$&]");
  return /[*?[]/.test(source) ? source : `*${source}*`;
}

function toRequest({ q, k, source, from, to }) {
  return {
    question: q,
    k,
    ...(isFiltered({ source, from, to }) && {
      filters: {
        ...(source && { source: [glob(source)] }),
        ...(from && { published_from: from }),
        ...(to && { published_to: to }),
      },
    }),
  };
}

// --- asking -----------------------------------------------------------------------------

async function run(query) {
  running?.abort();
  const mine = (running = new AbortController());
  retry = null;
  busy(true);
  show("answer");
  document.title = `${query.q} · cited-qa`;
  if (!$("answer").querySelector(".results")) $("answer").replaceChildren(render.waiting());
  const slow = setTimeout(() => announce("Still searching."), 4000);
  try {
    const answer = await ask(toRequest(query), mine.signal);
    if (mine.signal.aborted) return;
    history.replaceState({ answer }, "");
    showAnswer(answer, query);
    announce(render.spoken(answer));
  } catch (error) {
    if (mine.signal.aborted) return;
    showProblem(error, query);
  } finally {
    clearTimeout(slow);
    if (running === mine) {
      running = null;
      busy(false);
    }
  }
}

function showAnswer(answer, query) {
  invalid(null);
  $("answer").replaceChildren(...render.answer(answer, {
    filtered: isFiltered(query),
    clearFilters: () => go({ ...query, source: "", from: "", to: "" }),
    copied: announce,
  }));
}

function showProblem(error, query) {
  if (!error.title) console.error(error);
  const again = () => run(query);
  if (error.network) retry = again;
  invalid(error.field);
  $("answer").replaceChildren(render.problem(error, again));
}

/** Point at the input that the service complained about. */
function invalid(name) {
  const last = name?.split(".").find((part) => /^(question|source|published_from|published_to|k)$/.test(part));
  const input = { question: field, source: inputs.source, published_from: inputs.from, published_to: inputs.to, k: $("k") }[last];
  for (const one of [field, $("k"), ...Object.values(inputs)]) one.removeAttribute("aria-invalid");
  input?.setAttribute("aria-invalid", "true");
  if (input && input !== field) $("filters").open = true;
}

function busy(is) {
  document.body.toggleAttribute("data-busy", is);
  $("answer").setAttribute("aria-busy", is);
  if (is) announce("");
}

function announce(text) {
  $("live").textContent = text;
}

function show(which) {
  for (const name of ["answer", "start"]) $(name).hidden = name !== which;
}

// --- moving about -----------------------------------------------------------------------

/** Make the query the page's address and answer it. */
function go(query) {
  const address = toAddress(query);
  if (address !== location.search) history.pushState(null, "", address);
  toForm(query);
  run(query);
}

/** Show what the address names; an answer that was seen before comes back as it was. */
function arrive({ fresh = false } = {}) {
  const query = fromAddress();
  toForm(query);
  if (!query.q.trim()) {
    running?.abort();
    busy(false);
    document.title = "cited-qa · Ask the archive";
    $("answer").replaceChildren();
    show("start");
    listDocuments();
  } else if (!fresh && history.state?.answer) {
    running?.abort();
    document.title = `${query.q} · cited-qa`;
    show("answer");
    showAnswer(history.state.answer, query);
  } else {
    run(query);
  }
}

// --- the documents of the archive -------------------------------------------------------

let listed = false;

async function listDocuments() {
  if (listed) return;
  listed = true;
  const box = $("documents");
  const list = render.el("ul", { class: "documents", role: "list" });
  const heading = render.el("h2", {}, "In this archive");
  const more = render.el("button", { type: "button", class: "secondary", hidden: true }, "Show more");
  const trouble = render.el("div");
  let cursor = null;

  const load = async () => {
    more.disabled = true;
    trouble.replaceChildren();
    try {
      const page = await documents(cursor);
      const at = list.children.length;
      for (const one of page.documents) {
        known.add(one.source);
        $("sources").append(new Option("", one.source));
        list.append(render.documentRow(one));
      }
      cursor = page.next;
      const total = page.total ?? (cursor ? null : list.children.length);
      heading.textContent = total ? `${count(total, "document")} in this archive` : "In this archive";
      if (!list.children.length) {
        trouble.replaceChildren(render.el("p", {}, "There are no documents yet. Build the index with ",
          render.el("code", {}, "qa build"), ", then reload this page."));
      } else if (at) {
        list.children[at]?.querySelector("a").focus();
      }
      more.hidden = !cursor;
      retry = null;
    } catch (error) {
      if (error.network) retry = load;
      trouble.replaceChildren(render.problem(error, load));
      more.hidden = true;
    } finally {
      more.disabled = false;
    }
  };
  more.addEventListener("click", load);
  box.replaceChildren(heading, list, trouble, more);
  await load();
}

// --- the form ---------------------------------------------------------------------------

/** Let the field grow with the question where CSS alone cannot, and count when it gets long. */
function fit() {
  if (!CSS.supports("field-sizing", "content")) {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }
  const n = length(field.value.trim());
  hint(n > MOST ? `${count(n - MOST, "character")} too long: a question has at most 2,000.`
    : n > NEARLY ? `${count(n, "character")} of 2,000.` : "");
}

function hint(text) {
  $("hint").hidden = !text;
  $("hint").textContent = text;
}

function showFilters() {
  const { source, from, to } = fromForm();
  $("filters-set").textContent = [
    source && `source ${source}`,
    from && to && from === to ? from : [from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(" "),
  ].filter(Boolean).join(", ");
  $("clear").hidden = !isFiltered({ source, from, to });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const query = fromForm();
  if (!query.q) {
    field.value = "";
    hint("Type a question first.");
    announce("Type a question first.");
    field.focus();
    return;
  }
  if (matchMedia("(pointer: coarse)").matches) document.activeElement?.blur(); // give the screen back
  go(query);
});

// The browser says what is wrong with a date, and can only do so where it can be seen.
form.addEventListener("invalid", () => { $("filters").open = true; }, true);

field.addEventListener("input", () => {
  invalid(null);
  fit();
});

field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  field.focus();
  field.select();
  scrollTo({ top: 0 });
});

for (const input of Object.values(inputs)) {
  input.addEventListener("input", () => {
    input.removeAttribute("aria-invalid");
    showFilters();
  });
}

$("clear").addEventListener("click", () => {
  for (const input of Object.values(inputs)) input.value = "";
  showFilters();
  if (fromAddress().q && isFiltered(fromAddress())) go({ ...EMPTY, ...fromForm() });
  inputs.source.focus();
});

addEventListener("popstate", () => arrive());
addEventListener("online", () => retry?.());

field.required = false; // said in words instead
arrive({ fresh: performance.getEntriesByType("navigation")[0]?.type === "reload" });
