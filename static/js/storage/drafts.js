// Stores what is being written in each room, so that it outlives a reload.

import { areFiles, forget, recallAll, remember } from "./storage.js";

const PREFIX = "draft."; // of a room's name; the value is a draft, and when it was stored
const PACE = 500; // ms between writes
const MOST = 50; // rooms, those last written in
const MOST_TEXT = 200_000; // UTF-16 units of all drafts together

/** Stores the drafts of a composer. In one room, the tab that writes last overwrites the other. */
export class Drafts {
  #composer;
  #known = new Map(); // as they were found or stored last, as JSON by room
  #timer = null;

  constructor(composer) {
    this.#composer = composer;
    this.#recall();
    addEventListener("pagehide", () => this.#write());
    document.addEventListener("visibilitychange", () => document.hidden && this.#write());
  }

  /** Stores the draft within PACE, and removes an empty one at once. */
  keep() {
    const { room, draft } = this.#composer;
    if (!isBlank(draft)) this.#timer ??= setTimeout(() => this.#write(), PACE);
    else if (this.#known.has(room)) this.#write();
  }

  #recall() {
    const { drafts } = this.#composer;
    for (const [room, draft] of stored()) {
      this.#known.set(room, JSON.stringify(draft));
      // What was written since the page was opened is behind what was written before.
      const text = [draft.text, drafts.get(room)?.text].filter(Boolean).join("\n");
      drafts.set(room, { ...draft, text });
    }
    this.#composer.refresh();
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const changed = this.#changed();
    for (const { room, draft, text } of changed) {
      if (text) remember(PREFIX + room, { ...draft, at: Date.now() });
      else forget(PREFIX + room);
      if (text) this.#known.set(room, text);
      else this.#known.delete(room);
    }
    if (changed.length) removeExcess();
  }

  #changed() {
    return [...this.#composer.drafts]
      .map(([room, draft]) => ({ room, draft, text: isBlank(draft) ? undefined : JSON.stringify(draft) }))
      .filter(({ room, text }) => text !== this.#known.get(room));
  }
}

/** The drafts in the storage, as [room, draft], those stored last at the end. */
function stored() {
  const found = recallAll(PREFIX);
  return restored(found.sort(([, one], [, other]) => (one?.at ?? 0) - (other?.at ?? 0)));
}

/** Removes from the storage what `bounded` leaves out, and what is no draft. */
function removeExcess() {
  const kept = new Set(bounded(stored()).map(([room]) => room));
  for (const [room] of recallAll(PREFIX)) if (!kept.has(room)) forget(PREFIX + room);
}

/** Of pairs [room, value] those whose value is a draft: other programs may write to the storage. */
export function restored(pairs) {
  return pairs.flatMap(([room, draft]) => {
    if (typeof draft?.text !== "string") return [];
    const reply = isTarget(draft.reply) ? draft.reply : null;
    const { edit } = draft;
    const isEdit = typeof edit?.text === "string" && (isTarget(edit) || typeof edit.cid === "string");
    const files = areFiles(draft.files) ? { files: draft.files } : {};
    return [[room, { text: draft.text, reply, edit: isEdit ? edit : null, ...files }]];
  });
}

/** Returns the last of some drafts, at most MOST and with at most MOST_TEXT in them. */
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
 * Returns a draft without numbers of another epoch than that of its room, which are no longer
 * valid; null if there are none. The text of such an edit is appended to the draft's own text.
 */
export function rebased({ text, reply, edit }, epoch, earlier = new Set()) {
  const isOf = (target) => target?.seq && target.epoch !== epoch && !earlier.has(target.epoch);
  if (epoch === null || (!isOf(reply) && !isOf(edit))) return null;
  const words = isOf(edit) ? [text, edit.text].filter(Boolean).join("\n") : text;
  return { text: words, reply: isOf(reply) ? null : reply, edit: isOf(edit) ? null : edit };
}

function isBlank({ text, reply, edit, files }) {
  return !text && !reply && !edit && !files?.length;
}

function isTarget(target) {
  return Number.isSafeInteger(target?.seq) && typeof target.epoch === "string";
}
