// One room as the page knows it: what was said, who is there, what waits to be sent. Pure.

import { Outgoing } from "./outgoing.js";
import { Timeline } from "./timeline.js";

/** A room that the user is in, or wants to be in. */
export class Room {
  presence = "away"; // "joining" once asked, "joined" while events come
  last = null; // the number of the last event seen, of this epoch
  epoch = null;
  topic = "";
  members = new Map(); // persons by id
  queue = new Outgoing(); // what waits to be sent
  notes = []; // {after, about: "reset" | "gap"}: the page's own lines, each behind a number
  unread = 0;
  history = "unknown"; // "wanted", "loading", or "known" once there was a page
  more = false; // whether there are messages before those here
  #timeline = new Timeline();
  #missed = []; // changes that came while a page was on its way, which may not have them

  constructor(name) {
    this.name = name;
  }

  get messages() {
    return this.#timeline.messages;
  }

  get first() {
    return this.#timeline.first;
  }

  /** What is under way and has no message here that it belongs to: lines behind the messages. */
  get outgoing() {
    return this.queue.entries.filter(
      ({ seq, state }) => !seq || (state === "failed" && !this.#timeline.has(seq)),
    );
  }

  /** Whether a page of earlier messages can be had, and there is room for it. */
  get canGoBack() {
    return this.history === "known" && this.more && !this.#timeline.isFull;
  }

  /** Takes in that the user is in the room; what they missed follows as events. */
  joined({ last, epoch, members, topic, gap, reset }) {
    this.presence = "joined";
    this.epoch = epoch;
    this.queue.rebase(epoch);
    this.topic = topic ?? "";
    this.members = new Map(members.map((person) => [person.id, person]));
    if (reset || gap) this.#beginAnew(last, reset ? "reset" : "gap");
    if (reset || this.last === null) this.last = last;
    else if (gap) this.last = gap - 1;
  }

  /** Takes in that the connection is lost: nothing asked for will be answered. */
  lost() {
    this.presence = "away";
    this.#missed = [];
    if (this.history === "loading") this.history = "wanted";
    this.queue.lost();
  }

  /** Takes in an event with a number; returns whether it is a message that was not here. */
  happened(event, me) {
    if (event.seq <= this.last) return false;
    this.last = event.seq;
    this.#arrived(event, me);
    if (event.t === "topic") this.topic = event.text;
    if (event.t !== "msg") {
      this.#timeline.change(event);
      if (this.history === "loading") this.#missed.push(event);
      return false;
    }
    if (this.#timeline.add(event)) this.more = true;
    return true;
  }

  /** Takes in a page of history: the latest, or what was before the first message here. */
  page({ messages, more }, me) {
    for (const message of messages) this.#arrived(message, me);
    const isCut = this.#timeline.addPage(messages);
    for (const event of this.#missed) this.#timeline.change(event);
    this.#missed = [];
    this.more = more || isCut;
    this.history = "known";
  }

  /** Puts something that the user does into the queue: a request without its room. */
  put(request, ts) {
    const hasNumber = request.seq || request.reply;
    this.queue.add({ ...request, ts, ...(hasNumber && { epoch: this.epoch }) });
  }

  /** Takes in that something is kept; it comes as an event too, before this or later. */
  kept(cid, { seq, ts }, me) {
    const entry = this.queue.take(cid);
    if (!entry || seq <= this.last) return;
    if (entry.t === "send") this.#timeline.add({ ...entry, seq, ts, from: me });
    else this.#timeline.change({ ...entry, target: entry.seq, from: me });
  }

  #arrived({ cid, from }, me) {
    if (cid && from && from.id === me?.id) this.queue.take(cid);
  }

  #beginAnew(last, about) {
    this.#timeline.clear();
    this.#missed = [];
    this.notes = [{ after: last, about }];
    if (this.history === "known") this.history = "wanted";
    this.more = false;
  }
}
