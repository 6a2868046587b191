// The queue of a room's requests that the server has not confirmed yet. Pure.

import { reacted } from "./timeline.js";

const FIELDS = ["t", "cid", "text", "reply", "seq", "emoji", "on", "why", "files"]; // that are sent

/**
 * Requests are sent in order, one after the other; a message whose files are not uploaded yet holds
 * back no other one. An entry is never changed but replaced by a new object. It has
 *   t, cid, text?, reply?, seq?, emoji?, on?, why?   as they are sent
 *   files?   {key, name, type, size, width?, height?, alt?, id?}: `key` is the page's own, the server's `id` comes
 *            with the upload
 *   epoch    of the numbers in it
 *   ts       when the user made it, in ms
 *   state    "waiting"; "sent" while there is no answer; "failed", with the server's error `reason`
 *   wasSent  whether the server may have it already: then it cannot be changed any more
 */
export class Outgoing {
  #entries = [];
  #changes = new Map(); // entries by the number of the message that they change
  #shown = new Map(); // results of `shown`, and what they were made from, by number

  get entries() {
    return this.#entries;
  }

  /** Adds an entry at the end. Removes entries that it supersedes, unless the server may have them. */
  add(request) {
    const undone = this.#entries.find((entry) => isOpen(entry) && undoes(request, entry));
    const rest = this.#entries.filter((entry) => !isOpen(entry) || !replaces(request, entry));
    const entry = { ...request, state: "waiting", wasSent: false };
    this.#set(undone ? rest : [...rest, entry]);
  }

  /** Adds stored entries of an earlier visit, unless they are here. */
  restore(entries) {
    const known = new Set(this.#entries.map(({ cid }) => cid));
    const fresh = entries.filter(({ cid }) => !known.has(cid));
    if (fresh.length) this.#set([...this.#entries, ...fresh.map(unanswered)]);
  }

  /** Returns the next request, which counts as sent; null while another one has no answer. */
  next() {
    // One at a time, so that they stay in order although one may have to be sent again.
    const open = this.#entries.filter(({ state }) => state !== "failed");
    const entry = open.find(isComplete);
    if (!entry || open.some(({ state }) => state === "sent")) return null;
    this.#replace(entry.cid, { state: "sent", wasSent: true });
    const request = Object.fromEntries(FIELDS.filter((key) => key in entry).map((key) => [key, entry[key]]));
    return entry.files ? { ...request, files: entry.files.map(named) } : request;
  }

  /** Changes what is known of a file of an entry, by the file's key. */
  describe(cid, key, changes) {
    const entry = this.#entries.find((one) => one.cid === cid);
    const files = entry?.files?.map((file) => (file.key === key ? { ...file, ...changes } : file));
    if (files) this.#replace(cid, { files });
  }

  /** Changes the text of an entry that was not sent yet; returns whether that was possible. */
  rewrite(cid, text) {
    const isPossible = this.#entries.some((entry) => entry.cid === cid && isOpen(entry));
    if (isPossible) this.#replace(cid, { text, state: "waiting", reason: undefined });
    return isPossible;
  }

  /** Handles a temporary error: the entry is sent again. */
  release(cid) {
    this.#replace(cid, { state: "waiting" });
  }

  /** Handles a final error: the entry has failed. */
  refuse(cid, reason) {
    this.#replace(cid, { state: "failed", reason });
  }

  /** Sends a failed entry again. */
  retry(cid) {
    this.#replace(cid, { state: "waiting", reason: undefined });
  }

  /** Removes an entry that is confirmed or discarded, and returns it; null if there is none. */
  take(cid) {
    const entry = this.#entries.find((one) => one.cid === cid) ?? null;
    if (entry) this.#set(this.#entries.filter((one) => one !== entry));
    return entry;
  }

  /** Handles that the connection is lost: what was sent and not confirmed is sent again. */
  lost() {
    if (this.#entries.some(({ state }) => state === "sent")) this.#set(this.#entries.map(unanswered));
  }

  /** Handles that numbers of an epoch are of another one, too. */
  move(before, epoch) {
    if (before === epoch || !this.#entries.some((entry) => entry.epoch === before)) return;
    this.#set(this.#entries.map((entry) => (entry.epoch === before ? { ...entry, epoch } : entry)));
  }

  /** Handles a new epoch: numbers of another one are not valid any more. */
  rebase(epoch) {
    if (this.#entries.some((entry) => isOf(entry, epoch))) {
      this.#set(this.#entries.map((entry) => (isOf(entry, epoch) ? rebased(entry) : entry)));
    }
  }

  /** Returns a message as it will be after all entries that change it, with these as `pending`. */
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

/** Whether all files of an entry are uploaded. */
function isComplete({ files = [] }) {
  return files.every(({ id }) => id);
}

/** Returns what is sent of a file. */
function named({ id, alt }) {
  return alt ? { id, alt } : { id };
}

/** Whether the server cannot have an entry: then it can still be changed or removed. */
export function isOpen({ state, wasSent }) {
  return state === "failed" || !wasSent;
}

/** Whether a request supersedes an entry: both set the same thing. */
function replaces(request, { t, seq, emoji }) {
  if (request.t === "delete") return seq === request.seq; // and with it all its edits and reactions
  if (request.t === "send" || request.t !== t) return false;
  return request.seq === seq && request.emoji === emoji;
}

/** Whether a request and an entry cancel each other out. */
function undoes(request, entry) {
  return request.t === "react" && replaces(request, entry) && isOn(request) !== isOn(entry);
}

function isOn({ on = true }) {
  return on;
}

function unanswered(entry) {
  return entry.state === "sent" ? { ...entry, state: "waiting" } : entry;
}

/** Whether an entry has a number of another epoch. */
function isOf({ seq, reply, epoch: its }, epoch) {
  return Boolean(seq || reply) && its !== epoch;
}

function rebased(entry) {
  if (entry.seq) return { ...entry, state: "failed", reason: { code: "not_found" } };
  const { reply: _, ...rest } = entry;
  return rest;
}

function apply(message, { t, text, emoji, on = true, why }, me) {
  if (message.deleted) return message;
  if (t === "edit") return { ...message, text, edited: true };
  if (t === "delete") return { ...message, text: "", files: undefined, deleted: true, why };
  if (!me) return message; // the user is not known before the first welcome
  return { ...message, reactions: reacted(message.reactions, emoji, me, on) };
}
