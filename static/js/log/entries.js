// What the log of a room consists of, from top to bottom: messages, notes, what is being sent. Pure.

import { actionOf } from "./markup.js";

const PAUSE = 5 * 60_000; // ms of silence, and the author's name is shown again

/**
 * The entries of a room as it stands; each is made when it is asked for, as few are in sight.
 *
 * An entry is { key, kind: "message" | "outgoing" | "note", item, author, isDay, isFirst, isNew,
 * waits, quoted }: `key` is the same for as long as it is the same line; `isDay`, `isFirst` and
 * `isNew` tell that a day, an author's messages or what is new begins with it; `waits`, that
 * something of it is to be sent when there is a connection; `quoted` is the message that it
 * answers: null if that is not known yet, false if it is gone.
 */
export class Entries {
  #room;
  #me;
  #messages;
  #outgoing;
  #notes; // {place, note}, the places counting messages
  #line; // the place of the first new message; -1 if none is here

  constructor(room, me) {
    this.#room = room;
    this.#me = me;
    this.#messages = room.messages;
    this.#outgoing = room.history.isPast ? [] : room.outgoing;
    const notes = room.history.isPast ? [] : room.notes;
    this.#notes = notes.map((note) => ({ place: room.history.place(note.after + 1), note }));
    this.#line = this.#findLine();
  }

  get length() {
    return this.#messages.length + this.#notes.length + this.#outgoing.length;
  }

  /** The index of the first new message; -1 if there is none, or if it is not here. */
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
    const isFirst = isDay || isNew || !continues(said, before);
    const { reply, pending } = said.item;
    const waits = this.#room.presence === "away" && (said.kind === "outgoing" || Boolean(pending));
    const quoted = reply ? this.#room.history.find(reply) : null;
    return { key: this.#keyAt(place), ...said, isDay, isNew, isFirst, waits, quoted };
  }

  /** Returns the key of the entry at an index, without making it. */
  keyAt(index) {
    if (!this.#notes.length) return this.#keyAt(index);
    const { note, place } = this.#look(index);
    return note ? keyOf(note) : this.#keyAt(place);
  }

  /** Returns the index of the entry with a key; -1 if there is none. */
  find(key) {
    const place = this.#placeOf(key);
    if (place >= 0) return this.#indexOf(place);
    const note = this.#notes.findIndex(({ note: one }) => keyOf(one) === key);
    return note < 0 ? -1 : this.#notes[note].place + note;
  }

  /** Returns the index of the first message with this number or a later one, or the last index. */
  seek(seq) {
    return Math.min(this.#indexOf(this.#room.history.place(seq)), this.length - 1);
  }

  /** The note at an index, or the place of what was said there, notes not counted. */
  #look(index) {
    const behind = this.#notes.findIndex(({ place }, number) => place + number >= index);
    const number = behind < 0 ? this.#notes.length : behind;
    const note = this.#notes[number];
    return note?.place + number === index ? { note: note.note } : { place: index - number };
  }

  /** What was said, or is being said. */
  #said(place) {
    const message = this.#messages[place];
    if (!message) {
      const item = this.#outgoing[place - this.#messages.length];
      return { kind: "outgoing", item, author: this.#me };
    }
    const item = this.#room.queue.shown(message, this.#me);
    return { kind: "message", item, author: message.from };
  }

  /** One's own message keeps its cid as key, from when it is sent. Nobody else's can have it. */
  #keyAt(place) {
    const message = this.#messages[place];
    if (!message) return this.#outgoing[place - this.#messages.length].cid;
    return this.#isOwn(message) && message.cid ? message.cid : message.seq;
  }

  #isOwn({ from }) {
    return Boolean(from) && from.id === this.#me?.id;
  }

  #indexOf(place) {
    return place + this.#notes.filter((one) => one.place <= place).length;
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

function continues({ item, author }, before) {
  const isSoon = item.ts - before.item.ts < PAUSE;
  // That a message was edited is said beside the name, and an answer stands for itself.
  const isPlain = !item.edited && !item.reply && !actsIn(item) && !actsIn(before.item);
  return author?.id === before.author?.id && isSoon && isPlain;
}

/** Whether it says what its author does: then their name is in it, and not above. */
function actsIn({ text }) {
  return Boolean(text) && actionOf(text) !== null;
}

function isSameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function keyOf(note) {
  return `note ${note.after}`;
}
