// Remembers what is being written in each room, so that it outlives a reload.

import { recall, remember } from "./storage.js";

const NAME = "drafts";
const PACE = 500; // ms between writings
const MOST = 50; // rooms, those last written in
const MOST_TEXT = 200_000; // UTF-16 units of all drafts together

/** Keeps the drafts of a composer; other tabs keep theirs in other rooms beside them. */
export class Drafts {
  #composer;
  #known = new Map(); // as they were recalled or kept last, by room
  #timer = null;

  constructor(composer) {
    this.#composer = composer;
    this.#recall();
    addEventListener("pagehide", () => this.#write());
    document.addEventListener("visibilitychange", () => document.hidden && this.#write());
  }

  /** Keeps what is being written within a moment, and what is not any more at once. */
  keep() {
    const { room, draft } = this.#composer;
    if (!isBlank(draft)) this.#timer ??= setTimeout(() => this.#write(), PACE);
    else if (this.#known.has(room)) this.#write();
  }

  #recall() {
    const { drafts } = this.#composer;
    for (const [room, draft] of restored(recall(NAME, []))) {
      this.#known.set(room, JSON.stringify(draft));
      if (!drafts.has(room) || isBlank(drafts.get(room))) drafts.set(room, draft);
    }
    this.#composer.refresh();
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const changed = this.#changed();
    if (!changed.length) return;
    const all = new Map(restored(recall(NAME, [])));
    for (const { room, draft, text } of changed) {
      all.delete(room); // what is kept last goes to the end
      if (text) all.set(room, draft);
      if (text) this.#known.set(room, text);
      else this.#known.delete(room);
    }
    remember(NAME, bounded([...all]));
  }

  #changed() {
    return [...this.#composer.drafts]
      .map(([room, draft]) => ({ room, draft, text: isBlank(draft) ? undefined : JSON.stringify(draft) }))
      .filter(({ room, text }) => text !== this.#known.get(room));
  }
}

/** The drafts that something remembered holds, as [room, draft]; anybody can write there. */
export function restored(kept) {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((pair) => {
    const [room, draft] = Array.isArray(pair) ? pair : [];
    if (typeof room !== "string" || typeof draft?.text !== "string") return [];
    const reply = isTarget(draft.reply) ? draft.reply : null;
    const { edit } = draft;
    const isEdit = typeof edit?.text === "string" && (isTarget(edit) || typeof edit.cid === "string");
    return [[room, { text: draft.text, reply, edit: isEdit ? edit : null }]];
  });
}

/** The latest of some drafts, as many as there is room for. */
export function bounded(drafts) {
  let size = 0;
  const sizeOf = ([, { text, edit }]) => text.length + (edit?.text.length ?? 0);
  return drafts
    .slice(-MOST)
    .reverse()
    .filter((one) => (size += sizeOf(one)) <= MOST_TEXT)
    .reverse();
}

/**
 * Returns a draft without numbers of another epoch than that of its room, which mean nothing any
 * more, and null if it has none. The words of an edit stay, behind what else was written.
 */
export function rebased({ text, reply, edit }, epoch) {
  const isOf = (target) => target?.seq && target.epoch !== epoch;
  if (epoch === null || (!isOf(reply) && !isOf(edit))) return null;
  const words = isOf(edit) ? [text, edit.text].filter(Boolean).join("\n") : text;
  return { text: words, reply: isOf(reply) ? null : reply, edit: isOf(edit) ? null : edit };
}

function isBlank({ text, reply, edit }) {
  return !text && !reply && !edit;
}

function isTarget(target) {
  return Number.isSafeInteger(target?.seq) && typeof target.epoch === "string";
}
