// Stores whom the user ignores, each under a name of its own: the person's id, with their nick.

import { forget, recallAll, remember, watch } from "./storage.js";

const PREFIX = "ignored.";
const MOST = 500; // people

/** Keeps the ids in the set `ids`, which the store reads; calls `onChange` when another tab has changed it. */
export class Ignored {
  #ids;

  constructor(ids, onChange) {
    this.#ids = ids;
    watch(PREFIX, () => {
      ids.clear();
      for (const [id] of recallAll(PREFIX)) ids.add(id);
      onChange();
    });
  }

  /** Ignores a person from now on, or no longer; returns whether that is so. */
  change({ id, nick }, isIgnored) {
    if (isIgnored && this.#ids.size >= MOST) return false;
    if (isIgnored) this.#ids.add(id);
    else this.#ids.delete(id);
    if (isIgnored) remember(PREFIX + id, nick);
    else forget(PREFIX + id);
    return true;
  }
}
