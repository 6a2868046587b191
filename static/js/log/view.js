// The reader's place in a room, and which rows to have around it. Pure.

import { Heights, spanAround } from "./row-heights.js";

const MARGIN = 1_000; // px around the view in which rows are made
const LEAST_MARGIN = 400; // px; with less than this, rows are added
const SPARE = 100; // rows beyond the margin that are not removed yet

/**
 * What the log knows of a room while another one is shown, too. Ranges of rows are from `start` up to
 * `end`; `height` is that of the log's element, in px.
 */
export class View {
  heights = new Heights();
  place = null; // {key, offset} of the first text in view; null at the end
  seenLine = null; // the line above the new messages, once it was in view
  reached = null; // the target of the last jump

  /** Whether a range of rows covers the view, and enough around it. */
  isCovered(entries, { start, end }, height) {
    const least = this.#around(entries, height, LEAST_MARGIN);
    return start >= 0 && start <= least.start && end >= least.end;
  }

  /** Returns the range of rows to have: the present ones are kept if they are near. */
  span(entries, now, height) {
    const least = this.#around(entries, height, LEAST_MARGIN);
    const best = this.#around(entries, height, MARGIN);
    const keepsStart = now.start >= 0 && isJustBefore(now.start, least.start);
    const keepsEnd = now.end > 0 && isJustBefore(least.end, now.end);
    return { start: keepsStart ? now.start : best.start, end: keepsEnd ? now.end : best.end };
  }

  /** Takes in that the entry at the reader's place may be a part of another one by now. */
  follow(entries) {
    const key = this.place && entries.nameOf(this.place.key);
    if (key !== (this.place?.key ?? null)) this.place = { ...this.place, key };
  }

  /** Estimates the place `distance` px below the start of the first entry, where there are no rows. */
  guess(entries, distance) {
    if (!entries.length) return null;
    const { index, offset } = this.heights.seek(entries, distance);
    return { key: entries.keyAt(index), offset };
  }

  #around(entries, height, margin) {
    const index = this.place ? entries.find(this.place.key) : -1;
    const where = index < 0 ? { index: entries.length, offset: height } : { ...this.place, index };
    return spanAround(entries, this.heights, { ...where, height, margin });
  }
}

/** Whether an index is at most SPARE before another one. */
function isJustBefore(index, other) {
  return index <= other && other - index <= SPARE;
}
