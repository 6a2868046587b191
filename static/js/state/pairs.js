// Private rooms for two: those of which the server has told become rooms of the user, once.

const MOST_KNOWN = 200; // names, the latest; a welcome tells of fewer

/**
 * Joins the rooms that the store was told of, but for those that are `known`: the user may have left
 * them. Returns the names that are known then.
 */
export function listPairs(store, known) {
  const names = new Set(known);
  for (const { room: name, title } of store.pairs.splice(0)) {
    if (names.has(name)) continue;
    names.add(name);
    store.enter(name);
    const room = store.rooms.get(name);
    room.title ||= title;
    room.mark.seq ??= 0; // something may have been missed there
  }
  return [...names].slice(-MOST_KNOWN);
}
