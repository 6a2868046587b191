// The order of the list of rooms: favourites first, and what can be folded away. Pure.

const DAY = 86_400_000; // ms
const QUIET = 7 * DAY; // without a message, after which a room counts as quiet

export const MANY = 12; // rooms, beyond which quiet ones are folded and names can be filtered

/**
 * Returns the user's rooms as {shown, quiet}, both in the order of joining with favourites first. `about` returns
 * {isTop, since} of a room, the latter when it was joined, in ms. The `active` one and what is unread is never quiet.
 */
export function arrange(rooms, { active, about, now }) {
  const entries = [...rooms.values()].map((room) => ({ room, ...about(room.name) }));
  const sorted = [...entries.filter(({ isTop }) => isTop), ...entries.filter(({ isTop }) => !isTop)];
  const isQuiet = ({ room, isTop, since }) =>
    entries.length > MANY && !isTop && room.name !== active && !room.unread && !room.outgoing.length &&
    now - Math.max(since, room.messages.at(-1)?.ts ?? 0) > QUIET;
  const names = (list) => list.map(({ room }) => room.name);
  return { shown: names(sorted.filter((one) => !isQuiet(one))), quiet: names(sorted.filter(isQuiet)) };
}

/** Returns whether a room's label has some letters in it. */
export function hasLetters(label, letters) {
  const normal = (text) => text.trim().replace(/^#/, "").normalize("NFKC").toLowerCase();
  return normal(label).includes(normal(letters));
}
