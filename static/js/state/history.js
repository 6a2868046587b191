// A room's messages: which are known, which are shown, and which pages to request. Pure.

import { LIMIT, Timeline } from "./timeline.js";

const PAGE = 100; // messages of a page, at most
const AROUND = 50; // messages of a page that ends with the target of a jump

/**
 * The messages of a room: the latest ones, and while the reader is far back another stretch, which
 * is shown instead. Pages are requested one after the other.
 *
 * A fetch is { kind, seq? }: the "latest" messages, those "before" or "after" the shown ones, those
 * "around" a number, those "unread" after a number, or one message that is replied to ("quote").
 */
export class History {
  isKnown = false; // whether a page of the latest messages has come
  #present = new Timeline();
  #past = null; // the stretch that is shown instead
  #quoted = new Timeline(); // single messages that are replied to
  #lost = new Set(); // numbers of messages that the server does not have
  #queued = [];
  #current = null; // the fetch without an answer yet, and the stretch that it was made for
  #request = null; // what `due` returned for it
  #missed = []; // changes since the current request, which its page may lack
  #recalled = 0; // messages up to this number are from the cache, until a page comes

  /** The stretch that is shown. */
  get #shown() {
    return this.#past ?? this.#present;
  }

  get messages() {
    return this.#shown.messages;
  }

  /** The latest messages, even if others are shown. */
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

  /** Whether a fetch of a kind is queued or has no answer yet. */
  isComing(kind) {
    return this.#current?.kind === kind || this.#queued.some((fetch) => fetch.kind === kind);
  }

  /** Returns the index in `messages` of the message with a number, or where it would be. */
  place(seq) {
    return this.#shown.place(seq);
  }

  /** Whether the message with a number is among the shown or the latest ones. */
  has(seq) {
    return this.#shown.has(seq) || this.#present.has(seq);
  }

  /** Returns the message with a number: null if it is not known, false if it does not exist. */
  find(seq) {
    if (this.#lost.has(seq)) return false;
    const stretches = [this.#shown, this.#present, this.#quoted];
    return stretches.find((stretch) => stretch.has(seq))?.find(seq) ?? null;
  }

  // What the reader does

  /** Requests the latest messages, unless they are known. */
  open() {
    if (!this.isKnown && !this.isComing("latest")) this.#queued.unshift({ kind: "latest" });
  }

  goBack() {
    if (this.canGoBack) this.#enqueue({ kind: "before" });
  }

  goOn() {
    if (this.canGoOn) this.#enqueue({ kind: "after" });
  }

  /** Shows the message with a number, and those around it. */
  jump(seq) {
    this.#queued = this.#queued.filter(({ kind }) => kind !== "around");
    if (this.#shown.has(seq)) return;
    if (this.#present.has(seq)) this.#past = null;
    else this.#queued.unshift({ kind: "around", seq });
  }

  /** Shows the latest messages again. */
  goToPresent() {
    this.#past = null;
    this.#queued = this.#queued.filter(({ kind }) => kind !== "around");
  }

  /** Requests the messages after `seq` up to `until`, to count them; `counted` are already. */
  count(seq, until, counted = 0) {
    if (!this.isComing("unread")) this.#queued.push({ kind: "unread", seq, until, counted });
  }

  /** Requests a message that is replied to; returns whether it was not requested before. */
  quote(seq) {
    const isWanted = [this.#current, ...this.#queued].some(
      (fetch) => fetch?.kind === "quote" && fetch.seq === seq,
    );
    if (!isWanted) this.#queued.push({ kind: "quote", seq });
    return !isWanted;
  }

  #enqueue(fetch) {
    if (!this.isComing(fetch.kind)) this.#queued.push(fetch);
  }

  // Requests and answers

  /** Returns the fields of the next request, which counts as made; null if there is none. */
  due() {
    if (this.#current || !this.#queued.length) return null;
    this.#current = { ...this.#queued.shift(), stretch: this.#shown };
    this.#request = this.#fields(this.#current);
    return this.#request;
  }

  /** Whether a request that `due` returned is the current one. */
  awaits(request) {
    return this.#current !== null && request === this.#request;
  }

  #fields({ kind, seq, stretch }) {
    const { first, last } = kind === "latest" ? this.#present : stretch;
    if (kind === "after") return { after: last ?? 0, limit: PAGE };
    if (kind === "unread") return { after: seq, limit: PAGE };
    if (kind === "around") return { before: seq + 1, limit: AROUND };
    if (kind === "quote") return { before: seq + 1, limit: 1 };
    return { limit: PAGE, ...(first && !this.#recalled && { before: first }) };
  }

  /** Handles a page; returns its fetch. */
  page({ messages, more: isPart }) {
    const more = isPart && messages.length > 0; // else the same page would be requested again and again
    const fetch = this.#current;
    this.#current = null;
    if (!fetch) return null;
    if (fetch.kind === "quote") this.#takeQuote(fetch, messages);
    else if (fetch.kind === "around") this.#takePast(messages, more);
    else if (fetch.kind === "unread") this.#takeUnread(messages, more);
    else if (fetch.kind === "latest") this.#takeLatest(messages, more);
    else if (fetch.stretch === this.#shown) this.#takeMore(fetch, messages, more);
    for (const event of this.#missed) this.#changeAll(event);
    this.#missed = [];
    return fetch;
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

  /** The last page of what is unread ends with the latest message. */
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

  /** Merges the past into the present when they meet. */
  #join() {
    const past = this.#past;
    const meets = this.#present.first !== null && past.last >= this.#present.first;
    if (past.hasLater && !meets) return;
    this.#present.hasEarlier = past.hasEarlier;
    this.#present.addPage(past.messages);
    this.#past = null;
  }

  /** Reads on in a stretch of its own when the present is full. */
  #part(more) {
    if (this.#present.messages.length + more <= LIMIT) return;
    this.#past = new Timeline();
    this.#past.addPage(this.#present.messages);
  }

  /** Shows messages from the cache until a page comes. */
  recall(messages) {
    if (this.isKnown || this.#present.messages.length) return;
    this.#present.addPage(messages);
    this.#recalled = this.#present.last;
  }

  // Events

  /** Adds a new message. */
  add(message) {
    this.#present.add(message);
  }

  /** Applies an event that changes a message, wherever the message is known. */
  change(event) {
    this.#changeAll(event);
    if (this.#current) this.#missed.push(event);
  }

  #changeAll(event) {
    for (const stretch of [this.#present, this.#past, this.#quoted]) stretch?.change(event);
  }

  /** Handles that the current page will not come; it is requested again unless that is final. */
  failed({ isFinal }) {
    if (this.#current && !isFinal) this.#queued.unshift(this.#current);
    if (this.#current?.kind === "latest" && isFinal) this.isKnown = true;
    this.#current = null;
    this.#missed = [];
  }

  /** Forgets all messages; requests the latest ones again if they were shown. */
  clear() {
    const wasKnown = this.isKnown || this.isComing("latest");
    this.isKnown = false;
    this.#recalled = 0;
    this.#present = new Timeline();
    this.#past = null;
    this.#quoted = new Timeline();
    this.#lost.clear();
    this.#queued = [];
    this.#current = null;
    this.#missed = [];
    if (wasKnown) this.open();
  }
}
