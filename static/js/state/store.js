// The state of the page: the user, the rooms, the open requests. Pure: no DOM, no sockets.

import { Reading } from "./reading.js";
import { Room } from "./room.js";

const KEPT = new Set(["send", "edit", "delete", "react", "topic"]); // these are queued until confirmed
const MOST_WAITING = 500; // requests in all rooms together,
const MOST_TEXT = 500_000; // UTF-16 units; a browser stores some millions
// Errors after which the page stays at the room, and says why the user is not in it.
const SHUT = new Set(["bad_room", "no_such_room", "banned", "room_full"]);
const HELD = new Set(["slow_mode", "newcomer"]); // after these a message goes back to the user, and anything else waits

/**
 * Changes by what the server sends (`welcome`, `receive`, `answered`), with the connection (`lost`),
 * and by what the user does (all other methods). `due` returns the requests to make.
 */
export class Store {
  me = null;
  session = null;
  limits = {};
  rooms = new Map(); // by name, in the order of joining
  active = null; // the name of the room that is shown
  listed = []; // names of the public rooms
  links = new Map(); // secrets of links by the room's name, until they have let the user in
  isOperator = false;
  ignored = new Set(); // ids of the people whom the user ignores
  pairs = []; // private rooms for two that the server has told of, until `listPairs`: {room, title}
  reading = new Reading(this);
  finder = null; // the Finder, once it is loaded
  inherit = null; // takes over rooms, once, where the browser knows none of a user
  #epoch = null; // of the server, as the last welcome told
  #isWelcome = false;
  #left = []; // names of rooms whose `leave` is not sent yet
  #now;

  /** `now` returns the time, in ms. */
  constructor(now = Date.now) {
    this.#now = now;
  }

  get room() {
    return this.rooms.get(this.active) ?? null;
  }

  /** The secret of a link that may let the user in on the server; null without one. */
  get invitation() {
    return this.links.get(this.active) ?? this.links.values().next().value ?? null;
  }

  get isWelcome() {
    return this.#isWelcome;
  }

  /** The entries of all rooms' queues, with the room's name. */
  get unsent() {
    return [...this.rooms.values()].flatMap(({ name, queue }) =>
      queue.entries.map((entry) => ({ ...entry, room: name })),
    );
  }

  // What the user does

  /** Shows a room, and joins it unless the user is in it. */
  open(name) {
    this.enter(name);
    const left = this.room;
    if (name !== this.active) left?.mark.wipe();
    if (name !== this.active) this.rooms.get(name).mark.isHeld = false;
    this.active = name;
    if (left?.refusal && left !== this.room && !left.queue.entries.length) this.rooms.delete(left.name);
    this.room.history.open();
    this.reading.see(this.room);
  }

  /** Joins a room without showing it. */
  enter(name) {
    const shared = { ignored: this.ignored, heeded: this.reading.heeded };
    if (!this.rooms.has(name)) this.rooms.set(name, Object.assign(new Room(name), shared));
    this.#left = this.#left.filter((left) => left !== name);
  }

  /** Leaves a room; if it was shown, another one is. */
  leave(name) {
    const room = this.rooms.get(name);
    if (!room) return;
    this.rooms.delete(name);
    if (["joining", "joined"].includes(room.presence)) this.#left.push(name);
    if (this.active === name) this.open([...this.rooms.keys()].at(-1) ?? "lobby");
  }

  /** Handles what the cache has of rooms: {name, epoch, topic, messages}. */
  recallLines(kept) {
    for (const room of kept) this.rooms.get(room.name)?.recallLines(room);
  }

  /** Queues a request of KEPT in the shown room; returns whether there is room in the queues. */
  put(request, ts) {
    const unsent = this.unsent;
    const size = unsent.reduce((sum, { text = "" }) => sum + text.length, 0);
    if (unsent.length >= MOST_WAITING || size >= MOST_TEXT) return false;
    this.room.put(request, ts);
    return true;
  }

  /** Queues the stored entries of an earlier visit, and joins their rooms. */
  restore(unsent) {
    for (const { room, ...entry } of unsent) {
      this.enter(room);
      this.rooms.get(room).queue.restore([entry]);
    }
  }

  /** Changes the text of an entry that was not sent yet; returns whether that was possible. */
  rewrite(cid, text) {
    return this.room.queue.rewrite(cid, text);
  }

  /** Returns the number of the user's message with a cid; null if it is not known. */
  seqOf(cid) {
    const isIt = (message) => message.cid === cid && message.from?.id === this.me?.id;
    return this.room.history.latest.findLast(isIt)?.seq ?? null;
  }

  /** Sends a failed entry again. */
  retry(cid) {
    this.room.queue.retry(cid);
    this.rejoin();
  }

  /** Joins the shown room again, if it could not be joined or there is a link to it now. */
  rejoin() {
    const { room } = this;
    room.refusal = null;
    if (room.presence === "barred" || this.links.has(room.name)) room.presence = "away";
  }

  /** Removes a failed entry. */
  discard(cid) {
    this.room.queue.take(cid);
  }

  // Requests

