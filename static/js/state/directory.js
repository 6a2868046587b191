// The rooms to choose from: which there are, which of them a query finds, and in which order. Pure.

const byName = (one, other) => one.label.localeCompare(other.label);

/** The orders of a list of rooms, by their names. Rooms that are equal are in the order of their names. */
export const ORDERS = {
  ts: (one, other) => other.ts - one.ts || byName(one, other),
  members: (one, other) => other.members - one.members || byName(one, other),
  name: byName,
};

/**
 * Returns {room, label, topic, members, ts, isJoined} of the rooms that the server lists, and of those of the
 * user that it does not list, as it lists no private ones. `ts` is 0 if no message is known.
 */
export function allRooms(listed, joined) {
  const own = [...joined.values()].filter(({ refusal }) => !refusal);
  const all = new Map(own.map((room) => [room.name, entryOf(room)]));
  for (const { room, members, ts, topic = "" } of listed) {
    all.set(room, { room, label: room, topic, members, ts, isJoined: all.has(room) });
  }
  return [...all.values()];
}

/** Returns the rooms in whose names or topics all words of a query are. */
export function matching(rooms, query) {
  const words = normal(query).split(/\s+/);
  return rooms.filter(({ label, topic }) => {
    const text = normal(`${label} ${topic}`);
    return words.every((word) => text.includes(word));
  });
}

/** Returns the name of the room that a query may be meant to be, though no list has it; empty if one has. */
export function unlisted(rooms, query) {
  const name = query.trim().replace(/^#/, "");
  return rooms.some(({ label }) => normal(label) === normal(name)) ? "" : name;
}

/** Returns the user's rooms that a query finds, those first whose names begin with it. */
export function ownMatching(joined, query) {
  const begins = ({ label }) => normal(label).startsWith(normal(query));
  const found = matching([...joined.values()].map(ownEntry), query);
  return [...found.filter(begins), ...found.filter((room) => !begins(room))];
}

function ownEntry({ name, label, topic, unread, mark }) {
  return { room: name, label, topic, unread, mentions: mark.mentions };
}

function entryOf(room) {
  const { name, label, topic, population, messages } = room;
  return { room: name, label, topic, members: population, ts: messages.at(-1)?.ts ?? 0, isJoined: true };
}

function normal(text) {
  return text.trim().replace(/^#/, "").normalize("NFKC").toLowerCase();
}
