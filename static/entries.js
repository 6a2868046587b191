// What the log of a room consists of, from top to bottom: messages, notes, what is being sent. Pure.

const PAUSE = 5 * 60_000; // ms of silence, and the author's name is shown again

/** Returns the entries of a room; `key` is the same for as long as it is the same line. */
export function entriesOf(room, me) {
  const entries = room.messages.map((item) => ({
    key: item.cid && item.from?.id === me?.id ? item.cid : `#${item.seq}`,
    kind: "message",
    item: room.queue.shown(item, me),
    author: item.from,
  }));
  for (const note of room.notes) entries.splice(placeOf(note, entries), 0, noted(note));
  for (const item of room.outgoing) {
    entries.push({ key: item.cid, kind: "outgoing", item, author: me });
  }
  const said = entries.filter(({ kind }) => kind !== "note");
  said.forEach((entry, place) => group(entry, said[place - 1]));
  return entries;
}

/** Notes whether an entry begins a day, and whether it needs its author's name. */
function group(entry, before) {
  entry.isDay = !before || !isSameDay(before.item.ts, entry.item.ts);
  entry.isFirst = entry.isDay || !continues(entry, before);
}

function continues(entry, before) {
  return (
    before.author?.id === entry.author?.id &&
    entry.item.ts - before.item.ts < PAUSE &&
    !entry.item.edited // which is said beside the name
  );
}

function isSameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function placeOf({ after }, entries) {
  const place = entries.findIndex(({ item }) => item.seq > after);
  return place < 0 ? entries.length : place;
}

function noted(note) {
  return { key: `note ${note.after}`, kind: "note", item: note, author: null };
}
