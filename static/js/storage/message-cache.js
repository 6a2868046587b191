// Stores the latest messages of each room in IndexedDB, for the page to open without a network.

import { isGuest } from "./guest.js";

const NAME = "trio-chat";
const ROOMS = "rooms"; // the one store, of {name, epoch, topic, title, messages}
const MOST = 200; // messages of a room
const MOST_TEXT = 100_000; // UTF-16 units of a room
const PACE = 2_000; // ms between writes

/** Where the browser stores nothing, and in a guest window, the cache is empty. */
export class MessageCache {
  #database;
  #written = new Map(); // the stored messages, by room
  #latest = [];
  #timer = null;
  #isClosed = false; // after `clear`

  constructor() {
    this.#database = isGuest ? Promise.resolve(null) : open().catch(() => null);
    addEventListener("pagehide", () => this.#write());
  }

  /** Returns what is stored of each room: {name, epoch, topic, messages}. */
  async recall() {
    try {
      const found = await done((await this.#rooms("readonly")).getAll());
      const kept = found.filter(({ messages }) => Array.isArray(messages));
      for (const { name, messages } of kept) this.#written.set(name, messages);
      return kept;
    } catch {
      return [];
    }
  }

  /** Stores these rooms within PACE, and removes those that were left. */
  keep(rooms) {
    this.#latest = rooms;
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  /** Removes everything; nothing is stored any more. */
  async clear() {
    this.#isClosed = true;
    const cache = await this.#rooms("readwrite");
    await done(cache.clear());
  }

  async #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isClosed) return;
    try {
      this.#writeTo(await this.#rooms("readwrite"));
    } catch {
      // Then the next visit shows nothing before the server answers.
    }
  }

  #writeTo(cache) {
    const names = this.#latest.map(({ name }) => name);
    for (const name of this.#written.keys()) {
      if (names.includes(name)) continue;
      cache.delete(name);
      this.#written.delete(name);
    }
    for (const { name, epoch, topic, title, history } of this.#latest) {
      const messages = latest(history.latest);
      if (!history.isKnown || isSame(messages, this.#written.get(name))) continue;
      this.#written.set(name, messages);
      cache.put({ name, epoch, topic, title, messages });
    }
  }

  async #rooms(mode) {
    return (await this.#database).transaction(ROOMS, mode).objectStore(ROOMS);
  }
}

/** Returns the last of some messages, at most MOST and with at most MOST_TEXT in them. */
export function latest(messages) {
  let left = MOST_TEXT;
  const start = messages.findLastIndex(({ text }) => (left -= text.length) < 0) + 1;
  return messages.slice(Math.max(start, messages.length - MOST));
}

function isSame(messages, others) {
  const isAlike = (message, place) => message === others[place];
  return messages.length === others?.length && messages.every(isAlike);
}

async function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(ROOMS, { keyPath: "name" });
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
