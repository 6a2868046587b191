// What the user has done in a room and the server has not confirmed: in order, and each once. Pure.

import { reacted } from "./timeline.js";

const FIELDS = ["t", "cid", "text", "reply", "seq", "emoji", "on"]; // that the server gets

/**
 * The queue of a room. An entry is never changed but replaced by a new object. It has
 *   t, cid, text?, reply?, seq?, emoji?, on?   as the server gets them
 *   epoch    of the numbers in it
 *   ts       when the user did it, in ms
 *   state    "waiting"; "sent" while there is no answer; "failed", with the server's error `reason`
 *   wasSent  whether the server may know of it already: then it stays as it is
 */
export class Outgoing {
  #entries = [];
  #changes = new Map(); // entries by the number of the message that they change
  #shown = new Map(); // by number: what `shown` made of which message and entries

  get entries() {
    return this.#entries;
  }

  /** Puts something at the end. What it makes pointless, and the server cannot know of, goes. */
  add(request) {
    const undone = this.#entries.find((entry) => isOpen(entry) && undoes(request, entry));
    const rest = this.#entries.filter((entry) => !isOpen(entry) || !replaces(request, entry));
    const entry = { ...request, state: "waiting", wasSent: false };
    this.#set(undone ? rest : [...rest, entry]);
  }

  /** Puts back what was kept from an earlier visit, unless it is here. */
  restore(entries) {
    const known = new Set(this.#entries.map(({ cid }) => cid));
    const fresh = entries.filter(({ cid }) => !known.has(cid));
    if (fresh.length) this.#set([...this.#entries, ...fresh.map(unanswered)]);
  }

  /** Returns the next request, which counts as sent; null while another one has no answer. */
  next() {
    // One after the other: so they stay in order, whatever becomes of the first.
    const entry = this.#entries.find(({ state }) => state !== "failed");
    if (entry?.state !== "waiting") return null;
    this.#replace(entry.cid, { state: "sent", wasSent: true });
    return Object.fromEntries(FIELDS.filter((key) => key in entry).map((key) => [key, entry[key]]));
  }

  /** Gives what was not sent yet another text; returns whether that was possible. */
  rewrite(cid, text) {
    const isPossible = this.#entries.some((entry) => entry.cid === cid && isOpen(entry));
    if (isPossible) this.#replace(cid, { text, state: "waiting", reason: undefined });
    return isPossible;
  }

  /** Takes in that the server did not do something for now; it is sent again. */
  release(cid) {
    this.#replace(cid, { state: "waiting" });
  }

  /** Takes in why the server will not do something. */
  refuse(cid, reason) {
    this.#replace(cid, { state: "failed", reason });
  }

  /** Tries again what was refused. */
  retry(cid) {
    this.#replace(cid, { state: "waiting", reason: undefined });
  }

  /** Takes out what is confirmed or given up, and returns it. */
  take(cid) {
    const entry = this.#entries.find((one) => one.cid === cid) ?? null;
    if (entry) this.#set(this.#entries.filter((one) => one !== entry));
    return entry;
  }

  /** Takes in that the connection is lost: nothing that was sent will be answered. */
  lost() {
    if (this.#entries.some(({ state }) => state === "sent")) this.#set(this.#entries.map(unanswered));
  }

  /** Takes in the epoch: the numbers of another one mean nothing any more. */
  rebase(epoch) {
    if (this.#entries.some((entry) => isOf(entry, epoch))) {
      this.#set(this.#entries.map((entry) => (isOf(entry, epoch) ? rebased(entry) : entry)));
    }
  }

  /**
   * Returns a message as it will be when all is done that waits, with the entries that change it as
   * `pending`; without any, the message itself. The same in gives the same object.
   */
  shown(message, me) {
    const changes = this.#changes.get(message.seq);
    if (!changes) return message;
    const known = this.#shown.get(message.seq);
    if (known?.message === message && known.changes === changes) return known.result;
    const waiting = changes.filter(({ state }) => state !== "failed");
    const changed = waiting.reduce((result, entry) => apply(result, entry, me), message);
    const result = { ...changed, pending: changes };
    this.#shown.set(message.seq, { message, changes, result });
    return result;
  }

  #replace(cid, changes) {
    if (!this.#entries.some((entry) => entry.cid === cid)) return;
    this.#set(this.#entries.map((entry) => (entry.cid === cid ? { ...entry, ...changes } : entry)));
  }

  #set(entries) {
    this.#entries = entries;
    const changes = new Map();
    for (const entry of entries) {
      if (entry.seq) changes.set(entry.seq, [...(changes.get(entry.seq) ?? []), entry]);
    }
    for (const seq of this.#shown.keys()) if (!changes.has(seq)) this.#shown.delete(seq);
    this.#changes = changes;
  }
}

/** Whether the server cannot have done it: it can still be changed here, or taken back. */
export function isOpen({ state, wasSent }) {
  return state === "failed" || !wasSent;
}

/** Whether a request and an entry have the same matter, so that only the later one counts. */
function replaces(request, { t, seq, emoji }) {
  if (request.t === "delete") return seq === request.seq; // with it go its edits and reactions
  if (request.t === "send" || request.t !== t) return false;
  return request.seq === seq && request.emoji === emoji;
}

/** Whether both together change nothing. */
function undoes(request, entry) {
  return request.t === "react" && replaces(request, entry) && isOn(request) !== isOn(entry);
}

function isOn({ on = true }) {
  return on;
}

function unanswered(entry) {
  return entry.state === "sent" ? { ...entry, state: "waiting" } : entry;
}

/** Whether an entry has a number, and that of another epoch. */
function isOf({ seq, reply, epoch: its }, epoch) {
  return Boolean(seq || reply) && its !== epoch;
}

function rebased(entry) {
  if (entry.seq) return { ...entry, state: "failed", reason: { code: "not_found" } };
  const { reply: _, ...rest } = entry;
  return rest;
}

function apply(message, { t, text, emoji, on = true }, me) {
  if (message.deleted) return message;
  if (t === "edit") return { ...message, text, edited: true };
  if (t === "delete") return { ...message, text: "", deleted: true };
  if (!me) return message; // not known yet: the page has just been opened
  return { ...message, reactions: reacted(message.reactions, emoji, me, on) };
}
