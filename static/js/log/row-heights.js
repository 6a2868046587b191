// Which rows of a long log to have, so that what is in sight is there and little more. Pure.

const FIRST_GUESS = 40; // px of a row, while none has been measured

/** The heights of a log's rows, in px: as they were measured last, or like the others on average. */
export class Heights {
  #known = new Map(); // by key of the entry
  #sum = 0;

  get guess() {
    return this.#known.size ? this.#sum / this.#known.size : FIRST_GUESS;
  }

  of(key) {
    return this.#known.get(key) ?? this.guess;
  }

  set(key, height) {
    this.#sum += height - (this.#known.get(key) ?? 0);
    this.#known.set(key, height);
  }

  /** The height of all entries from one index up to another one. */
  sum(entries, from, to) {
    let sum = 0;
    const { guess } = this;
    for (let index = from; index < to; index++) {
      sum += this.#known.get(entries.keyAt(index)) ?? guess;
    }
    return sum;
  }

  /** Where a distance from the top ends: in which entry, and how far that is above (below 0). */
  seek(entries, distance) {
    let top = 0;
    for (let index = 0; index < entries.length; index++) {
      const height = this.of(entries.keyAt(index));
      if (top + height > distance) return { index, offset: top - distance };
      top += height;
    }
    return { index: entries.length - 1, offset: 0 };
  }

  clear() {
    this.#known.clear();
    this.#sum = 0;
  }
}

/**
 * Returns the first index of the rows to have and the one behind the last: those that cover a view
 * of `height` px, with the row `index` `offset` px below its upper edge, and `margin` px around it.
 */
export function spanAround(entries, heights, { index, offset, height, margin }) {
  let start = index;
  let top = offset;
  while (start > 0 && top > -margin) top -= heights.of(entries.keyAt(--start));
  let end = index;
  let bottom = offset;
  while (end < entries.length && bottom < height + margin) {
    bottom += heights.of(entries.keyAt(end++));
  }
  return { start, end };
}
