// The log of a room: keeps your place while you read, and follows while you are at its end.

import { entriesOf } from "./entries.js";
import { fillRow, makeRow } from "./row.js";

const NEAR_END = 30; // px from the end that still count as being there
const NEAR_START = 60; // px from the start at which earlier messages are fetched
const HUSH = 300; // ms in which a screen reader is not to say what is put in

/**
 * Shows rooms in `element`. `newer` is the button that appears when some came out of sight,
 * `earlier` the one that, as does scrolling to the start, calls `onEarlier`.
 */
export class Log {
  #element;
  #lines;
  #newer;
  #earlier;
  #onEarlier;
  #name = null; // of the room that is shown
  #rows = new Map(); // by key of the entry
  #latest = null; // key of the last entry
  #held = null; // {place, top}: where we have put the reader, exactly
  #follows = true;
  #places = new Map(); // by name of the room: where its reader was; none at the end
  #hush = null;

  constructor(element, { lines, newer, earlier, onEarlier }) {
    this.#element = element;
    this.#lines = lines;
    this.#newer = newer;
    this.#earlier = earlier;
    this.#onEarlier = onEarlier;
    element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    newer.addEventListener("click", () => this.goToEnd());
    earlier.addEventListener("click", onEarlier);
    // A phone's keyboard takes from the height, and lines grow; the end is to stay in sight.
    const observer = new ResizeObserver(() => this.#follows && this.goToEnd());
    for (const part of [element, lines]) observer.observe(part);
  }

  /** Shows a room as it is now. */
  show(room, me) {
    const isOther = room.name !== this.#name;
    if (isOther) this.#leave(room.name);
    else this.#look();
    const entries = entriesOf(room, me);
    const place = isOther ? this.#places.get(room.name) : this.#place(entries);
    const isNews = !isOther && this.#isNews(entries);
    if (!isNews) this.#keepQuiet();
    this.#showEarlier(room);
    this.#draw(entries);
    if (this.#follows) this.goToEnd();
    else this.#goTo(place);
    if (isNews && !this.#follows) this.#newer.hidden = false;
  }

  /** Shows the end, and follows from now on. */
  goToEnd() {
    this.#element.scrollTop = this.#element.scrollHeight;
    this.#follows = true;
    this.#newer.hidden = true;
  }

  #scrolled() {
    this.#look();
    const isAtStart = this.#element.scrollTop < NEAR_START && !this.#follows;
    if (isAtStart && !this.#earlier.hidden) this.#onEarlier();
  }

  /** Notices whether the end is in sight. */
  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#element;
    this.#follows = scrollHeight - scrollTop - clientHeight <= NEAR_END;
    if (this.#follows) this.#newer.hidden = true;
  }

  /** Remembers where the reader is, and makes room for another one. */
  #leave(name) {
    if (this.#follows) this.#places.delete(this.#name);
    else this.#places.set(this.#name, this.#place());
    this.#name = name;
    this.#rows.clear();
    this.#lines.replaceChildren();
    this.#latest = this.#held = null;
    this.#follows = !this.#places.has(name);
    this.#newer.hidden = true;
  }

  /** Whether the entries go on behind those that are shown; else it is history that came. */
  #isNews(entries) {
    const latest = entries.at(-1)?.key ?? null;
    return this.#latest !== null && latest !== this.#latest;
  }

  #showEarlier(room) {
    if (!room.canGoBack && document.activeElement === this.#earlier) this.#element.focus();
    this.#earlier.hidden = !room.canGoBack;
  }

  /** Makes the rows those of the entries, and touches no more of them than have changed. */
  #draw(entries) {
    const keys = new Set(entries.map(({ key }) => key));
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      this.#rows.delete(key);
    }
    let next = this.#lines.firstChild;
    for (const entry of entries) {
      const row = this.#rows.get(entry.key) ?? this.#addRow(entry.key);
      if (row.element === next) next = next.nextSibling;
      else this.#lines.insertBefore(row.element, next);
      if (!isSame(row.entry, entry)) fillRow(row.element, entry);
      row.entry = entry;
    }
    this.#latest = entries.at(-1)?.key ?? null;
  }

  #addRow(key) {
    const row = { element: makeRow(), entry: null };
    row.element.dataset.key = key;
    this.#rows.set(key, row);
    return row;
  }

  /** The first row in sight, of those that stay, and how far its text is below the upper edge. */
  #place(entries = null) {
    if (this.#follows) return null;
    const stays = entries && new Set(entries.map(({ key }) => key));
    const { place, top } = this.#held ?? {};
    // The browser rounds; measured anew each time, the place would creep away.
    if (top === this.#element.scrollTop && stays?.has(place.key)) return place;
    const edge = this.#element.getBoundingClientRect().top;
    for (const row of this.#inSight(edge)) {
      const { key } = row.dataset;
      if (!stays || stays.has(key)) return { key, offset: topOfText(row) - edge };
    }
    return null;
  }

  /** The rows that end below the upper edge. */
  #inSight(edge) {
    const rows = this.#lines.children;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].getBoundingClientRect().bottom <= edge) low = middle + 1;
      else high = middle;
    }
    return [...rows].slice(low);
  }

  #goTo(place) {
    const row = this.#rows.get(place?.key)?.element;
    if (!row) return;
    const edge = this.#element.getBoundingClientRect().top;
    this.#element.scrollTop += topOfText(row) - edge - place.offset;
    this.#held = { place, top: this.#element.scrollTop };
  }

  /** What is put in now was said before: it is not to be read out. */
  #keepQuiet() {
    this.#element.ariaLive = "off";
    clearTimeout(this.#hush);
    this.#hush = setTimeout(() => {
      this.#element.ariaLive = "polite";
    }, HUSH);
  }
}

/** Where the words of a row begin; what is above them comes and goes with the row before. */
function topOfText(row) {
  return row.querySelector(".text").getBoundingClientRect().top;
}

function isSame(before, { item, author, isFirst, isDay }) {
  return (
    before?.item === item &&
    before.author === author &&
    before.isFirst === isFirst &&
    before.isDay === isDay
  );
}
