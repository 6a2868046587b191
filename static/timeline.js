// The messages of one room as they stand: ordered, each once, with all changes applied. Pure.

export const LIMIT = 2_000; // messages of a room that are kept; older ones go

/**
 * Messages by number. A message is never changed but replaced by a new object, so that whoever
 * shows it sees by identity what is new.
 */
export class Timeline {
  messages = []; // the oldest first
  #numbers = new Set();

  get first() {
    return this.messages[0]?.seq ?? null;
  }

  get isFull() {
    return this.messages.length >= LIMIT;
  }

  has(seq) {
    return this.#numbers.has(seq);
  }

  /** Adds a message in its place, unless it is there; returns whether an old one had to go. */
  add(message) {
    if (this.has(message.seq)) return false;
    const last = this.messages.at(-1);
    const isLatest = !last || last.seq < message.seq;
    const place = isLatest ? this.messages.length : this.#place(message.seq);
    this.messages.splice(place, 0, standing(message));
    this.#numbers.add(message.seq);
    return this.#trim();
  }

  /** Adds a page of history. Messages that are here stay as they are: they are as new. */
  addPage(page) {
    const fresh = page.filter(({ seq }) => !this.has(seq)).map(standing);
    for (const { seq } of fresh) this.#numbers.add(seq);
    this.messages = [...this.messages, ...fresh].sort((one, other) => one.seq - other.seq);
    return this.#trim();
  }

  /** Applies an event that changes a message, if the message is here. */
  change({ t, target, text, emoji, on = true, from: who }) {
    if (t === "edit") this.#replace(target, { text, edited: true });
    if (t === "delete") this.#replace(target, { text: "", deleted: true });
    if (t === "react" && who) {
      this.#replace(target, ({ reactions }) => ({ reactions: reacted(reactions, emoji, who, on) }));
    }
  }

  clear() {
    this.messages = [];
    this.#numbers.clear();
  }

  #replace(seq, change) {
    if (!this.has(seq)) return;
    const place = this.#place(seq);
    const message = this.messages[place];
    if (message.deleted) return;
    const changes = typeof change === "function" ? change(message) : change;
    this.messages[place] = { ...message, ...changes };
  }

  /** Where the message with a number is, or would be. */
  #place(seq) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #trim() {
    const gone = this.messages.splice(0, this.messages.length - LIMIT);
    for (const { seq } of gone) this.#numbers.delete(seq);
    return gone.length > 0;
  }
}

/** A message from an event or from history, with all its fields. */
function standing({ seq, ts, text, cid, from: who, ...rest }) {
  const { edited = false, deleted = false, reactions = {} } = rest;
  return { seq, ts, text, cid: cid ?? null, from: who ?? null, edited, deleted, reactions };
}

/** Reactions, with one of a person more or less. */
export function reacted(reactions, emoji, who, on) {
  // Anything can be an emoji, "constructor" too.
  const before = Object.hasOwn(reactions, emoji) ? reactions[emoji] : [];
  const others = before.filter(({ id }) => id !== who.id);
  const { [emoji]: _, ...rest } = reactions;
  const people = on ? [...others, who] : others;
  return people.length ? { ...rest, [emoji]: people } : rest;
}
