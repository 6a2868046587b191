// One room as the page knows it: what was said, who is there, what waits to be sent. Pure.

import { History } from "./history.js";
import { mentions } from "./mention.js";
import { Outgoing } from "./outgoing.js";
import { ReadMark } from "./read-mark.js";

const MOST_COUNTED = 100; // messages said since the last visit; of more, only that there are more
const TYPING = 5_000; // ms that somebody counts as typing; who goes on says so every 2 s

/** A room that the user is in, or wants to be in. */
export class Room {
  presence = "away"; // "joining" once asked, "joined" while events come; or "barred"
  last = null; // the number of the last event seen, of this epoch
  epoch = null;
  topic = "";
  members = new Map(); // persons by id; of a large room not all are known
  others = 0; // persons in the room who are not among the members
  crowd = 0; // counts the changes of the members
  typing = new Map(); // {nick, until} by id
  queue = new Outgoing(); // what waits to be sent
  notes = []; // {after, about: "reset" | "gap"}: the page's own lines, each behind a number
  history = new History();
  mark = new ReadMark();
  isAtEnd = true; // whether the reader has the latest messages in sight, if they look
  target = null; // {seq}: where the reader wants to be taken

  constructor(name) {
    this.name = name;
  }

  /** How many persons are in the room. */
  get population() {
    return this.members.size + this.others;
  }

  get messages() {
    return this.history.messages;
  }

  get unread() {
    return this.mark.unread;
  }

  /** What is under way and has no message here that it belongs to: lines behind the messages. */
  get outgoing() {
    return this.queue.entries.filter(
      ({ seq, state }) => !seq || (state === "failed" && !this.history.has(seq)),
    );
  }

  /** Takes in that the user is in the room; what they missed follows as events. */
  joined({ last, epoch, members, population, topic, gap, reset }, me = null) {
    this.presence = "joined";
    if (this.epoch !== null && this.epoch !== epoch) this.#forget(last);
    this.epoch = epoch;
    this.queue.rebase(epoch);
    this.topic = topic ?? "";
    this.members = new Map(members.map((person) => [person.id, person]));
    if (me && population) this.members.set(me.id, me); // the server may have left out the user
    this.others = Math.max(0, (population ?? 0) - this.members.size);
    this.crowd += 1;
    if (reset || gap) this.#beginAnew(last, reset ? "reset" : "gap");
    if (this.last === null) this.#begin(last);
    if (reset || this.last === null) this.last = last;
    else if (gap) this.last = gap - 1;
  }

  /** Takes in how far the room was read in an earlier visit, or in another tab. */
  recall(read) {
    if (!Number.isSafeInteger(read?.seq)) return;
    if (this.epoch === null) this.epoch = String(read.epoch);
    if (this.epoch !== read.epoch) return;
    if (this.mark.seq === null) this.mark.seq = read.seq;
    else if (read.seq >= this.last) this.mark.see(this.last);
  }

  /** Takes in what was last known of the room in an earlier visit, before the server says more. */
  recallLines({ epoch, topic, messages }) {
    if (this.last !== null || (this.epoch !== null && this.epoch !== epoch)) return;
    this.epoch = epoch;
    this.topic = topic;
    this.history.recall(messages);
  }

  /** Takes in that the connection is lost: nothing asked for will be answered. */
  lost() {
    this.presence = "away";
    this.typing.clear();
    this.history.failed({ isFinal: false });
    this.queue.lost();
  }

  /** Takes in that somebody came, went, or is called something else. */
  meet(who, isHere) {
    if (isHere) this.members.set(who.id, who);
    else if (!this.members.delete(who.id) && this.others) this.others -= 1;
    if (!isHere) this.typing.delete(who.id);
    this.crowd += 1;
  }

  /** Takes in that somebody is typing. */
  types({ id, nick }, now) {
    this.typing.set(id, { nick, until: now + TYPING });
  }

  /** Takes in an event with a number; returns whether it is a message that was not here. */
  happened(event, me) {
    if (event.seq <= this.last) return false;
    this.last = event.seq;
    this.#arrived(event, me);
    if (event.t === "topic") this.topic = event.text;
    if (event.t !== "msg") {
      this.history.change(event);
      return false;
    }
    this.typing.delete(event.from?.id);
    this.history.add(event);
    return true;
  }

  /** Takes in a page of history. */
  page(page, me) {
    for (const message of page.messages) this.#arrived(message, me);
    const wish = this.history.page(page);
    if (wish?.kind === "unread") this.#count(page, wish, me);
  }

  /** Shows a message, and what was said around it. */
  jump(seq) {
    this.target = { seq };
    this.history.jump(seq);
  }

  /** Shows the latest messages. */
  goToPresent() {
    this.target = null;
    this.history.goToPresent();
  }

  /**
   * Puts something that the user does into the queue: a request without its room. Its numbers are
   * of the `epoch` in it, or of the present one.
   */
  put(request, ts) {
    const hasNumber = request.seq || request.reply;
    this.queue.add({ ...(hasNumber && { epoch: this.epoch }), ...request, ts });
    if (request.t !== "send") return;
    this.goToPresent();
    this.mark.wipe();
  }

  /** Takes in that something is kept; it comes as an event too, before this or later. */
  kept(cid, { seq, ts }, me) {
    const entry = this.queue.take(cid);
    if (!entry || seq <= this.last) return;
    if (entry.t === "send") this.history.add({ ...entry, seq, ts, from: me });
    else this.history.change({ ...entry, target: entry.seq, from: me });
  }

  #arrived({ cid, from }, me) {
    if (cid && from && from.id === me?.id) this.queue.take(cid);
  }

  /** Finds out, at the first time in a visit, what was said since the last one. */
  #begin(last) {
    this.mark.begin(last);
    if (this.mark.seq < last) this.history.count(this.mark.seq, last);
  }

  /** Counts a page; a page may be short although there is more, so further ones may follow. */
  #count({ messages, more }, { seq: after, until, counted }, me) {
    // What was said since the visit began has been counted as it came.
    const others = messages.filter(({ seq, from }) => seq <= until && from?.id !== me?.id);
    const named = others.filter(({ text }) => mentions(text, me?.nick).length);
    const last = messages.at(-1)?.seq ?? until;
    const isLeft = more && last < until;
    const total = counted + messages.length;
    const goesOn = isLeft && total < MOST_COUNTED;
    this.mark.add(others.length, named.length, { after, hasMore: isLeft && !goesOn });
    if (goesOn) this.history.count(last, until, total);
  }

  /** What is known is of another epoch. */
  #forget(last) {
    this.mark.restart(last);
    this.history.clear();
  }

  #beginAnew(last, about) {
    this.history.clear();
    this.target = null;
    this.notes = [{ after: last, about }];
  }
}
