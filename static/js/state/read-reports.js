// Which read marks the server is to be told. Pure.

const PACE = 2_000; // ms between two marks of a room
const AT_ONCE = 16; // rooms in that time, as the server drops what is too much

/** Remembers when which room's mark was told. */
export class ReadReports {
  #told = new Map(); // times by the room's name

  /**
   * Returns { reports, pause }: the objects to send now, which count as sent, and after how many ms there
   * may be something more, null if there is nothing.
   */
  take(rooms, now) {
    for (const name of this.#told.keys()) if (!rooms.has(name)) this.#told.delete(name);
    const grown = [...rooms.values()].filter(isGrown);
    const isRested = ({ name }) => now - (this.#told.get(name) ?? -Infinity) >= PACE;
    const due = grown.filter(isRested).slice(0, Math.max(0, AT_ONCE - this.#latest(now).length));
    const reports = due.map((room) => this.#report(room, now));
    const pause = reports.length < grown.length ? Math.min(...this.#latest(now)) + PACE - now : null;
    return { reports, pause };
  }

  /** The times at which something was told within PACE; if something has to wait, there is one. */
  #latest(now) {
    return [...this.#told.values()].filter((time) => now - time < PACE);
  }

  #report({ name, mark }, now) {
    mark.told = mark.seq;
    this.#told.set(name, now);
    return { t: "read", room: name, seq: mark.seq };
  }
}

function isGrown({ presence, mark }) {
  return presence === "joined" && mark.seq !== null && mark.seq > mark.told;
}
