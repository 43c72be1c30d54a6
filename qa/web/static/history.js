// A conversation kept in this browser, and nowhere else.

const VERSION = 1;
const MOST = 50; // turns; the oldest go first

/** Finished turns under one name. If the storage is full or blocked, only they are lost. */
export class History {
  #name;
  #storage;

  constructor(name, storage = browserStorage()) {
    this.#name = name;
    this.#storage = storage;
  }

  /** The stored turns, oldest first; turns that this version cannot read are left out. */
  load() {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.#name));
      return kept.version === VERSION ? kept.turns.filter(readable) : [];
    } catch {
      return [];
    }
  }

  /** Store one more turn; turns of other tabs stay. Returns whether it was stored. */
  add(turn) {
    let turns = [...this.load(), turn].slice(-MOST);
    while (turns.length) {
      try {
        this.#storage.setItem(this.#name, JSON.stringify({ version: VERSION, turns }));
        return true;
      } catch {
        turns = turns.slice(Math.ceil(turns.length / 2)); // full: the older half makes room
      }
    }
    return false;
  }

  /** Forget every turn. */
  forget() {
    try {
      this.#storage.removeItem(this.#name);
    } catch {
      // Nothing was kept.
    }
  }

  /** Call `then` when another tab forgets. */
  whenForgotten(then) {
    addEventListener("storage", ({ key, newValue }) => {
      if ((key === this.#name || key === null) && newValue === null) then();
    });
  }
}

/** A history that keeps nothing. */
export const forgetful = (name) => new History(name, null);

function browserStorage() {
  try {
    return window.localStorage;
  } catch {
    return null; // blocked: reading and writing fail, and both are prepared for it
  }
}

function readable(turn) {
  const { results, verdict, index } = turn?.answer ?? {};
  return typeof turn?.question === "string" && turn.filters && typeof verdict === "string" && index
    && Array.isArray(results)
    && results.every(({ excerpt, citation }) => typeof excerpt === "string"
      && typeof citation?.document_id === "string");
}
