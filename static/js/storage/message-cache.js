// Keeps the latest lines of each room in the browser, for the page to open with where there is no network.

const NAME = "trio-chat";
const ROOMS = "rooms"; // the one store, of {name, epoch, topic, messages}
const LINES = 200; // of a room
const CHARACTERS = 100_000; // of a room, roughly
const PACE = 2_000; // ms between writings, as there are readings all the time

/** Where the browser keeps nothing, the shelf is empty, and the page does without. */
export class MessageCache {
  #database;
  #written = new Map(); // what is on it: messages by room
  #latest = [];
  #timer = null;

  constructor() {
    this.#database = open().catch(() => null);
    addEventListener("pagehide", () => this.#write());
  }

  /** Returns what was kept of each room. */
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

  /** Keeps these rooms as they are, and no others, within a moment. */
  keep(rooms) {
    this.#latest = rooms;
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  async #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    try {
      this.#writeTo(await this.#rooms("readwrite"));
    } catch {
      // Then the next visit has to wait for the server.
    }
  }

  #writeTo(cache) {
    const names = this.#latest.map(({ name }) => name);
    for (const name of this.#written.keys()) {
      if (names.includes(name)) continue;
      cache.delete(name);
      this.#written.delete(name);
    }
    for (const { name, epoch, topic, history } of this.#latest) {
      const messages = latest(history.latest);
      if (!history.isKnown || isSame(messages, this.#written.get(name))) continue;
      this.#written.set(name, messages);
      cache.put({ name, epoch, topic, messages });
    }
  }

  async #rooms(mode) {
    return (await this.#database).transaction(ROOMS, mode).objectStore(ROOMS);
  }
}

/** The last of messages, the oldest first, as far as they may be kept. */
export function latest(messages) {
  let left = CHARACTERS;
  const start = messages.findLastIndex(({ text }) => (left -= text.length) < 0) + 1;
  return messages.slice(Math.max(start, messages.length - LINES));
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
