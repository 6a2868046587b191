// The room beside another one in the list. Pure.

/** Returns the room beside the active one, `way` rooms further and around the end; with `isUnread` only of unread ones. */
export function roomBeside(joined, active, way, isUnread) {
  const names = [...joined.keys()];
  const from = names.indexOf(active);
  const others = names.map((_, step) => names.at((from + way * (step + 1)) % names.length));
  return others.find((name) => name !== active && (!isUnread || joined.get(name).unread > 0)) ?? null;
}
