// Stores what the user wants of each room: whether it is a favourite, and of what to tell.

import { forget, recallAll, remember, watch } from "./storage.js";

const PREFIX = "wish."; // of a room's name
const TELL = ["all", "mentions", "nothing"]; // of all messages, of those that mention the user, of none

export const USUAL = { isTop: false, tell: "mentions" };

/** Calls `onChange` when another tab has changed something. */
export class Wishes {
  #known;

  constructor(onChange) {
    this.#recall();
    watch(PREFIX, () => {
      this.#recall();
      onChange();
    });
  }

  /** Returns what is wanted of a room: {isTop, tell}. */
  of(room) {
    return this.#known.get(room) ?? USUAL;
  }

  /** Changes it in part. What is as usual is not stored. */
  change(room, part) {
    const wish = { ...this.of(room), ...part };
    const isUsual = !wish.isTop && wish.tell === USUAL.tell;
    this.#known.set(room, wish);
    if (isUsual) forget(PREFIX + room);
    else remember(PREFIX + room, wish);
  }

  #recall() {
    const found = recallAll(PREFIX).filter(([, wish]) => TELL.includes(wish?.tell));
    this.#known = new Map(found.map(([room, { isTop, tell }]) => [room, { isTop: isTop === true, tell }]));
  }
}
