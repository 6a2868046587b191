// Remembers how far rooms are read, over reloads and for all tabs.

import { recall, remember, watch } from "./storage.js";

const NAME = "marks";
const PACE = 1_000; // ms between writings, as there are readings all the time

/** Calls `onRead` with how far rooms were read in another tab. */
export class Marks {
  #onRead;
  #latest = {};
  #timer = null;

  constructor(onRead) {
    this.#onRead = onRead;
    watch(NAME, () => this.#onRead(this.recall()));
    addEventListener("pagehide", () => this.#write());
  }

  /** Returns how far rooms were read in an earlier visit. */
  recall() {
    return Object(recall(NAME));
  }

  /** Keeps marks, {seq, epoch} by the room's name, within a moment. */
  keep(marks) {
    this.#latest = marks;
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    remember(NAME, joined(this.#latest, this.recall()));
  }
}

/** Marks as they are here, but no less far than they are in other tabs. */
export function joined(here, there) {
  const farther = ([room, { seq, epoch }]) => {
    const other = Object.hasOwn(there, room) ? there[room] : null;
    return [room, { seq: other?.epoch === epoch ? Math.max(seq, other.seq) : seq, epoch }];
  };
  return Object.fromEntries(Object.entries(here).map(farther));
}
