// The service over HTTP, and its failures in words.

const PATIENCE_MS = 60_000;
const PROBE_MS = 5_000;
const BUSY = ["busy", "too_many_questions"]; // codes of refusals that end in a moment
const BUSY_TRIES = 3; // how often a question that was refused so is sent again
const BUSY_SECONDS = 3; // and the longest time to wait before that

/** How many excerpts a question gets by default. */
export const DEFAULT_K = 5;

/** A failure in words for a person. `retry`: the same question may work in a moment. */
export class Problem extends Error {
  constructor(title, message, { retry = false, field = null, reference = null, network = false, locked = false, code = null, wait = null } = {}) {
    super(message);
    Object.assign(this, { title, retry, field, reference, network, locked, code, wait });
  }
}

/** The address if it is http or https, else null: a document may contain any "javascript:" address. */
export function webAddress(address) {
  try {
    const { protocol, href } = new URL(address);
    return protocol === "http:" || protocol === "https:" ? href : null;
  } catch {
    return null;
  }
}

/** The part of a question's request that filters make. */
export function requestOf({ source, from, to, where = [], k = DEFAULT_K }) {
  return {
    k,
    ...((source || from || to || where.length > 0) && {
      filters: {
        ...(source && { source: [source] }),
        ...(from && { published_from: from }),
        ...(to && { published_to: to }),
        ...(where.length > 0 && { where: whereOf(where) }),
      },
    }),
  };
}

/** Conditions on facets, as they stand in an address ("author=Ann Lee", "year>=1990"), for a request. */
function whereOf(conditions) {
  const where = new Map();
  for (const words of conditions) {
    const { name, operator, value } = conditionOf(words);
    const asked = operator === "=" ? name : `${name}${operator}`;
    where.set(asked, [...(where.get(asked) ?? []), value]);
  }
  return Object.fromEntries(where);
}

/** The parts of a condition; one that is none is a name without a value, which the service refuses. */
export function conditionOf(words) {
  const [, name = words, operator = "=", value = ""] = /^([^<>=]+)(>=|<=|=|>|<)([^]*)$/.exec(words) ?? [];
  return { name, operator, value };
}

/** One service; its own page or a page of another origin uses it. */
export class Service {
  #root;
  #key;

  /** Without a root: the folder above this file's, also behind a path prefix. */
  constructor(root = new URL("..", import.meta.url), key = null) {
    this.#root = new URL(`${root}`.replace(/\/*$/, "/"));
    this.#key = key;
  }

  /** Where the service is, as text. */
  get address() {
    return this.#root.href;
  }

  /** Whether a page that is opened by its address has the same access as this one. */
  get linkable() {
    return !this.#key;
  }

  /** Ask a question, and again if too many are asked at this moment. `request` is the body of POST /v1/ask. */
  async ask(request, signal) {
    for (let tries = BUSY_TRIES; ; tries -= 1) {
      try {
        return await this.#call("v1/ask", { body: request, signal });
      } catch (error) {
        if (!BUSY.includes(error.code) || !tries || !(error.wait <= BUSY_SECONDS)) throw error;
        // At least the time that the service names; not all at the same moment, for a class may ask together.
        await pause(1000 * error.wait * (1 + Math.random() / 2), signal);
        if (signal?.aborted) throw error;
      }
    }
  }

  /** A citation as a footnote, or for a reference manager. Its address names it in any version. */
  cite({ id, url }, style) {
    return this.#call(`v1/cite?${new URLSearchParams({ id: url ?? id, style })}`, { read: "text" });
  }

  /** Keep what a person judges. `judgement` is the body of POST /v1/judgements. */
  judge(judgement) {
    return this.#call("v1/judgements", { body: judgement });
  }

  /** Questions without an answer, and the cursor for those after them; for the operator. */
  unanswered(cursor, limit = 50) {
    return this.#call(`v1/unanswered?${new URLSearchParams({ limit, ...(cursor && { cursor }) })}`);
  }

  /** Remove a question without an answer for good; without an id all of them. */
  forgetQuestion(id = null) {
    return this.#call(`v1/unanswered${id === null ? "" : `/${encodeURIComponent(id)}`}`, { method: "DELETE" });
  }

  /** A document with its text. */
  document(id, signal) {
    return this.#call(`v1/documents/${encodeURIComponent(id)}`, { signal });
  }

  /** The pages of the original that a citation stands on, with the places of its words. */
  pages({ document_id: id, start, end, sha256 }, signal) {
    const query = new URLSearchParams({ start, end, version: sha256 });
    return this.#call(`v1/documents/${encodeURIComponent(id)}/pages?${query}`, { signal });
  }

  /** A page as a picture, from an address that `pages` told; asked for where this service is. */
  picture(url, signal) {
    const path = new URL(url).href.replace(/^.*?\/(?=v1\/documents\/)/, "");
    return this.#call(path, { signal, read: "blob" });
  }

  /** Some of the documents, and the cursor for those after them. */
  documents(cursor, limit = 20) {
    const query = new URLSearchParams({ limit, ...(cursor && { cursor }) });
    return this.#call(`v1/documents?${query}`);
  }

