// One room: its messages, its members, and what waits to be sent. Pure.

import { History } from "./history.js";
import { mentions, saysOne } from "./mention.js";
import { Outgoing } from "./outgoing.js";
import { ReadMark } from "./read-mark.js";
import { Shades } from "./shades.js";

const MOST_COUNTED = 100; // unread messages at the beginning of a visit; of more, only that there are more
const TYPING = 5_000; // ms that somebody counts as typing after a "typing" object
const MOST_CALLED = 100; // people whom @here may mean
const MOST_ACTS = 100; // that wait to be told

/** A room that the user is in, or wants to be in. */
export class Room {
  presence = "away"; // "joining" once requested, "joined" while events come, "barred" if refused
  last = null; // the number of the last event
  epoch = null; // of all numbers
  earlier = new Set(); // epochs of which numbers are valid in the present one, too
  topic = "";
  members = new Map(); // persons by id; of a large room not all of them
  others = 0; // persons in the room who are not among the members
  guests = 0; // connections without a name, when the user joined
  since = new Map(); // when members came, in ms by id; of those who were there before the user nothing
  shades = new Shades();
  ignored = new Set(); // ids of the people whom the user ignores
  heeded = { words: [] }; // that count as a mention of the user
  membersVersion = 0; // counts the changes of the members
  typing = new Map(); // {nick, until} by id
  queue = new Outgoing(); // what waits to be sent
  right = "speak"; // what the user may do here, as "joined" tells
  rules = {}; // of the room
  title = ""; // of a private room, whose name is an identifier
  refusal = null; // the error for which the user cannot be here; the room is not joined then
  wait = null; // {code, until}: for which error, and up to when, the user may not send
  returned = []; // texts that were refused for that, for the user to keep
  acts = []; // events about rights and rules, for `Acts`
  notes = []; // {after, about, words?}: lines of the page itself, shown after a number
  history = new History();
  mark = new ReadMark();
  isAtEnd = true; // whether the view is scrolled to the latest messages
  target = null; // {seq}: the message to scroll to

  constructor(name) {
    this.name = name;
  }

  /** What the room is called on the page. */
  get label() {
    return this.title || this.name;
  }

  /** The number of persons in the room. */
  get population() {
    return this.members.size + this.others;
  }

  get messages() {
    return this.history.messages;
  }

  get unread() {
    return this.mark.unread;
  }

  /** The entries of the queue that are lines of their own: no known message shows them. */
  get outgoing() {
    return this.queue.entries.filter(
      ({ seq, state }) => !seq || (state === "failed" && !this.history.has(seq)),
    );
  }

  /** Handles `joined`; what the user missed follows as events. May come again with a `gap`. */
  joined({ last, epoch, members, population, guests, topic, gap, reset, right, rules, title }, me = null) {
    this.presence = "joined";
    this.refusal = null;
    this.right = right ?? "speak";
    this.rules = rules ?? {};
    this.title = title ?? "";
    const goesOn = this.last !== null && !reset; // in another epoch perhaps, as all numbers are valid
    if (!goesOn && this.epoch !== null && this.epoch !== epoch) this.#forget(last);
    if (goesOn) this.enter(epoch);
    this.epoch = epoch;
    this.queue.rebase(epoch);
    this.topic = topic ?? "";
    this.members = new Map(members.map((person) => [person.id, person]));
    if (me && population) this.members.set(me.id, me); // a shortened list may not have the user
    this.others = Math.max(0, (population ?? 0) - this.members.size);
    this.guests = guests ?? 0;
    this.membersVersion += 1;
    if (reset || gap) this.#beginAnew(last, reset ? "reset" : "gap");
    if (this.last === null) this.#begin(last);
    if (reset || this.last === null) this.last = last;
    else if (gap) this.last = gap - 1;
  }

  /** Handles that the numbers, those so far too, are of another epoch from now on. */
  enter(epoch) {
    if (this.epoch !== epoch) this.earlier.add(this.epoch);
    this.queue.move(this.epoch, epoch);
    this.epoch = epoch;
  }

  /** Handles a mark of an earlier visit, of another tab or of another device. */
  recall(read) {
    if (!Number.isSafeInteger(read?.seq)) return;
    if (this.epoch === null) this.epoch = String(read.epoch);
    if (this.epoch !== read.epoch) return;
    const { seq, back = 0 } = read;
    const { mark } = this;
    if (mark.seq === null) Object.assign(mark, { seq, back });
    else if (back > mark.back) this.#setBack(seq, back);
    else if (back === mark.back && seq >= this.last) mark.seeElsewhere(seq);
  }

