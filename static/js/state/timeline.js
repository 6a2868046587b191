// A stretch of a room's messages: in order, each once, with all changes applied. Pure.

export const LIMIT = 10_000; // messages in a stretch
const GONE = { text: "", files: undefined, deleted: true };

/**
 * Messages by number, without a gap between the first and the last. A message is never changed
 * but replaced by a new object, so that views can compare by identity.
 */
export class Timeline {
  messages = []; // the oldest first
  hasEarlier = false; // whether there are messages before these
  hasLater = false; // whether there are messages after these
  #numbers = new Set();

  get first() {
    return this.messages[0]?.seq ?? null;
  }

  get last() {
    return this.messages.at(-1)?.seq ?? null;
  }

  has(seq) {
    return this.#numbers.has(seq);
  }

  /** Returns the message with a number, if it is here. */
  find(seq) {
    return this.has(seq) ? this.messages[this.place(seq)] : null;
  }

  /** Adds a message, unless it is here. Beyond the limit the oldest one is removed. */
  add(message) {
    if (this.has(message.seq)) return;
    const isLatest = this.last === null || this.last < message.seq;
    const place = isLatest ? this.messages.length : this.place(message.seq);
    this.messages.splice(place, 0, standing(message));
    this.#numbers.add(message.seq);
    this.#cutStart();
  }

  /**
   * Adds a page of history. Messages that are here stay as they are. Beyond the limit those farthest
   * from the page are removed, at the start or at the end.
   */
  addPage(page, { cutsEnd = false } = {}) {
    const fresh = page.filter(({ seq }) => !this.has(seq)).map(standing);
    for (const { seq } of fresh) this.#numbers.add(seq);
    this.messages = [...this.messages, ...fresh].sort((one, other) => one.seq - other.seq);
    if (cutsEnd) this.#cutEnd();
    else this.#cutStart();
  }

  /** Applies an event that changes messages, to those that are here. */
  change(event) {
    const { t, target, text, emoji, on = true, from: who, why } = event;
    if (t === "clear") this.#clear(event);
    if (t === "edit") this.#replace(target, { text, edited: true });
    if (t === "delete") this.#replace(target, { ...GONE, why });
    if (t === "react" && who) {
      this.#replace(target, ({ reactions }) => ({ reactions: reacted(reactions, emoji, who, on) }));
    }
  }

  /** Returns the index of the message with a number, or where it would be. */
  place(seq) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Deletes the messages and reactions of some authors up to this event; "" stands for all without a name. */
  #clear({ authors, since, seq: until, also = [], reacted = [] }) {
    const [cleared, others, lessLiked] = [authors, also, reacted].map((list) => new Set(list));
    for (const { seq, from, reactions } of this.messages) {
      const isAmong = (seq >= since && seq < until) || others.has(seq);
      if (isAmong && cleared.has(from?.id ?? "")) this.#replace(seq, { ...GONE, cleared: true });
      else if (seq >= since || lessLiked.has(seq)) this.#takeBack(seq, reactions, cleared);
    }
  }

  #takeBack(seq, reactions, ids) {
    const left = Object.entries(reactions).map(([emoji, people]) => [emoji, people.filter(({ id }) => !ids.has(id))]);
    const isLess = left.some(([emoji, people]) => people.length < reactions[emoji].length);
    if (isLess) this.#replace(seq, { reactions: Object.fromEntries(left.filter(([, people]) => people.length)) });
  }

  #replace(seq, change) {
    if (!this.has(seq)) return;
    const place = this.place(seq);
    const message = this.messages[place];
    if (message.deleted && !change.cleared) return;
    const changes = typeof change === "function" ? change(message) : change;
    this.messages[place] = { ...message, ...changes };
  }

  #cutStart() {
    if (this.#cut(0)) this.hasEarlier = true;
  }

  #cutEnd() {
    if (this.#cut(LIMIT)) this.hasLater = true;
  }

  #cut(place) {
    const excess = Math.max(0, this.messages.length - LIMIT);
    for (const { seq } of this.messages.splice(place, excess)) this.#numbers.delete(seq);
    return excess > 0;
  }
}

/** Returns a message from an event or from history, with all its fields. */
function standing({ seq, ts, text, cid = null, from = null, reply = null, ...rest }) {
  const { edited = false, deleted = false, cleared = false, reactions = {}, files } = rest;
  return { seq, ts, text, cid, from, reply, edited, deleted, cleared, reactions, ...(files && { files }) };
}

/** Returns reactions with one of a person added or removed. */
export function reacted(reactions, emoji, who, on) {
  // An emoji may be any text, "constructor" too.
  const before = Object.hasOwn(reactions, emoji) ? reactions[emoji] : [];
  const others = before.filter(({ id }) => id !== who.id);
  const { [emoji]: _, ...rest } = reactions;
  const people = on ? [...others, who] : others;
  return people.length ? { ...rest, [emoji]: people } : rest;
}
