// The rows of a log that there are: those of a span of its entries, with space for the others.

import { fillRow, makeRow, wordsOf } from "./row.js";

/** Keeps rows in `element`, which lies in `view`, where it is scrolled. */
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

  /** The row of the entry with a key, if it is here. */
  row(key) {
    return this.#rows.get(key)?.element ?? null;
  }

  /** The entry whose row an element is, or is in; null outside. */
  entryOf(element) {
    const row = element.closest?.(".message");
    return (row && this.#rows.get(this.#keys.get(row))?.entry) ?? null;
  }

  /** The indexes that the first row and the one behind the last have by now; -1 and 0 if none. */
  span(entries) {
    if (!this.#rows.size) return { start: -1, end: 0 };
    return { start: entries.find(this.#first), end: entries.find(this.#last) + 1 };
  }

  /** Whether there is a row for the last of the entries there were when they were shown. */
  get hasLast() {
    return !parseFloat(this.#element.style.paddingBlockEnd);
  }

  /** Where in the view the first entry begins, in px below where the view can be scrolled to. */
  get start() {
    return this.#element.offsetTop;
  }

  /** How far below the upper edge of the view the words of a row begin. */
  offsetOf(row) {
    // What is above the words comes and goes with the row before.
    return wordsOf(row).getBoundingClientRect().top - this.#view.getBoundingClientRect().top;
  }

  /** The keys of rows that end in the view or below it, if the first of them is in sight. */
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

  /** Whether the upper edge of a row is in sight. */
  shows(row) {
    const { top, bottom } = this.#view.getBoundingClientRect();
    const edge = row.getBoundingClientRect().top;
    return edge >= top && edge < bottom;
  }

  /** Has rows for the entries from `start` up to `end`, and measures them. */
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

  /** Removes the rows that are not to stay. */
  #drop(keys) {
    for (const [key, { element }] of this.#rows) {
      if (keys.has(key)) continue;
      if (element.contains(document.activeElement)) this.#view.focus({ preventScroll: true });
      element.remove();
      this.#rows.delete(key);
    }
  }

  /** Shows an entry before the row `next`, touching no more than has changed; returns its next. */
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
  const parts = ["item", "author", "isFirst", "isDay", "isNew", "waits", "quoted"];
  return parts.every((part) => before[part] === after[part]);
}
