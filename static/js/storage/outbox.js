// Stores what waits to be sent, so that it outlives the page that it was written in.

import { uuid } from "../uuid.js";
import { areFiles, forget, namesWith, recall, remember } from "./storage.js";

const PREFIX = "outbox.";
const KINDS = ["send", "edit", "delete", "react", "topic"];

/**
 * Each tab stores its own entries under a name, and holds a lock of that name while it is open. A
 * tab that gets the lock of another one, which is closed then, takes over its entries: it calls
 * `onInherit`, which must have them stored here. Where there are no locks (they need https or
 * localhost), a new tab takes over the entries of all others: two tabs may send the same entry
 * then, and the server keeps one message, since both have the same `cid`.
 */
export class Outbox {
  isKept = true; // whether the browser has stored all entries
  #name = PREFIX + uuid();
  #onInherit;
  #known = new Set([this.#name]);
  #isEmpty = true;

  constructor(onInherit) {
    this.#onInherit = onInherit;
  }

  /** Takes over the entries of closed tabs, now and as long as the page is open. */
  open() {
    if (navigator.locks) {
      lock(this.#name, () => new Promise(() => {}));
      addEventListener("storage", () => this.#look());
    }
    this.#look();
  }

  /** Stores these entries, and no others. */
  keep(unsent) {
    if (!unsent.length && this.#isEmpty) return;
    this.#isEmpty = !unsent.length;
    this.isKept = unsent.length ? remember(this.#name, unsent) : forget(this.#name);
  }

  #look() {
    for (const name of namesWith(PREFIX)) {
      if (this.#known.has(name)) continue;
      this.#known.add(name);
      if (navigator.locks) lock(name, () => this.#inherit(name));
      else this.#inherit(name);
    }
  }

  #inherit(name) {
    const left = recall(name, []);
    if (Array.isArray(left)) this.#onInherit(left.filter(isEntry));
    if (this.isKept) forget(name);
  }
}

/** Does something while it holds a lock. */
function lock(name, action) {
  // Locks are forbidden where storage is; then there is nothing to take over either.
  navigator.locks.request(name, action).catch(() => {});
}

/** Whether a value is an entry: other programs may write to the storage. */
function isEntry(one) {
  const texts = [one?.room, one?.cid];
  const isRight = one?.files === undefined || areFiles(one.files);
  return KINDS.includes(one?.t) && texts.every((text) => text && typeof text === "string") && isRight;
}
