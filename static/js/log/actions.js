// What can be done with a line of the log, and which message the user would edit. Pure.

import { isOpen } from "../state/outgoing.js";

/** Returns the names of what the user `me` can do with an entry of the log. */
export function actionsFor({ kind, item, author }, me) {
  if (kind === "note" || item.deleted || !item.text) return [];
  if (kind === "message") {
    return ["react", "reply", "copy", ...(isOwn(author, me) ? ["edit", "delete"] : [])];
  }
  if (item.t !== "send") return [];
  return isOpen(item) ? ["copy", "edit", "delete"] : ["copy"];
}

/** Returns what the user said last in a room and can edit, as a draft's `edit`; null if nothing. */
export function lastOwn(room, me) {
  const waiting = room.outgoing.findLast((item) => item.t === "send" && isOpen(item));
  if (waiting) return edition({ kind: "outgoing", item: waiting }, room);
  const message = room.history.latest
    .map((one) => (isOwn(one.from, me) ? room.queue.shown(one, me) : one))
    .findLast(({ from, deleted }) => isOwn(from, me) && !deleted);
  return message ? edition({ kind: "message", item: message }, room) : null;
}

/** Returns what a draft's `edit` is to be for an entry. */
export function edition({ kind, item: { seq, cid, text } }, { epoch }) {
  const target = kind === "message" ? { seq, epoch } : { cid };
  return { ...target, before: text, text };
}

/** Whether the user has put this emoji to a message. */
export function hasReacted({ reactions = {} }, emoji, me) {
  return Object.hasOwn(reactions, emoji) && reactions[emoji].some(({ id }) => id === me?.id);
}

function isOwn(author, me) {
  return Boolean(author && me) && author.id === me.id;
}
