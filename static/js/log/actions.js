// The actions on an entry of the log. Pure.

import { isOpen } from "../state/outgoing.js";

/** Returns the names of the actions on an entry of the user `me`, who may `speak` and `moderate` or not. */
export function actionsFor({ kind, item, author }, { me, speak = true, moderate = false }) {
  if (kind === "note" || item.deleted || !(item.text || item.files?.length)) return [];
  const text = item.text ? ["copy"] : []; // and what else is for texts alone
  if (kind === "message") {
    const isMine = isOwn(author, me);
    const others = isMine ? [] : ["more", ...(moderate ? ["delete"] : [])];
    if (!speak) return [...text, "link", ...others];
    const own = item.text ? ["edit", "delete"] : ["delete"];
    return ["react", "reply", ...text, "link", "forward", ...(isMine ? own : others)];
  }
  if (item.t !== "send") return [];
  return isOpen(item) ? [...text, ...(item.text ? ["edit"] : []), "delete"] : text;
}

/** Returns the user's latest message in a room, as a draft's `edit`; null if there is none. */
export function lastOwn(room, me) {
  const waiting = room.outgoing.findLast((item) => item.t === "send" && item.text && isOpen(item));
  if (waiting) return edition({ kind: "outgoing", item: waiting }, room);
  const message = room.history.latest
    .map((one) => (isOwn(one.from, me) ? room.queue.shown(one, me) : one))
    .findLast(({ from, deleted, text }) => isOwn(from, me) && !deleted && text);
  return message ? edition({ kind: "message", item: message }, room) : null;
}

/** Returns the `edit` of a draft that edits an entry. */
export function edition({ kind, item: { seq, cid, text } }, { epoch }) {
  const target = kind === "message" ? { seq, epoch } : { cid };
  return { ...target, before: text, text };
}

/** Whether the user has reacted to a message with an emoji. */
export function hasReacted({ reactions = {} }, emoji, me) {
  return Object.hasOwn(reactions, emoji) && reactions[emoji].some(({ id }) => id === me?.id);
}

function isOwn(author, me) {
  return Boolean(author && me) && author.id === me.id;
}
