// The entries of a room's log, from top to bottom: messages, notes, and what is being sent. Pure.

import { actionOf } from "./markup.js";

const PAUSE = 5 * 60_000; // ms after which the author's name is shown again

/**
 * The entries of a room in its present state. Each is made when it is needed, as few are in view.
 *
 * An entry is { key, kind: "message" | "outgoing" | "note", item, author, isDay, isFirst, isNew,
 * waits, quoted, shade, isIgnored, hidesQuote, count }: `key` identifies it; `isDay`, `isFirst` and `isNew` tell that a day,
 * an author's messages or the new messages begin with it; `waits`, that it is to be sent when there is a
 * connection; `quoted` is the message that it replies to: null if that is not known yet, false if
 * it does not exist. `shade` is the author's colour; who wrote it, or what it replies to, may be ignored.
 * `knows` tells whether a name in the text is one of the room, and `isMention` whether a text calls the user, also by one
 * of `words`. Neighbouring messages that are gone, and one
 * that moderators have cleared, are one entry without an author: `count` is how many they are, and 0 for any
 * other entry.
 */
export class Entries {
  #room;
  #me;
  #messages;
  #outgoing;
  #notes; // {place, note}; places count messages only
  #starts; // the places at which entries begin; null if each message is one
  #line; // the place of the first new message; -1 if there is none

