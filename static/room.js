// One room as the page knows it: what was said, who is there, what waits to be sent. Pure.

import { Timeline } from "./timeline.js";

/** A room that the user is in, or wants to be in. */
export class Room {
  presence = "away"; // "joining" once asked, "joined" while events come
  last = null; // the number of the last event seen, of this epoch
  epoch = null;
  topic = "";
  members = new Map(); // persons by id
  outgoing = []; // {cid, text, ts, state: "waiting" | "sent" | "failed", reason?}, oldest first
  notes = []; // {after, about: "reset" | "gap"}: lines of the page's own, behind the message of that number
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

  /** Whether a page of earlier messages can be had, and there is room for it. */
  get canGoBack() {
    return this.history === "known" && this.more && !this.#timeline.isFull;
  }

  /** Takes in that the user is in the room; what they missed follows as events. */
  joined({ last, epoch, members, topic, gap, reset }) {
    this.presence = "joined";
    this.epoch = epoch;
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
    this.setStates("sent", "waiting");
  }

  /** Takes in an event with a number; returns whether it is a message that was not here. */
  happened(event, me) {
    if (event.seq <= this.last) return false;
    this.last = event.seq;
    if (event.t === "topic") this.topic = event.text;
    if (event.t !== "msg") {
      this.#timeline.change(event);
      if (this.history === "loading") this.#missed.push(event);
      return false;
    }
    this.#arrived(event, me);
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

  /** Puts something into the queue of what is to be sent. */
  say(message) {
    this.outgoing = [...this.outgoing, { ...message, state: "waiting" }];
  }

  /** Takes in that a message is kept; it comes as an event too, before this or later. */
  kept(cid, { seq, ts }, me) {
    const mine = this.outgoing.find((message) => message.cid === cid);
    this.discard(cid);
    if (mine && seq > this.last) this.#timeline.add({ ...mine, seq, ts, from: me });
  }

  /** Takes in that a message will not be kept as it is. */
  failed(cid, reason) {
    this.#setState((message) => message.cid === cid, "failed", reason);
  }

  /** Lets all messages of one state, or only that with this cid, have another one. */
  setStates(before, after, cid = null) {
    this.#setState((one) => one.state === before && (!cid || one.cid === cid), after);
  }

  /** Takes a message out of the queue. */
  discard(cid) {
    this.outgoing = this.outgoing.filter((message) => message.cid !== cid);
  }

  #setState(concerns, state, reason) {
    if (!this.outgoing.some(concerns)) return;
    this.outgoing = this.outgoing.map((one) => (concerns(one) ? { ...one, state, reason } : one));
  }

  #arrived({ cid, from }, me) {
    if (cid && from && from.id === me?.id) this.discard(cid);
  }

  #beginAnew(last, about) {
    this.#timeline.clear();
    this.#missed = [];
    this.notes = [{ after: last, about }];
    if (this.history === "known") this.history = "wanted";
    this.more = false;
  }
}
