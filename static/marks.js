// Remembers how far rooms are read, over reloads and for all tabs.

import { recall, remember, watch } from "./memory.js";

const NAME = "marks";
const PACE = 1_000; // ms between writings, as there are readings all the time

/** Calls `onRead` with how far rooms were read, by this visit or in another tab. */
export class Marks {
  #onRead;
  #latest = {};
  #timer = null;

  constructor(onRead) {
    this.#onRead = onRead;
    watch(NAME, () => this.recall());
    addEventListener("pagehide", () => this.#write());
  }

  recall() {
    this.#onRead(Object(recall(NAME)));
  }

  /** Keeps marks, {seq, epoch} by the room's name, within a moment. */
  keep(marks) {
    this.#latest = marks;
    this.#timer ??= setTimeout(() => this.#write(), PACE);
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    remember(NAME, joined(this.#latest, Object(recall(NAME))));
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