  /** Returns the requests to make now, which count as made. */
  due() {
    if (!this.#isWelcome) return [];
    const left = this.#left.map((room) => ({ t: "leave", room, forget: true }));
    this.#left = [];
    const search = this.finder?.due() ?? [];
    return [...left, ...[...this.rooms.values()].flatMap((room) => room.due(this.links.get(room.name))), ...search];
  }

  // What the server sends

  /** Whether the user was here before the welcome with this epoch: numbers of it are known. */
  isOf(epoch) {
    return [...this.rooms.values()].some((room) => room.epoch !== null && room.epoch === epoch);
  }

  /** Handles `welcome`. */
  welcome({ you, session, epoch = null, limits, operator = false, marks = [], private: rooms = [] }) {
    this.#isWelcome = true;
    this.pairs = rooms;
    this.isOperator = operator;
    this.me = you;
    this.session = session;
    this.limits = limits;
    this.#epoch = epoch;
    this.inherit?.(this, marks.map(({ room }) => room));
    this.inherit = null;
    this.reading.learn(marks, epoch);
  }

  /** Handles that the connection is lost. */
  lost() {
    this.#isWelcome = false;
    this.#left = []; // the next connection is in no room until it joins
    for (const room of this.rooms.values()) room.lost();
    this.finder?.release();
  }

  /** Handles an object that is no answer. */
  receive(event) {
    if (event.t === "nick") this.#renamed(event.who);
    if (event.t === "invited") this.pairs.push(event);
    const room = this.rooms.get(event.room);
    if (!room) return;
    if (event.t === "joined") room.joined(event, this.me);
    if (event.t === "epoch") room.enter((this.#epoch = event.epoch));
    if (event.t === "read") room.readElsewhere(event.seq, this.#epoch, event.back);
    if (event.t === "presence") room.meet(event.who, event.state === "joined", this.#now());
    if (event.t === "population") room.recount(event.count);
    if (event.t === "nick" && room.members.has(event.who.id)) room.meet(event.who, true);
    if (event.t === "typing" && event.who.id !== this.me?.id && !this.ignored.has(event.who.id)) room.types(event.who, this.#now());
    if (event.seq && event.t !== "read") this.#happened(room, event);
  }

  /** Handles the answer to a request; with `retry_ms` the request stays open until `release`. */
  answered(request, answer) {
    if (answer.t === "error") {
      if (!answer.retry_ms) this.#refused(request, answer);
      else if (HELD.has(answer.code)) this.rooms.get(request.room)?.hold(request.cid, answer, this.#now());
      return;
    }
    if (request.t === "nick") this.#renamed({ ...this.me, nick: request.nick });
    if (answer.t === "rooms") this.listed = answer.rooms.map(({ room }) => room);
    const room = this.rooms.get(request.room);
    if (answer.t === "joined") {
      this.links.delete(request.room);
      if (room && request.room !== answer.room) this.#isCalled(room, answer.room);
      this.receive(answer);
    }
    if (answer.t === "history" && room?.history.awaits(request)) {
      room.page(answer, this.me);
      this.reading.see(room);
    }
    if (answer.t === "found") this.finder?.found(request, answer);
    if (KEPT.has(request.t)) room?.kept(request.cid, answer, this.me);
  }

  /** Lets a request be made again after a temporary error. */
  release(request) {
    const room = this.rooms.get(request.room);
    if (KEPT.has(request.t)) room?.queue.release(request.cid);
    if (room?.history.awaits(request)) room.history.failed({ isFinal: false });
    if (request.t === "search") this.finder?.release();
    if (request.t === "leave" && !room) this.#left.push(request.room);
    if (request.t === "join" && room?.presence === "joining") room.presence = "away";
  }

  #happened(room, event) {
    const isNew = room.happened(event, this.me);
    if (isNew && event.from?.id !== this.me.id) this.reading.hear(room, event);
    this.reading.see(room);
  }

  #renamed(who) {
    if (who.id === this.me?.id) this.me = who;
  }

  #refused(request, error) {
    const room = this.rooms.get(request.room);
    if (KEPT.has(request.t)) room?.queue.refuse(request.cid, error);
    if (room?.history.awaits(request)) room.history.failed({ isFinal: true });
    if (request.t === "search") this.finder?.failed(request, error);
    if (request.t === "join" && room) this.#barred(room, error);
  }

  /** Handles that a room cannot be joined; it stays while its queue has entries. */
  #barred(room, error) {
    room.presence = "barred";
    this.links.delete(room.name);
    for (const { cid } of room.queue.entries) room.queue.refuse(cid, error);
    if (room === this.room && SHUT.has(error.code)) room.refusal = error;
    if (room.refusal || room.queue.entries.length) return;
    this.leave(room.name);
    this.#left = this.#left.filter((name) => name !== room.name);
  }

  /** Handles that the server has another name for a room, in lower case for one. */
  #isCalled(room, name) {
    const known = this.rooms.get(name);
    this.rooms.delete(room.name);
    if (!known) this.rooms.set(name, Object.assign(room, { name }));
    if (!this.rooms.has(this.active)) this.open(name);
  }
}
