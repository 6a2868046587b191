// Keeps the bytes of files that are not sent yet, in IndexedDB, so that they outlive the page.

import { isGuest } from "./guest.js";

const NAME = "trio-chat files"; // of the database; forgetting.js removes it
const FILES = "files"; // its one store, of {key, blob, look, at}
const MOST_BYTES = 100_000_000; // of all files together
const MOST = 100; // files
const OLD = 3_600_000; // ms after which what nobody refers to is removed

/** Where the browser stores nothing, in a guest window, and beyond the bounds, files are kept in memory alone. */
export class FileStore {
  #database;
  #unstored = new Map(); // {blob, look} by key: what is in memory alone

  constructor() {
    this.#database = isGuest ? Promise.reject(new Error("a guest stores nothing")) : openDatabase();
    this.#database.catch(() => {});
  }

  /** Whether some of these files would be lost with the page. */
  wouldLose(keys) {
    return keys.some((key) => this.#unstored.has(key));
  }

  /** Keeps a file; it can be read at once. */
  async put(key, { blob, look }) {
    this.#unstored.set(key, { blob, look });
    try {
      if (!(await this.#hasRoomFor(blob.size))) return;
      await done((await this.#files("readwrite")).put({ key, blob, look, at: Date.now() }));
      this.#unstored.delete(key);
    } catch {
      // It stays in memory.
    }
  }

  /** Returns {blob, look} of a file; null if it is not here. */
  async get(key) {
    try {
      return this.#unstored.get(key) ?? (await done((await this.#files("readonly")).get(key))) ?? null;
    } catch {
      return null;
    }
  }

  async remove(key) {
    this.#unstored.delete(key);
    try {
      await done((await this.#files("readwrite")).delete(key));
    } catch {
      // Then it was not there.
    }
  }

  /** Removes what was put long ago and is not among what `isNeeded` says. */
  async tidy(isNeeded) {
    try {
      const all = await done((await this.#files("readonly")).getAll());
      const old = all.filter(({ key, at }) => !isNeeded(key) && !(Date.now() - at < OLD));
      await Promise.all(old.map(({ key }) => this.remove(key)));
    } catch {
      // Then nothing is there.
    }
  }

  async #hasRoomFor(bytes) {
    const all = await done((await this.#files("readonly")).getAll());
    const size = all.reduce((sum, { blob }) => sum + (blob?.size ?? 0), bytes);
    return all.length < MOST && size <= MOST_BYTES;
  }

  async #files(mode) {
    return (await this.#database).transaction(FILES, mode).objectStore(FILES);
  }
}

async function openDatabase() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(FILES, { keyPath: "key" });
  const database = await done(request);
  database.onversionchange = () => database.close(); // another tab removes it
  return database;
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
