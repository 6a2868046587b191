// What the events about rights and rules change in a room. Pure.

const MOST_NOTES = 50; // lines of a room about acts
const SILENT = ["muted", "read_only", "closed"]; // errors of who may not speak
const RECHECK = 60_000; // ms after which somebody who is muted may try again
const BRIEF = ["slow_mode", "newcomer"]; // reasons to be silent for a while, in which one may write

/** Whether the user may act on others in a room. */
export function mayModerate({ right }) {
  return right === "moderate" || right === "operate";
}

/**
 * Takes in the acts that have come in a room, and adds a line about each to its notes. `tell` returns
 * the words for an event, from what the rules were before it, and a function that returns a person's
 * name by their id. Returns the lines: { event, words }.
 */
export function settle(room, me, tell) {
  const events = room.acts;
  room.acts = [];
  const lines = events.map((event) => {
    const words = tell(event, room.rules, (id) => nickOf(room, id));
    apply(room, event, me);
    return { event, words };
  });
  const told = lines.filter(({ words }) => words);
  const notes = told.map(({ event, words }) => ({ after: event.seq, about: "act", words }));
  if (notes.length) room.notes = [...room.notes, ...notes].slice(-MOST_NOTES);
  return lines;
}

function apply(room, { t, rules, title, act, people = [], until }, me) {
  if (t === "rules") room.rules = rules;
  if (t === "created" && title) room.title = title;
  const isMine = people.some(({ id }) => id === me?.id);
  if (isMine && act === "mute") room.wait = { code: "muted", until: until || Infinity };
  if (isMine && act === "unmute") room.wait = null;
  if (isMine && act === "unmute" && room.right === "read") renew(room);
}

/** Has the room joined again, to learn what the user may do now. */
export function renew(room) {
  if (room.presence === "joined") room.presence = "away";
}

/** Takes back messages that were refused as the user may not speak: their texts are the user's again. */
export function reclaim(room, now) {
  const refused = room.queue.entries.filter(({ t, reason }) => t === "send" && SILENT.includes(reason?.code));
  for (const { cid, reason } of refused) {
    room.returned.push(room.queue.take(cid));
    // The server does not say how long.
    if (reason.code === "muted" && !(room.wait?.until > now)) room.wait = { code: "muted", until: now + RECHECK };
  }
}

/** Forgets who is in a room: the user is not there any more. */
export function vacate(room) {
  if (!room.population) return;
  room.members.clear();
  room.recount(0);
}

/** Returns the name of somebody who is in a room, or has said something there. */
function nickOf({ members, history }, id) {
  const person = members.get(id) ?? history.latest.findLast(({ from }) => from?.id === id)?.from;
  return person?.nick;
}

/**
 * Returns why the user may not say anything in a room at a time: { code, until? }, with the time in ms
 * after which they may; null if they may.
 */
export function silence(room, me, now) {
  const { name, right, rules, wait, refusal } = room;
  if (refusal) return { code: refusal.code };
  if (mayModerate(room)) return null;
  const waits = [wait, slowness(room, me)].filter((one) => one?.until > now);
  if (waits[0]?.code === "muted") return waits[0];
  // Who comes into a public room and may only read is muted, most probably.
  if (right === "read") return { code: name.startsWith("~") ? "read_only" : "reading" };
  if (rules.closed) return { code: "closed" };
  return waits.reduce((longest, one) => (longest?.until > one.until ? longest : one), null);
}

/** Whether a reason to be silent lasts, so that there is no use in writing. */
export function isLasting(reason) {
  return reason !== null && !BRIEF.includes(reason.code);
}

function slowness({ rules, history }, me) {
  if (!rules.slow) return null;
  const own = history.latest.findLast(({ from }) => from && from.id === me?.id);
  return own ? { code: "slow_mode", until: own.ts + rules.slow * 1000 } : null;
}