  #setBack(seq, back) {
    this.mark.setBack(seq, back);
    if (this.last > seq) this.history.count(seq, this.last);
  }

  /** Handles a mark that the server has, of an epoch. */
  readElsewhere(seq, epoch, back = 0) {
    this.recall({ seq, epoch, back });
    if (this.epoch === epoch && this.mark.back === back) this.mark.told = Math.max(this.mark.told, seq);
  }

  /** Shows what the cache has of the room until the server tells more. */
  recallLines({ epoch, topic, title = "", messages }) {
    if (this.last !== null || (this.epoch !== null && this.epoch !== epoch)) return;
    this.epoch = epoch;
    this.topic = topic;
    this.title = title;
    this.history.recall(messages);
  }

  /** Handles that the connection is lost. */
  lost() {
    this.presence = "away";
    this.typing.clear();
    this.history.failed({ isFinal: false });
    this.queue.lost();
  }

  /** Handles that a person came, left or has another name; `now` is in ms. */
  meet(who, isHere, now) {
    if (isHere && !this.members.has(who.id)) this.since.set(who.id, now);
    if (!isHere) this.since.delete(who.id);
    if (isHere) this.members.set(who.id, who);
    else if (!this.members.delete(who.id) && this.others) this.others -= 1;
    if (!isHere) this.typing.delete(who.id);
    this.membersVersion += 1;
  }

  /** Whether a name with an @ before it means somebody: one of the people here, or all of them if they are few. */
  knows(name) {
    const wanted = name.toLowerCase();
    if (wanted === "here") return this.population <= MOST_CALLED;
    const names = ({ nick }) => [nick, nick.split(" ")[0]];
    const isCalled = (person) => Boolean(person) && names(person).some((one) => one.toLowerCase() === wanted);
    return [...this.members.values()].some(isCalled) || this.history.latest.some(({ from }) => isCalled(from));
  }

  /** Whether a text calls the user: by name, with all others, or by one of the words that they have chosen. */
  isMention(text, nick) {
    const names = this.knows("here") ? [nick, "here"] : [nick];
    return names.some((name) => mentions(text, name).length > 0) || saysOne(text, this.heeded.words);
  }

  /** Handles that there are so many people, of whom not all are listed. */
  recount(count) {
    this.others = Math.max(0, count - this.members.size);
    this.membersVersion += 1;
  }

  /** Handles that a person is typing. */
  types({ id, nick }, now) {
    this.typing.set(id, { nick, until: now + TYPING });
  }

  /** Handles an event with a number; returns whether it is a new message. */
  happened(event, me) {
    if (event.seq <= this.last) return false;
    this.last = event.seq;
    this.#arrived(event, me);
    if (event.t === "topic") this.topic = event.text;
    if (event.t !== "msg") {
      this.history.change(event);
      if (event.t === "restore") this.history.clear();
      if (!event.target) this.acts = [...this.acts, event].slice(-MOST_ACTS);
      if (event.act === "kick" && event.people.some(({ id }) => id === me?.id)) this.refusal = { code: "kicked" };
      return false;
    }
    this.typing.delete(event.from?.id);
    this.history.add(event);
    return true;
  }

  /** Takes back a message that is refused for some time: its text is the user's again. Anything else shows why it waits. */
  hold(cid, error, now) {
    const { code, retry_ms: rest } = error;
    this.wait = { code, until: now + rest };
    const entry = this.queue.entries.find((one) => one.cid === cid);
    if (entry?.t === "send") this.returned.push(this.queue.take(cid));
    else this.queue.refuse(cid, error);
  }

  /** Returns the requests to make now, which count as made. `link` is the secret of one to the room. */
  due(link) {
    const { name, presence, last, epoch } = this;
    if (presence === "away" && !this.refusal) {
      this.presence = "joining";
      return [{ t: "join", room: name, ...(last !== null && { last, epoch }), ...(link && { link }) }];
    }
    if (presence !== "joined") return [];
    const requests = [];
    const page = this.history.due();
    if (page) requests.push(Object.assign(page, { t: "history", room: name }));
    const request = this.queue.next();
    if (request) requests.push({ room: name, ...request });
    return requests;
  }

  /** Handles a page of history. */
  page(page, me) {
    for (const message of page.messages) this.#arrived(message, me);
    const fetch = this.history.page(page);
    if (fetch?.kind === "unread") this.#count(page, fetch, me);
  }

  /** Shows a message, and those around it. */
  jump(seq) {
    this.target = { seq };
    this.history.jump(seq);
  }

  /** Shows the latest messages. */
  goToPresent() {
    this.target = null;
    this.history.goToPresent();
  }

  /** Queues a request, without its room. Its numbers are of its `epoch`, or of the room's. */
  put(request, ts) {
    const hasNumber = request.seq || request.reply;
    const epoch = this.earlier.has(request.epoch) ? this.epoch : (request.epoch ?? this.epoch);
    this.queue.add({ ...request, ...(hasNumber && { epoch }), ts });
    if (request.t !== "send") return;
    this.goToPresent();
    this.mark.isHeld = false;
    this.mark.wipe();
  }

  /** Handles that a request is committed; its event comes before this or later. */
  kept(cid, { seq, ts }, me) {
    const entry = this.queue.take(cid);
    if (!entry || seq <= this.last) return;
    if (entry.t === "send") this.history.add({ ...entry, seq, ts, from: me });
    else this.history.change({ ...entry, target: entry.seq, from: me });
  }

  #arrived({ cid, from }, me) {
    if (cid && from && from.id === me?.id) this.queue.take(cid);
  }

  /** Counts, when the room is joined first, the messages since the last visit. */
  #begin(last) {
    this.mark.begin(last);
    if (this.mark.seq < last) this.history.count(this.mark.seq, last);
  }

  /** Counts unread messages of a page; requests a further one, as a page may be short. */
  #count({ messages, more }, { seq: after, until, counted }, me) {
    // Later messages are counted as they come.
    const { elsewhere } = this.mark;
    const isNew = ({ seq, from }) => seq > elsewhere && seq <= until && from?.id !== me?.id;
    const others = messages.filter(isNew);
    const named = others.filter(({ text }) => this.isMention(text, me?.nick));
    const last = messages.at(-1)?.seq ?? until;
    const isLeft = more && last < until;
    const total = counted + messages.length;
    const goesOn = isLeft && total < MOST_COUNTED;
    this.mark.add(others.length, named.length, { after, hasMore: isLeft && !goesOn });
    if (goesOn) this.history.count(last, until, total);
  }

  /** Forgets everything of another epoch. */
  #forget(last) {
    this.earlier.clear();
    this.mark.restart(last);
    this.history.clear();
  }

  #beginAnew(last, about) {
    this.history.clear();
    this.target = null;
    this.notes = [{ after: last, about }];
  }
}
