// What is known of a room's messages, which of them are shown, and which to ask for next. Pure.

import { LIMIT, Timeline } from "./timeline.js";

const PAGE = 100; // messages asked for at once
const AROUND = 50; // messages up to the one that is jumped to

/**
 * The messages of a room: the latest ones, and while the reader is far back another stretch, which
 * is shown instead. What is wanted is asked for one page after the other.
 *
 * A wish is { kind, seq? }: "latest", "before" and "after" what is shown, the messages "around" a
 * number, those "unread" behind a number, or the one message that another one answers ("quote").
 */
export class History {
  isKnown = false; // whether there was a page of the latest
  #present = new Timeline();
  #past = null; // the stretch that is shown instead
  #quoted = new Timeline(); // single messages from anywhere
  #lost = new Set(); // numbers of messages that were answered and are not kept
  #wishes = [];
  #asked = null; // the wish under way, with the stretch that it was made for
  #request = null; // what `due` returned for it
  #missed = []; // changes that came while a page was on its way, which may not have them
  #recalled = 0; // up to this number messages are of an earlier visit, until there is a page

  /** What is shown. */
  get #shown() {
    return this.#past ?? this.#present;
  }

  get messages() {
    return this.#shown.messages;
  }

  /** The latest messages, though others may be shown. */
  get latest() {
    return this.#present.messages;
  }

  get isPast() {
    return this.#past !== null;
  }

  get canGoBack() {
    return this.isKnown && this.#shown.hasEarlier;
  }

  get canGoOn() {
    return this.isPast && this.#shown.hasLater;
  }

  /** Whether a page is wanted or on its way that goes before, behind or to another place. */
  isComing(kind) {
    return this.#asked?.kind === kind || this.#wishes.some((wish) => wish.kind === kind);
  }

  /** Where the message with a number is in `messages`, or would be. */
  place(seq) {
    return this.#shown.place(seq);
  }

  /** Whether the message with a number is among those that are shown, or the latest. */
  has(seq) {
    return this.#shown.has(seq) || this.#present.has(seq);
  }

  /** Returns the message with a number: null if it is not known, false if there is none. */
  find(seq) {
    if (this.#lost.has(seq)) return false;
    const stretches = [this.#shown, this.#present, this.#quoted];
    return stretches.find((stretch) => stretch.has(seq))?.find(seq) ?? null;
  }

  // What the reader wants

  /** Shows the latest messages, and asks for them if need be. */
  open() {
    if (!this.isKnown && !this.isComing("latest")) this.#wishes.unshift({ kind: "latest" });
  }

  goBack() {
    if (this.canGoBack) this.#want({ kind: "before" });
  }

  goOn() {
    if (this.canGoOn) this.#want({ kind: "after" });
  }

  /** Shows the message with a number, and what was said around it. */
  jump(seq) {
    this.#wishes = this.#wishes.filter(({ kind }) => kind !== "around");
    if (this.#shown.has(seq)) return;
    if (this.#present.has(seq)) this.#past = null;
    else this.#wishes.unshift({ kind: "around", seq });
  }

  /** Shows the latest messages again. */
  goToPresent() {
    this.#past = null;
    this.#wishes = this.#wishes.filter(({ kind }) => kind !== "around");
  }

  /**
   * Asks for what was said behind one number and up to another one, to count it. `counted` messages
   * of that are counted already, by earlier pages.
   */
  count(seq, until, counted = 0) {
    if (!this.isComing("unread")) this.#wishes.push({ kind: "unread", seq, until, counted });
  }

  /** Asks for a message that another one answers; returns whether it was not asked for before. */
  quote(seq) {
    const isWanted = [this.#asked, ...this.#wishes].some(
      (wish) => wish?.kind === "quote" && wish.seq === seq,
    );
    if (!isWanted) this.#wishes.push({ kind: "quote", seq });
    return !isWanted;
  }

  #want(wish) {
    if (!this.isComing(wish.kind)) this.#wishes.push(wish);
  }

  // What is asked for, and what comes

  /** The fields of the next request for a page, which counts as made; null if there is none. */
  due() {
    if (this.#asked || !this.#wishes.length) return null;
    this.#asked = { ...this.#wishes.shift(), stretch: this.#shown };
    this.#request = this.#fields(this.#asked);
    return this.#request;
  }

  /** Whether an answer to this request is wanted: it is the one under way, of all that `due` returned. */
  awaits(request) {
    return this.#asked !== null && request === this.#request;
  }

  #fields({ kind, seq, stretch }) {
    const { first, last } = kind === "latest" ? this.#present : stretch;
    if (kind === "after") return { after: last ?? 0, limit: PAGE };
    if (kind === "unread") return { after: seq, limit: PAGE };
    if (kind === "around") return { before: seq + 1, limit: AROUND };
    if (kind === "quote") return { before: seq + 1, limit: 1 };
    return { limit: PAGE, ...(first && !this.#recalled && { before: first }) };
  }

  /** Takes in a page that was asked for, which may be short although there is more; returns the wish. */
  page({ messages, more: isPart }) {
    const more = isPart && messages.length > 0; // else the same page would be asked for for ever
    const wish = this.#asked;
    this.#asked = null;
    if (!wish) return null;
    if (wish.kind === "quote") this.#takeQuote(wish, messages);
    else if (wish.kind === "around") this.#takePast(messages, more);
    else if (wish.kind === "unread") this.#takeUnread(messages, more);
    else if (wish.kind === "latest") this.#takeLatest(messages, more);
    else if (wish.stretch === this.#shown) this.#takeMore(wish, messages, more);
    for (const event of this.#missed) this.#changeAll(event);
    this.#missed = [];
    return wish;
  }

  #takeLatest(messages, more) {
    if (this.#recalled) this.#forgetRecalled();
    this.#present.hasEarlier = more;
    this.#present.addPage(messages);
    this.isKnown = true;
  }

  #forgetRecalled() {
    const fresh = this.#present.messages.filter(({ seq }) => seq > this.#recalled);
    this.#recalled = 0;
    this.#present = new Timeline();
    this.#present.addPage(fresh);
  }

  #takePast(messages, more) {
    this.#past = new Timeline();
    this.#past.addPage(messages);
    Object.assign(this.#past, { hasEarlier: more, hasLater: true });
    this.#join();
  }

  /** All that is unread is the latest there is, too; a part of it is not. */
  #takeUnread(messages, more) {
    if (more || this.isKnown) return;
    this.#present.addPage(messages);
  }

  #takeQuote({ seq }, messages) {
    if (messages[0]?.seq === seq) this.#quoted.addPage(messages);
    else this.#lost.add(seq);
  }

  #takeMore({ kind, stretch }, messages, more) {
    if (kind === "after") {
      stretch.hasLater = more;
      stretch.addPage(messages);
      this.#join();
    } else {
      if (stretch === this.#present) this.#part(messages.length);
      this.#shown.hasEarlier = more;
      this.#shown.addPage(messages, { cutsEnd: this.isPast });
    }
  }

  /** When the past has grown up to the present, both are one. */
  #join() {
    const past = this.#past;
    const meets = this.#present.first !== null && past.last >= this.#present.first;
    if (past.hasLater && !meets) return;
    this.#present.hasEarlier = past.hasEarlier;
    this.#present.addPage(past.messages);
    this.#past = null;
  }

  /** When the present cannot hold what is read of the past, it is read as a stretch of its own. */
  #part(more) {
    if (this.#present.messages.length + more <= LIMIT) return;
    this.#past = new Timeline();
    this.#past.addPage(this.#present.messages);
  }

  /** Takes in the latest messages as they were in an earlier visit: better than nothing. */
  recall(messages) {
    if (this.isKnown || this.#present.messages.length) return;
    this.#present.addPage(messages);
    this.#recalled = this.#present.last;
  }

  // What happens meanwhile

  /** Adds a message that was said just now. */
  add(message) {
    this.#present.add(message);
  }

  /** Changes a message as an event says, wherever it is known. */
  change(event) {
    this.#changeAll(event);
    if (this.#asked) this.#missed.push(event);
  }

  #changeAll(event) {
    for (const stretch of [this.#present, this.#past, this.#quoted]) stretch?.change(event);
  }

  /** Takes in that the page under way will not come; it is asked for again, if that can help. */
  failed({ isFinal }) {
    if (this.#asked && !isFinal) this.#wishes.unshift(this.#asked);
    if (this.#asked?.kind === "latest" && isFinal) this.isKnown = true;
    this.#asked = null;
    this.#missed = [];
  }

  /** Forgets everything; what was shown before is asked for again. */
  clear() {
    const wasKnown = this.isKnown || this.isComing("latest");
    this.isKnown = false;
    this.#recalled = 0;
    this.#present = new Timeline();
    this.#past = null;
    this.#quoted = new Timeline();
    this.#lost.clear();
    this.#wishes = [];
    this.#asked = null;
    this.#missed = [];
    if (wasKnown) this.open();
  }
}
