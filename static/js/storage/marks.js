// Stores how far each room is read, for the next visit and for other tabs.

import { forget, namesWith, recall, recallAll, remember, watch } from "./storage.js";

const PREFIX = "mark."; // of a room's name
const PACE = 1_000; // ms between writes, as marks change all the time

/** A mark is {seq, epoch, back?}. Calls `onRead` with marks by room when another tab has stored them. */
export class Marks {
  #onRead;
  #latest = {};
  #timer = null;

  constructor(onRead) {
    this.#onRead = onRead;
    watch(PREFIX, (name) => this.#changed(name));
    addEventListener("pagehide", () => this.#write());
  }

  /** Returns the marks of these rooms, by name, and removes those of all others. */
  recall(rooms) {
    for (const name of namesWith(PREFIX)) {
      if (!rooms.includes(name.slice(PREFIX.length))) forget(name);
    }
    return Object.fromEntries(recallAll(PREFIX));
  }

  /** Stores marks, by the room's name, within PACE. */
  keep(marks) {
    this.#latest = marks;
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  #changed(name) {
    const room = name.slice(PREFIX.length);
    const mark = recall(name);
    if (!mark) return;
    this.#onRead({ [room]: mark });
    const own = Object.hasOwn(this.#latest, room) && this.#latest[room];
    // Both tabs have written at once, and the lesser mark has won.
    if (own && farther(mark, own) !== mark) this.keep(this.#latest);
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    for (const [room, mark] of Object.entries(this.#latest)) {
      remember(PREFIX + room, farther(mark, recall(PREFIX + room)));
    }
  }
}

/** Returns a mark, or another one if that is of the same epoch and was set back more often, or as often and is farther. */
export function farther(mark, other) {
  const more = other?.epoch === mark.epoch ? (other.back ?? 0) - (mark.back ?? 0) || other.seq - mark.seq : 0;
  return more > 0 ? other : mark;
}
