// What the page knows: who the user is, the rooms, what is under way. Pure: no DOM, no sockets.

import { Room } from "./room.js";

const KEPT = new Set(["send", "edit", "delete", "react", "topic"]); // these wait in the queue
const MOST_WAITING = 500; // requests in all rooms together,
const MOST_TEXT = 500_000; // UTF-16 units; a browser stores some millions
const PAGE = 100; // messages of history asked for at once

/**
 * The state of the page. It is changed by what the server says (`receive`, `answered`), by what
 * becomes of the connection (`lost`) and by what the user wants (all others). What should be
 * asked of the server in a state, `due` tells.
 */
export class Store {
  me = null;
  session = null;
  limits = {};
  rooms = new Map(); // by name, in the order of joining
  active = null; // the name of the room that is shown
  isWatched = true; // whether the user has the page in sight
  listed = []; // names of the public rooms
  #isWelcome = false;
  #left = []; // names of rooms that the server has not been told of

  get room() {
    return this.rooms.get(this.active) ?? null;
  }

  get unread() {
    return [...this.rooms.values()].reduce((sum, room) => sum + room.unread, 0);
  }

  /** What waits to be sent in all rooms: the entries of their queues, with the room's name. */
  get unsent() {
    return [...this.rooms.values()].flatMap(({ name, queue }) =>
      queue.entries.map((entry) => ({ ...entry, room: name })),
    );
  }

  // What the user wants

  /** Shows a room, and joins it if need be. */
  open(name) {
    this.enter(name);
    this.active = name;
    if (this.room.history === "unknown") this.room.history = "wanted";
    if (this.isWatched) this.room.unread = 0;
  }

  /** Joins a room without showing it. */
  enter(name) {
    if (!this.rooms.has(name)) this.rooms.set(name, new Room(name));
    this.#left = this.#left.filter((left) => left !== name);
  }

  /** Leaves a room; if it was shown, another one is. */
  leave(name) {
    const room = this.rooms.get(name);
    if (!room) return;
    this.rooms.delete(name);
    if (room.presence !== "away") this.#left.push(name);
    if (this.active === name) this.open([...this.rooms.keys()].at(-1) ?? "lobby");
  }

  /** Notes whether the user has the page in sight: then the room that is shown is read. */
  watch(isWatched) {
    this.isWatched = isWatched;
    if (isWatched && this.room) this.room.unread = 0;
  }

  /**
   * Does something in the room that is shown: `request` is a send, edit, delete, react or topic
   * with a `cid`, which makes it the same however often it is sent. Returns whether there is room
   * for it in what waits.
   */
  put(request, ts) {
    const unsent = this.unsent;
    const size = unsent.reduce((sum, { text = "" }) => sum + text.length, 0);
    if (unsent.length >= MOST_WAITING || size >= MOST_TEXT) return false;
    this.room.put(request, ts);
    return true;
  }

  /** Puts back what waited to be sent when the page was left, and goes to the rooms it is for. */
  restore(unsent) {
    for (const { room, ...entry } of unsent) {
      this.enter(room);
      this.rooms.get(room).queue.restore([entry]);
    }
  }

  /** Gives what was not sent yet another text; returns whether that was possible. */
  rewrite(cid, text) {
    return this.room.queue.rewrite(cid, text);
  }

  /** Tries again to send what could not be sent. */
  retry(cid) {
    this.room.queue.retry(cid);
  }

  /** Gives up what could not be sent. */
  discard(cid) {
    this.room.queue.take(cid);
  }

  /** Asks for messages before those that are here. */
  goBack() {
    if (this.room.canGoBack) this.room.history = "wanted";
  }

  // What is to be done

  /** The requests to make now; they count as made. */
  due() {
    if (!this.#isWelcome) return [];
    const left = this.#left.map((room) => ({ t: "leave", room }));
    this.#left = [];
    return [...left, ...[...this.rooms.values()].flatMap((room) => this.#dueIn(room))];
  }

  #dueIn(room) {
    const { name, presence, last, epoch, first } = room;
    if (presence === "away") {
      room.presence = "joining";
      return [{ t: "join", room: name, ...(last !== null && { last, epoch }) }];
    }
    if (presence === "joining") return [];
    const requests = [];
    if (room.history === "wanted") {
      room.history = "loading";
      requests.push({ t: "history", room: name, limit: PAGE, ...(first && { before: first }) });
    }
    const request = room.queue.next();
    if (request) requests.push({ room: name, ...request });
    return requests;
  }

  // What the server says

  /** Takes in that the server knows the user. */
  welcome({ you, session, limits }) {
    this.#isWelcome = true;
    this.me = you;
    this.session = session;
    this.limits = limits;
  }

  /** Takes in that the connection is lost. */
  lost() {
    this.#isWelcome = false;
    this.#left = []; // the next connection is in no room that it does not join
    for (const room of this.rooms.values()) room.lost();
  }

  /** Takes in something that nobody asked for. */
  receive(event) {
    if (event.t === "nick") this.#renamed(event.who);
    const room = this.rooms.get(event.room);
    if (!room) return;
    if (event.t === "joined") room.joined(event);
    if (event.t === "presence") this.#presence(room, event);
    if (event.t === "nick" && room.members.has(event.who.id)) {
      room.members.set(event.who.id, event.who);
    }
    if (event.seq) this.#happened(room, event);
  }

  /** Takes in the answer to a request; one that can be tried again stays under way. */
  answered(request, answer) {
    if (answer.t === "error") {
      if (!answer.retry_ms) this.#refused(request, answer);
      return;
    }
    if (request.t === "nick") this.#renamed({ ...this.me, nick: request.nick });
    if (answer.t === "rooms") this.listed = answer.rooms.map(({ room }) => room);
    const room = this.rooms.get(request.room);
    if (answer.t === "joined") {
      if (room && request.room !== answer.room) this.#isCalled(room, answer.room);
      this.receive(answer);
    }
    if (answer.t === "history") room?.page(answer, this.me);
    if (KEPT.has(request.t)) room?.kept(request.cid, answer, this.me);
  }

  /** Lets a request be made again that the server could not grant. */
  release(request) {
    const room = this.rooms.get(request.room);
    if (KEPT.has(request.t)) room?.queue.release(request.cid);
    if (request.t === "history" && room?.history === "loading") room.history = "wanted";
    if (request.t === "join" && room?.presence === "joining") room.presence = "away";
  }

  #happened(room, event) {
    const isNews = room.happened(event, this.me) && event.from?.id !== this.me.id;
    const isSeen = room === this.room && this.isWatched;
    if (isNews && !isSeen) room.unread += 1;
  }

  #presence(room, { who, state }) {
    if (state === "joined") room.members.set(who.id, who);
    else room.members.delete(who.id);
  }

  #renamed(who) {
    if (who.id === this.me?.id) this.me = who;
  }

  #refused(request, error) {
    const room = this.rooms.get(request.room);
    if (KEPT.has(request.t)) room?.queue.refuse(request.cid, error);
    if (request.t === "history" && room) room.history = "known";
    if (request.t === "join" && room) {
      this.leave(request.room);
      this.#left = this.#left.filter((name) => name !== request.room);
    }
  }

  /** A room has another name than it was asked for by, in lower case for one. */
  #isCalled(room, name) {
    const known = this.rooms.get(name);
    this.rooms.delete(room.name);
    if (!known) this.rooms.set(name, Object.assign(room, { name }));
    if (!this.rooms.has(this.active)) this.open(name);
  }
}
