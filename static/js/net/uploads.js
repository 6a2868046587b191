// Uploads files, a few at a time, and tries again as long as that may help.

import { TusUpload, UploadError } from "./tus.js";

const AT_ONCE = 2; // uploads
const PAUSES = [1_000, 2_000, 4_000, 8_000, 16_000]; // ms before another try; then it is a fault

/**
 * Calls `onState` with a key and "waiting" or "uploading", `onLocation` with a key and an address, `onProgress` with a key
 * and a share, `onDone` with a key and what the server says of the file, and `onFailed` with a key and an UploadError.
 */
export class Uploads {
  #exchange;
  #on;
  #all = new Map(); // {upload, share, tries, isRunning, timer, stop} by key, the oldest first
  #isOpen = false; // whether there is a connection

  constructor(exchange, handlers) {
    this.#exchange = exchange;
    this.#on = handlers;
  }

  has(key) {
    return this.#all.has(key);
  }

  /** Uploads a file: {url, name, blob, headers, location?}, as TusUpload has it. */
  add(key, about) {
    if (this.has(key)) return;
    const upload = new TusUpload(this.#exchange, {
      ...about,
      onLocation: (location) => this.#on.onLocation(key, location),
      onProgress: (share) => this.#progress(key, share),
    });
    this.#all.set(key, { upload, share: 0, tries: 0, isRunning: false, timer: null, stop: new AbortController() });
    this.#on.onState(key, "waiting");
    this.#go();
  }

  /** Ends an upload, and has the server forget it. */
  drop(key) {
    const one = this.#take(key);
    if (!one) return;
    one.stop.abort();
    if (this.#isOpen) one.upload.giveUp().catch(() => {}); // else the server removes it after a while
    this.#go();
  }

  /** Handles that there is a connection, or none: without one, nothing is tried. */
  connected(isOpen) {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    for (const one of this.#all.values()) {
      clearTimeout(one.timer);
      one.timer = null;
      one.tries = 0;
    }
    this.#go();
  }

  /** Counts the tries anew when more has come through than ever before. */
  #progress(key, share) {
    const one = this.#all.get(key);
    if (!one) return;
    if (share > one.share) Object.assign(one, { share, tries: 0 });
    this.#on.onProgress(key, share);
  }

  #take(key) {
    const one = this.#all.get(key);
    this.#all.delete(key);
    clearTimeout(one?.timer);
    return one;
  }

  /** Begins as many uploads as may run. */
  #go() {
    if (!this.#isOpen) return;
    for (const [key, one] of this.#all) {
      const running = [...this.#all.values()].filter(({ isRunning }) => isRunning).length;
      if (running >= AT_ONCE) return;
      if (!one.isRunning && one.timer === null) void this.#run(key, one);
    }
  }

  async #run(key, one) {
    one.isRunning = true;
    this.#on.onState(key, "uploading");
    try {
      const file = await one.upload.run(one.stop.signal);
      if (this.#all.get(key) === one) this.#end(key, () => this.#on.onDone(key, file));
    } catch (error) {
      one.isRunning = false;
      if (this.#all.get(key) === one) this.#failed(key, one, error);
    }
    this.#go();
  }

  #end(key, tell) {
    this.#take(key);
    tell();
  }

  #failed(key, one, error) {
    const wait = error instanceof UploadError ? error.wait : null;
    const pause = PAUSES[one.tries];
    if (wait === null || (this.#isOpen && pause === undefined)) {
      this.#end(key, () => this.#on.onFailed(key, error));
      return;
    }
    this.#on.onState(key, "waiting");
    if (!this.#isOpen) return; // `connected` goes on
    one.tries += 1;
    one.timer = setTimeout(() => {
      one.timer = null;
      this.#go();
    }, Math.max(wait, pause));
  }
}
