// Stores which rooms the user is in, for the next visit to join them.

import { forget, recall, recallAll, remember } from "./storage.js";

const PREFIX = "room."; // of a room's name; the value is when it was joined, in ms

/** A room that one tab leaves is not stored again by another one that is still in it. */
export class RoomList {
  #known = new Set(); // the names that this page has found or stored

  /** Returns the names of the rooms, in the order of joining. */
  recall() {
    const found = recallAll(PREFIX).filter(([, since]) => Number.isFinite(since));
    found.sort(([, one], [, other]) => one - other);
    this.#known = new Set(found.map(([name]) => name));
    return [...this.#known];
  }

  /** Stores the rooms that were joined since the last call, and removes those that were left. */
  keep(names) {
    const now = Date.now();
    names.forEach((name, place) => {
      if (!this.#known.has(name) && this.#store(name, now + place)) this.#known.add(name);
    });
    for (const name of this.#known) {
      if (!names.includes(name) && forget(PREFIX + name)) this.#known.delete(name);
    }
  }

  #store(name, since) {
    return remember(PREFIX + name, recall(PREFIX + name, since));
  }
}
