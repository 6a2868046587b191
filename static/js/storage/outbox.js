// Keeps what waits to be sent in the browser, so that it outlives the page that it was written in.

import { uuid } from "../uuid.js";
import { forget, namesWith, recall, remember } from "./storage.js";

const PREFIX = "outbox.";
const KINDS = ["send", "edit", "delete", "react", "topic"];

/**
 * Each tab keeps its own, under a name that it holds a lock on for as long as it lives. Who gets
 * another one's lock takes over what is there: `onInherit` is called with it, once the other tab is
 * gone, and is to have it kept here. Where there are no locks (they need https or localhost), a new
 * tab takes over all there is: what two tabs send under one `cid` arrives once all the same.
 */
export class Outbox {
  isKept = true; // whether the browser has stored all of it
  #name = PREFIX + uuid();
  #onInherit;
  #known = new Set([this.#name]);
  #isEmpty = true;

  constructor(onInherit) {
    this.#onInherit = onInherit;
  }

  /** Takes over from tabs that are gone, now and as long as the page is open. */
  open() {
    if (navigator.locks) {
      navigator.locks.request(this.#name, () => new Promise(() => {}));
      addEventListener("storage", () => this.#look());
    }
    this.#look();
  }

  /** Keeps what waits to be sent now. */
  keep(unsent) {
    if (!unsent.length && this.#isEmpty) return;
    this.#isEmpty = !unsent.length;
    this.isKept = unsent.length ? remember(this.#name, unsent) : forget(this.#name);
  }

  #look() {
    for (const name of namesWith(PREFIX)) {
      if (this.#known.has(name)) continue;
      this.#known.add(name);
      if (navigator.locks) navigator.locks.request(name, () => this.#inherit(name));
      else this.#inherit(name);
    }
  }

  #inherit(name) {
    const left = recall(name, []);
    if (Array.isArray(left)) this.#onInherit(left.filter(isEntry));
    if (this.isKept) forget(name);
  }
}

/** Whether something is what a page has kept: anybody can write there. */
function isEntry(one) {
  const texts = [one?.room, one?.cid];
  return KINDS.includes(one?.t) && texts.every((text) => text && typeof text === "string");
}
