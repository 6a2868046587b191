// The heights of a log's rows, and which rows cover a view. Pure.

const FIRST_GUESS = 40; // px of a row, before any is measured

/** The heights of a log's rows, in px: as measured last, or the average of the others. */
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

  /** Returns the height of all entries from one index up to another one. */
  sum(entries, from, to) {
    let sum = 0;
    const { guess } = this;
    for (let index = from; index < to; index++) {
      sum += this.#known.get(entries.keyAt(index)) ?? guess;
    }
    return sum;
  }

  /** Returns the entry at a distance from the top, and the negative offset of its start from there. */
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
 * Returns the range of rows, from `start` up to `end`, that cover a view of `height` px and `margin`
 * px around it, if the row `index` begins `offset` px below the view's upper edge.
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
