// The rows of a log: those of a range of its entries, with padding for the others.

import { fillRow, makeRow, wordsOf } from "./row.js";

/** Keeps rows in `element`, which is inside of `view`, the scrolled element. */
export class Lines {
  #element;
  #view;
  #rows = new Map(); // by key of the entry: {element, entry}
  #keys = new WeakMap(); // by row
  #first = null; // keys of the first row and the last one
  #last = null;

  constructor(element, view) {
    this.#element = element;
    this.#view = view;
  }

  clear() {
    this.#rows.clear();
    this.#element.replaceChildren();
    this.#first = this.#last = null;
  }

  /** Returns the row of the entry with a key; null if there is none. */
  row(key) {
    return this.#rows.get(key)?.element ?? null;
  }

  /** Returns the entry whose row an element is or is in; null outside. */
  entryOf(element) {
    const row = element.closest?.(".message");
    return (row && this.#rows.get(this.#keys.get(row))?.entry) ?? null;
  }

  /** Returns the range of the rows' entries; -1 and 0 if there are no rows. */
  span(entries) {
    if (!this.#rows.size) return { start: -1, end: 0 };
    return { start: entries.find(this.#first), end: entries.find(this.#last) + 1 };
  }

  /** Whether there was a row for the last entry when the rows were filled. */
  get hasLast() {
    return !parseFloat(this.#element.style.paddingBlockEnd);
  }

  /** Where the first entry begins, in px below the start of the scrolled content. */
  get start() {
    return this.#element.offsetTop;
  }

  /** Returns how many px below the upper edge of the view the text of a row begins. */
  offsetOf(row) {
    // What stands above the text depends on the row before.
    return wordsOf(row).getBoundingClientRect().top - this.#view.getBoundingClientRect().top;
  }

  /** Returns the keys of the rows from the first one in view on; none if no row is in view. */
  keysInSight() {
    const { top, bottom } = this.#view.getBoundingClientRect();
    const rows = this.#element.children;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].getBoundingClientRect().bottom <= top) low = middle + 1;
      else high = middle;
    }
    const isThere = low < rows.length && rows[low].getBoundingClientRect().top < bottom;
    return isThere ? [...rows].slice(low).map((row) => this.#keys.get(row)) : [];
  }

  /** Whether the upper edge of a row is in view. */
  shows(row) {
    const { top, bottom } = this.#view.getBoundingClientRect();
    const edge = row.getBoundingClientRect().top;
    return edge >= top && edge < bottom;
  }

  /** Makes rows for the entries from `start` up to `end`, and measures them. */
  fill(entries, { start, end }, heights, me) {
    const shown = Array.from({ length: end - start }, (_, place) => entries.at(start + place));
    this.#drop(new Set(shown.map(({ key }) => key)));
    let next = this.#element.firstChild;
    for (const entry of shown) next = this.#set(entry, next, me);
    this.#first = shown[0]?.key;
    this.#last = shown.at(-1)?.key;
    const { style } = this.#element;
    style.paddingBlockStart = `${heights.sum(entries, 0, start)}px`;
    style.paddingBlockEnd = `${heights.sum(entries, end, entries.length)}px`;
    for (const [key, { element }] of this.#rows) {
      heights.set(key, element.getBoundingClientRect().height);
    }
    return shown;
  }

  /** Removes all rows but those with these keys. */
  #drop(keys) {
    for (const [key, { element }] of this.#rows) {
      if (keys.has(key)) continue;
      if (element.contains(document.activeElement)) this.#view.focus({ preventScroll: true });
      element.remove();
      this.#rows.delete(key);
    }
  }

  /** Shows an entry before the row `next`, and updates what has changed; returns the row after it. */
  #set(entry, next, me) {
    const row = this.#rows.get(entry.key) ?? this.#add(entry.key);
    const isThere = row.element === next;
    if (!isThere) this.#element.insertBefore(row.element, next);
    if (!isSame(row.entry, entry)) fillRow(row.element, entry, row.entry, me);
    row.entry = entry;
    return isThere ? next.nextSibling : next;
  }

  #add(key) {
    const row = { element: makeRow(), entry: null };
    this.#keys.set(row.element, key);
    this.#rows.set(key, row);
    return row;
  }
}

function isSame(before, after) {
  if (!before) return false;
  const parts = ["item", "author", "isFirst", "isDay", "isNew", "waits", "quoted", "isIgnored", "hidesQuote", "count", "words"];
  return parts.every((part) => before[part] === after[part]);
}