  constructor(room, me) {
    this.#room = room;
    this.#me = me;
    this.#messages = room.messages;
    this.#outgoing = room.history.isPast ? [] : room.outgoing;
    const notes = room.history.isPast ? [] : room.notes;
    this.#notes = notes.map((note) => ({ place: room.history.place(note.after + 1), note }));
    this.#line = this.#findLine();
    const breaks = new Set([this.#line, ...this.#notes.map(({ place }) => place)]);
    this.#starts = this.#messages.some(isGone) ? startsOf(this.#messages, breaks) : null;
  }

  get length() {
    return this.#rowOf(this.#messages.length) + this.#notes.length + this.#outgoing.length;
  }

  /** The index of the first new message; -1 if there is none among the entries. */
  get line() {
    return this.#line < 0 ? -1 : this.#indexOf(this.#line);
  }

  /** Returns the entry at an index. */
  at(index) {
    const { note, place } = this.#look(index);
    if (note) return { key: keyOf(note), kind: "note", item: note, author: null };
    const said = this.#said(place);
    const before = place > 0 ? this.#said(place - 1) : null;
    const isDay = !before || !isSameDay(before.item.ts, said.item.ts);
    const isNew = place === this.#line;
    const isBehindGone = before && this.#countAt(this.#placeIn(this.#rowOf(place - 1))) > 0;
    const isFirst = isDay || isNew || isBehindGone || !continues(said, before);
    const { reply, pending } = said.item;
    const key = this.#keyAt(place);
    const count = this.#countAt(place);
    if (count) return { key, ...said, author: null, isDay, isNew, isFirst: false, waits: false, quoted: false, count };
    const waits = this.#room.presence === "away" && (said.kind === "outgoing" || Boolean(pending));
    const quoted = reply ? this.#room.history.find(reply) : null;
    const shade = said.author ? this.#room.shades.of(said.author.id) : null;
    const isIgnored = (author) => this.#room.ignored.has(author?.id);
    const ignored = { isIgnored: isIgnored(said.author), hidesQuote: isIgnored(quoted?.from) };
    const knows = (name) => this.#room.knows(name);
    const isMention = (text) => this.#room.isMention(text, this.#me?.nick);
    const { words } = this.#room.heeded;
    return { key, ...said, knows, isMention, words, isDay, isNew, isFirst, waits, quoted, shade, count, ...ignored };
  }

  /** Returns the key of the entry at an index, without making the entry. */
  keyAt(index) {
    if (!this.#notes.length) return this.#keyAt(this.#placeIn(index));
    const { note, place } = this.#look(index);
    return note ? keyOf(note) : this.#keyAt(place);
  }

  /** Returns the index of the entry with a key, or that its message is a part of; -1 if there is none. */
  find(key) {
    const place = this.#placeOf(key);
    if (place >= 0) return this.#indexOf(place);
    const note = this.#notes.findIndex(({ note: one }) => keyOf(one) === key);
    return note < 0 ? -1 : this.#rowOf(this.#notes[note].place) + note;
  }

  /** Returns the key of the entry that a message with a key is a part of; the same key if there is none. */
  nameOf(key) {
    const index = this.find(key);
    return index < 0 ? key : this.keyAt(index);
  }

  /** Returns the index of the first message with this number or a later one, or the last index. */
  seek(seq) {
    return Math.min(this.#indexOf(this.#room.history.place(seq)), this.length - 1);
  }

  /** Returns the note at an index, or the place of the message there. */
  #look(index) {
    const rowOf = ({ place }, number) => this.#rowOf(place) + number;
    const behind = this.#notes.findIndex((one, number) => rowOf(one, number) >= index);
    const number = behind < 0 ? this.#notes.length : behind;
    const note = this.#notes[number];
    if (note && rowOf(note, number) === index) return { note: note.note };
    return { place: this.#placeIn(index - number) };
  }

  /** Returns the number of the entry with the message at a place, among those that are no notes. */
  #rowOf(place) {
    if (!this.#starts) return place;
    const behind = place - this.#messages.length;
    return behind < 0 ? lastUpTo(this.#starts, place) : this.#starts.length + behind;
  }

  /** Returns the place at which such an entry begins. */
  #placeIn(row) {
    if (!this.#starts) return row;
    return this.#starts[row] ?? this.#messages.length + row - this.#starts.length;
  }

  /** Returns how many messages that are gone are one entry, which begins at a place; 0 if it shows one. */
  #countAt(place) {
    if (!this.#starts || place >= this.#messages.length) return 0;
    const end = this.#starts[this.#rowOf(place) + 1] ?? this.#messages.length;
    return end - place > 1 || this.#messages[place].cleared ? end - place : 0;
  }

  /** Returns the message at a place, sent or being sent. */
  #said(place) {
    const message = this.#messages[place];
    if (!message) {
      const item = this.#outgoing[place - this.#messages.length];
      return { kind: "outgoing", item, author: this.#me };
    }
    const item = this.#room.queue.shown(message, this.#me);
    return { kind: "message", item, author: message.from };
  }

  /** The key of the user's own message is its cid, also while it is being sent. */
  #keyAt(place) {
    const message = this.#messages[place];
    if (!message) return this.#outgoing[place - this.#messages.length].cid;
    return this.#isOwn(message) && message.cid ? message.cid : message.seq;
  }

  #isOwn({ from }) {
    return Boolean(from) && from.id === this.#me?.id;
  }

  #indexOf(place) {
    return this.#rowOf(place) + this.#notes.filter((one) => one.place <= place).length;
  }

  #placeOf(key) {
    if (typeof key === "number") {
      const place = this.#room.history.place(key);
      return place < this.#messages.length && this.#keyAt(place) === key ? place : -1;
    }
    const sending = this.#outgoing.findIndex(({ cid }) => cid === key);
    if (sending >= 0) return this.#messages.length + sending;
    return this.#messages.findLastIndex((message) => message.cid === key && this.#isOwn(message));
  }

  #findLine() {
    const { mark, history } = this.#room;
    const isBefore = mark.line < this.#messages[0]?.seq && history.canGoBack;
    if (mark.line === null || isBefore) return -1;
    const { length } = this.#messages;
    let place = history.place(mark.line + 1);
    while (place < length && this.#isOwn(this.#messages[place])) place += 1;
    return place < length ? place : -1;
  }
}

/** Whether nothing is left of a message, not even why. */
function isGone({ deleted, why }) {
  return deleted && !why;
}

/** Returns the places at which entries begin: those that are gone are one until a day or a break. */
function startsOf(messages, breaks) {
  const starts = [];
  let end = 0; // of the day of those that are gone, in ms; 0 behind one that is not
  messages.forEach((message, place) => {
    const isPart = isGone(message) && message.ts < end && !breaks.has(place);
    if (isPart) return;
    starts.push(place);
    end = isGone(message) ? new Date(message.ts).setHours(24, 0, 0, 0) : 0;
  });
  return starts;
}

/** Returns the index of the last number up to another one, in an ordered list. */
function lastUpTo(numbers, most) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= most) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function continues({ item, author }, before) {
  const isSoon = item.ts - before.item.ts < PAUSE;
  // "Edited" stands beside the name, and a reply has a quote above it.
  const isPlain = !item.edited && !item.reply && !actsIn(item) && !actsIn(before.item);
  return author?.id === before.author?.id && isSoon && isPlain;
}

/** Whether it is an action (/me): then the author's name is in the text, and not above it. */
function actsIn({ text }) {
  return Boolean(text) && actionOf(text) !== null;
}

function isSameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function keyOf(note) {
  return `note ${note.after}`;
}
