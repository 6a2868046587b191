// The log of a room: keeps the reader's place, and follows new messages at the end.

import { Entries } from "./entries.js";
import { Lines } from "./lines.js";
import { View } from "./view.js";

const NEAR_END = 30; // px from the end that still count as the end
const NEAR_EDGE = 400; // px from the first or last row within which more messages are requested
const ROUNDS = 4; // attempts to cover the view with rows, whose heights each attempt measures
const TARGET_OFFSET = 0.3; // of the view's height, where the target of a jump is put

/**
 * Shows rooms in `element`, the messages in `lines` inside of it. There are rows in view and around
 * it; the rest is padding of their measured or estimated height.
 *
 * Calls `onEarlier` and `onLater` near the ends of the known messages, `onPlace` with the room when
 * the reader may have moved, and `onMissing` with the number of a quoted message that is not known.
 */
export class Log {
  #element;
  #lines;
  #earlier;
  #on;
  #room = null;
  #me = null;
  #views = new Map(); // by room
  #view = new View();
  #held = null; // {place, top}: where the log has scrolled to, exactly
  #width = 0;
  #height = 0; // of the view, when it was scrolled to the end

  constructor(element, { lines, earlier, ...handlers }) {
    this.#element = element;
    this.#lines = new Lines(lines, element);
    this.#earlier = earlier;
    this.#on = handlers;
    element.addEventListener("scroll", () => this.#room && this.#scrolled(), { passive: true });
    earlier.addEventListener("click", handlers.onEarlier);
    // A phone's keyboard shrinks the view, and rows may grow: the end must stay in view.
    const observer = new ResizeObserver(() => this.#room && this.#resized());
    for (const part of [element, lines]) observer.observe(part);
  }

  /** Whether the end is in view, so that new messages are followed. */
  get follows() {
    return this.#view.place === null;
  }

  /** Whether the line above the new messages has not been in view. */
  get hidesLine() {
    const { line, behind } = this.#room.mark;
    return line !== null && behind > 0 && line !== this.#view.seenLine;
  }

  /** Whether that line is above the view. */
  get lineIsAbove() {
    const entries = this.#entries();
    const { place } = this.#view;
    return entries.line < (place ? entries.find(place.key) : entries.length);
  }

  /** Shows a room in its present state. */
  show(room, me) {
    const isOther = room !== this.#room;
    if (isOther) this.#enter(room);
    this.#me = me;
    const entries = this.#entries();
    if (!isOther) this.#look(entries);
    this.#showEarlier();
    const target = this.#target(entries);
    this.#redraw(entries);
    if (target !== null) this.#show(target);
  }

  /** Forgets the places in all rooms but these. */
  forget(rooms) {
    for (const room of this.#views.keys()) if (!rooms.includes(room)) this.#views.delete(room);
  }

  /** Scrolls to the end, and follows new messages; a room that is not shown yet begins there. */
  goToEnd() {
    this.#view.place = null;
    if (this.#room) this.#redraw();
  }

  /** Scrolls to the end again, if it was there, after a change of the view's height. */
  stay() {
    if (this.follows) this.#scrollToEnd();
  }

  /** Scrolls to the first new message; returns whether it is known. */
  goToLine() {
    const entries = this.#entries();
    this.#view.seenLine = this.#room.mark.line;
    if (entries.line >= 0) this.#put(entries, entries.line);
    if (entries.line >= 0) this.#redraw(entries);
    return entries.line >= 0;
  }

  /** Returns the entry whose row an element is or is in; null outside. */
  entryOf(element) {
    return this.#lines.entryOf(element);
  }

  /**
   * Returns the row `step` rows from that of an element; for an element outside of all rows the last
   * one in view, going up, or the first, going down. Returns null beyond the ends.
   */
  rowBeside(element, step) {
    const entries = this.#entries();
    const entry = this.entryOf(element);
    const index = entry ? entries.find(entry.key) + step : this.#first(entries, step);
    return this.#rowAt(entries, index);
  }

  /** Returns the first row, or the last one. */
  rowAtEnd(isLast) {
    const entries = this.#entries();
    return this.#rowAt(entries, isLast ? entries.length - 1 : 0);
  }

  #first(entries, step) {
    const seen = this.#lines.keysInSight().filter((key) => this.#lines.shows(this.#lines.row(key)));
    return entries.find(step < 0 ? seen.at(-1) : seen[0]);
  }

  #rowAt(entries, index) {
    if (index < 0 || index >= entries.length) return null;
    const key = entries.keyAt(index);
    if (!this.#lines.row(key)) this.#put(entries, index);
    if (!this.#lines.row(key)) this.#redraw(entries);
    return this.#lines.row(key);
  }

  // Scrolling and resizing

  #scrolled() {
    const entries = this.#entries();
    this.#look(entries);
    if (this.#isCovered(entries)) this.#settle(entries);
    else this.#redraw(entries);
  }

  #resized() {
    const isOther = this.#element.clientWidth !== this.#width;
    this.#width = this.#element.clientWidth;
    if (isOther) for (const { heights } of this.#views.values()) heights.clear();
    if (isOther) this.#redraw();
    else this.stay();
  }

  /** Notes where the reader is: at the end, or at which text. */
  #look(entries) {
    const { scrollHeight, scrollTop, clientHeight } = this.#element;
    // The view has shrunk, and the reader has not scrolled: `stay` follows.
    if (this.follows && clientHeight < this.#height) return;
    const isNear = scrollHeight - scrollTop - clientHeight <= NEAR_END;
    const isAtEnd = isNear && this.#lines.hasLast && !this.#room.history.isPast;
    this.#view.place = isAtEnd ? null : this.#place(entries);
  }

  /** Requests messages that are needed at the reader's place, and reports the place. */
  #settle(entries) {
    const first = entries.line >= 0 && this.#lines.row(entries.keyAt(entries.line));
    if (first && this.#lines.shows(first)) this.#view.seenLine = this.#room.mark.line;
    const { scrollTop, clientHeight, scrollHeight } = this.#element;
    const below = scrollHeight - scrollTop - clientHeight;
    if (scrollTop < NEAR_EDGE && !(this.follows && scrollTop > 0)) this.#askEarlier();
    if (below < NEAR_EDGE && !this.follows) this.#askLater();
    this.#on.onPlace(this.#room);
  }

  #askEarlier() {
    const { history } = this.#room;
    if (history.canGoBack && !history.isComing("before")) this.#on.onEarlier();
  }

  #askLater() {
    const { history } = this.#room;
    if (history.canGoOn && !history.isComing("after")) this.#on.onLater();
  }

  // The reader's place

  #enter(room) {
    if (!this.#views.has(room)) this.#views.set(room, new View());
    this.#room = room;
    this.#view = this.#views.get(room);
    this.#held = null;
    this.#lines.clear();
  }

  /** Moves to the room's target, once that is known; returns its key. */
  #target(entries) {
    const { target, history } = this.#room;
    if (!target || target === this.#view.reached || history.isComing("around")) return null;
    this.#view.reached = target;
    const index = entries.seek(target.seq);
    if (index >= 0) this.#put(entries, index);
    return index >= 0 && entries.at(index).item.seq === target.seq ? entries.keyAt(index) : null;
  }

  #put(entries, index) {
    const isLast = index === entries.length - 1 && !this.#room.history.isPast;
    const offset = this.#element.clientHeight * TARGET_OFFSET;
    this.#view.place = isLast ? null : { key: entries.keyAt(index), offset };
  }

  /** Highlights a message. */
  #show(key) {
    const row = this.#lines.row(key);
    row.classList.add("target");
    row.addEventListener("animationend", () => row.classList.remove("target"), { once: true });
    row.focus({ preventScroll: true });
  }