  /** How many documents there are, by month, by folder and by facet. */
  archive() {
    return this.#call("v1/archive");
  }

  /** Whether a key is asked for, and what this browser's session allows. */
  session() {
    return this.#call("v1/session");
  }

  /** Exchange a key for a session of this browser. */
  signIn(key) {
    return this.#call("v1/session", { body: { key } });
  }

  /** End this browser's session. */
  signOut() {
    return this.#call("v1/session", { method: "DELETE" });
  }

  /**
   * The address of a cited span's page; only a web address is ever followed. `strong`, a span of the
   * excerpt, is marked strongly there.
   */
  viewAddress({ url, document_id: id, start, end, sha256 }, strong = null) {
    const query = new URLSearchParams({ start, end, version: sha256 });
    const address = new URL(webAddress(url) ?? this.documentAddress(id, `?${query}`));
    if (strong) {
      address.searchParams.set("strong_start", start + strong.start);
      address.searchParams.set("strong_end", start + strong.end);
    }
    address.hash ||= "cited";
    return address.href;
  }

  /** The address of a document's page. */
  documentAddress(id, query = "") {
    return new URL(`v1/documents/${encodeURIComponent(id)}/view${query}`, this.#root).href;
  }

  /**
   * Whether the service runs but keeps its answers from this page. A browser tells a page no reason;
   * but the service's files are for every page, and its answers only for the origins that it lists.
   */
  async #refusesThisPage() {
    if (this.#root.origin === window.origin) return false;
    const answers = (path) => fetch(new URL(path, this.#root),
      { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) }).then(() => true, () => false);
    return await answers("static/tokens.css") && !await answers("readyz");
  }

  async #call(path, { body, method = body ? "POST" : "GET", read = "json", signal } = {}) {
    const timer = new AbortController();
    const stop = () => timer.abort();
    const clock = setTimeout(stop, PATIENCE_MS);
    signal?.addEventListener("abort", stop);
    try {
      const response = await fetch(new URL(path, this.#root), {
        method,
        signal: timer.signal,
        headers: {
          ...(this.#key && { authorization: `Bearer ${this.#key}` }),
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const value = await response[response.ok ? read : "json"]().catch((error) => {
        if (error.name === "AbortError") throw error;
        return null;
      });
      if (response.ok && (value || response.status === 204)) return value;
      throw refusal(response, value?.error);
    } catch (error) {
      if (error instanceof Problem || signal?.aborted) throw error;
      if (timer.signal.aborted) {
        throw new Problem("No answer yet", "The service took longer than a minute. It may be busy.", { retry: true });
      }
      if (await this.#refusesThisPage()) throw unlisted(this.#root);
      throw navigator.onLine
        ? new Problem("The service cannot be reached",
          "It may be stopped or restarting. Your question is kept.", { retry: true, network: true })
        : new Problem("You seem to be offline",
          "Your question is kept. It is asked again once you are connected.", { retry: true, network: true });
    } finally {
      clearTimeout(clock);
      signal?.removeEventListener("abort", stop);
    }
  }
}

/** Wait, until the signal aborts at most. */
function pause(milliseconds, signal) {
  return new Promise((done) => {
    const clock = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(clock);
      done();
    }, { once: true });
  });
}

/** What the operator must do so that a page of another origin may ask. */
function unlisted({ origin: service }) {
  const { origin } = window;
  const what = origin === "null"
    ? "it must be served over HTTP, not opened as a file or in a sandboxed frame, and its origin must then be added to"
    : `its origin, \`${origin}\`, must be added to`;
  return new Problem("This page may not ask the archive",
    `The service at ${service} is running, but it does not answer this page. For the operator: ${what} the setting \`cors_origins\`.`,
    { retry: true, code: "origin_not_listed" });
}

/** The meaning of a status for the person who asked; the service's own message has the details. */
function refusal(response, error) {
  const { status } = response;
  const wait = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const said = error?.message?.replace(/^./, (first) => first.toUpperCase());
  const message = status === 401 ? "You need a key to ask questions." : said ?? (response.ok
    ? "The service sent something that this page cannot read."
    : `The service answered with status ${status} and no explanation.`);
  const title =
    status === 401 ? "This archive asks for a key"
    : status === 403 ? "You may not do this"
    : status === 404 ? "Not there"
    : status === 429 || error?.code === "busy" ? "Too many questions at once"
    : status === 503 ? "The archive is not ready"
    : status >= 500 || response.ok ? "Something went wrong on the server"
    : "This question is not allowed";
  return new Problem(
    title,
    wait > 0 ? `${message} Try again in ${wait === 1 ? "a second" : `${wait} seconds`}.` : message,
    {
      code: error?.code ?? null,
      wait,
      retry: response.ok || status === 429 || status >= 500,
      locked: status === 401,
      field: error?.field ?? null,
      reference: status >= 500 ? error?.request_id ?? null : null,
    },
  );
}
