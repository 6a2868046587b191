// The rooms of the user's other devices, in a browser that knows none. Pure.

const LOBBY = "lobby";

/** Joins rooms in a store, no more than it may; and the lobby, where nobody has sent the user, only with these. */
export function inherit(store, names) {
  const latest = names.slice(-(store.limits.rooms ?? names.length));
  for (const name of latest) store.enter(name);
  if (latest.length && store.active === LOBBY && !latest.includes(LOBBY)) store.leave(LOBBY);
}