  /** Returns the first text in view of an entry that stays, and its distance from the upper edge. */
  #place(entries) {
    const { place, top } = this.#held ?? {};
    // The browser rounds scrollTop; measured again each time, the place would drift.
    if (place && top === this.#element.scrollTop && entries.find(place.key) >= 0) return place;
    const key = this.#lines.keysInSight().find((one) => entries.find(one) >= 0);
    if (key === undefined) return this.#view.guess(entries, this.#element.scrollTop - this.#lines.start);
    return { key: entries.nameOf(key), offset: this.#lines.offsetOf(this.#lines.row(key)) };
  }

  // Rows

  #entries() {
    return new Entries(this.#room, this.#me);
  }

  #showEarlier() {
    const { canGoBack } = this.#room.history;
    if (!canGoBack && document.activeElement === this.#earlier) this.#element.focus();
    this.#earlier.hidden = !canGoBack;
  }

  #redraw(entries = this.#entries()) {
    this.#draw(entries);
    this.#settle(entries);
  }

  /** Makes rows around the reader's place, and keeps the reader there. */
  #draw(entries) {
    this.#view.follow(entries);
    for (let round = 0; round < ROUNDS; round++) {
      if (round && this.#isCovered(entries)) break;
      const span = this.#view.span(entries, this.#lines.span(entries), this.#element.clientHeight);
      const shown = this.#lines.fill(entries, span, this.#view.heights, this.#me);
      for (const { item, quoted } of shown) {
        if (item.reply && quoted === null) this.#on.onMissing(item.reply);
      }
    }
    if (this.follows) this.#scrollToEnd();
    else this.#scrollTo(this.#view.place);
  }

  #isCovered(entries) {
    return this.#view.isCovered(entries, this.#lines.span(entries), this.#element.clientHeight);
  }

  #scrollToEnd() {
    this.#height = this.#element.clientHeight;
    this.#element.scrollTop = this.#element.scrollHeight;
  }

  #scrollTo(place) {
    const row = this.#lines.row(place.key);
    if (!row) return;
    const distance = this.#lines.offsetOf(row) - place.offset;
    // Setting scrollTop ends smooth scrolling, which may be in progress.
    if (Math.abs(distance) >= 0.5) this.#element.scrollTop += distance;
    this.#held = { place, top: this.#element.scrollTop };
  }
}
