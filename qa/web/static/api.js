// The service over HTTP, and its failures in words.

/** Where the service is: beside the folder that this file came from, also behind a path prefix. */
const ROOT = new URL("..", import.meta.url);
const PATIENCE_MS = 60_000;

/** A failure that a person can read. `retry`: the same question may work in a moment. */
export class Problem extends Error {
  constructor(title, message, { retry = false, field = null, reference = null, network = false } = {}) {
    super(message);
    Object.assign(this, { title, retry, field, reference, network });
  }
}

/** The address of a cited span's page; only a web address is ever followed. */
export function viewAddress({ url, document_id: id, start, end }) {
  const address = webAddress(url) ?? documentAddress(id, `?start=${start}&end=${end}`);
  return address.includes("#") ? address : `${address}#cited`;
}

export function documentAddress(id, query = "") {
  return new URL(`v1/documents/${encodeURIComponent(id)}/view${query}`, ROOT).href;
}

/** The address if it is http or https, else null: a document may name "javascript:" anything. */
export function webAddress(address) {
  try {
    const { protocol, href } = new URL(address);
    return protocol === "http:" || protocol === "https:" ? href : null;
  } catch {
    return null;
  }
}

/** Ask a question. `request` is the body of POST /v1/ask. */
export const ask = (request, signal) => call("v1/ask", { body: request, signal });

/** A page of the archive's documents: `{documents, next, total}`. */
export async function documents(cursor, signal) {
  const query = new URLSearchParams({ limit: "20", ...(cursor && { cursor }) });
  const page = await call(`v1/documents?${query}`, { signal });
  return {
    documents: page.documents ?? [],
    next: page.next_cursor ?? null,
    total: page.total ?? null,
  };
}

async function call(path, { body, signal }) {
  const timer = new AbortController();
  const stop = () => timer.abort();
  const clock = setTimeout(stop, PATIENCE_MS);
  signal?.addEventListener("abort", stop);
  try {
    const response = await fetch(new URL(path, ROOT), {
      signal: timer.signal,
      ...(body && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    const value = await response.json().catch((error) => {
      if (error.name === "AbortError") throw error;
      return null;
    });
    if (response.ok && value) return value;
    throw refusal(response, value?.error);
  } catch (error) {
    if (error instanceof Problem || signal?.aborted) throw error;
    if (timer.signal.aborted) {
      throw new Problem("No answer yet", "The service took longer than a minute. It may be busy.", { retry: true });
    }
    throw navigator.onLine
      ? new Problem("The service cannot be reached",
        "It may be stopped or restarting. Your question is kept.", { retry: true, network: true })
      : new Problem("You seem to be offline",
        "Your question is kept. It can be asked again once you are connected.", { retry: true, network: true });
  } finally {
    clearTimeout(clock);
    signal?.removeEventListener("abort", stop);
  }
}

/** What a status means to the person who asked; the service's own sentence says the rest. */
function refusal(response, error) {
  const { status } = response;
  const wait = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const message = error?.message ?? (response.ok
    ? "The service sent something that this page cannot read."
    : `The service answered with status ${status} and no explanation.`);
  const title =
    status === 401 ? "This archive asks for a key"
    : status === 403 ? "This is not open to you"
    : status === 404 ? "Not there"
    : status === 429 ? "Too many questions at once"
    : status === 503 ? "The archive is not ready"
    : status >= 500 || response.ok ? "Something went wrong on the server"
    : "This cannot be asked as it stands";
  return new Problem(
    title,
    wait > 0 ? `${message} Try again in ${wait === 1 ? "a second" : `${wait} seconds`}.` : message,
    {
      retry: response.ok || status === 429 || status >= 500,
      field: error?.field ?? null,
      reference: status >= 500 ? error?.request_id ?? null : null,
    },
  );
}
