// What the page knows: who the user is, the rooms, what is under way. Pure: no DOM, no sockets.

import { mentions } from "./mention.js";
import { Room } from "./room.js";

const KEPT = new Set(["send", "edit", "delete", "react", "topic"]); // these wait in the queue
const MOST_NEWS = 100;
const MOST_WAITING = 500; // requests in all rooms together,
const MOST_TEXT = 500_000; // UTF-16 units; a browser stores some millions

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
  finder = null; // the Finder of the page, once there is one
  #isWelcome = false;
  #news = []; // messages of others that came since they were taken
  #left = []; // names of rooms that the server has not been told of
  #now;

  /** `now` tells the time, in ms. */
  constructor(now = Date.now) {
    this.#now = now;
  }

  get room() {
    return this.rooms.get(this.active) ?? null;
  }

  get isWelcome() {
    return this.#isWelcome;
  }

  get unread() {
    return [...this.rooms.values()].reduce((sum, room) => sum + room.unread, 0);
  }

  /** Hands out, once, what others said: {room, event, isMention, isSeen}; of a flood the latest. */
  takeNews() {
    const news = this.#news;
    this.#news = [];
    return news;
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
    if (name !== this.active) this.room?.mark.wipe();
    this.active = name;
    this.room.history.open();
    this.#see(this.room);
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
    if (["joining", "joined"].includes(room.presence)) this.#left.push(name);
    if (this.active === name) this.open([...this.rooms.keys()].at(-1) ?? "lobby");
  }

  /** Notes whether the user has the page in sight: then the room that is shown is read. */
  watch(isWatched) {
    this.isWatched = isWatched;
    if (!isWatched) this.room?.mark.wipe();
    else if (this.room) this.#see(this.room);
  }

  /** Notes whether the end of a room is in sight, when the room is shown. */
  follow(room, isAtEnd) {
    room.isAtEnd = isAtEnd;
    this.#see(room);
  }

  /** Takes in how far rooms were read in an earlier visit or another tab: {seq, epoch} by name. */
  recallMarks(marks) {
    for (const room of this.rooms.values()) room.recall(marks[room.name]);
  }

  /** Takes in what was last known of rooms in an earlier visit: {name, epoch, topic, messages}. */
  recallLines(kept) {
    for (const room of kept) this.rooms.get(room.name)?.recallLines(room);
  }

  /** How far each room is read, to be recalled. */
  get marks() {
    const read = [...this.rooms.values()].filter(({ mark }) => mark.seq !== null);
    return Object.fromEntries(read.map(({ name, mark, epoch }) => [name, { seq: mark.seq, epoch }]));
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

  /** Returns the number of a message of the user that was sent under a cid; null if not known. */
  seqOf(cid) {
    const isIt = (message) => message.cid === cid && message.from?.id === this.me?.id;
    return this.room.history.latest.findLast(isIt)?.seq ?? null;
  }

  /** Tries again to send what could not be sent. */
  retry(cid) {
    this.room.queue.retry(cid);
    if (this.room.presence === "barred") this.room.presence = "away"; // and knock again
  }

  /** Gives up what could not be sent. */
  discard(cid) {
    this.room.queue.take(cid);
  }

  // What is to be done

  /** The requests to make now; they count as made. */
  due() {
    if (!this.#isWelcome) return [];
    const left = this.#left.map((room) => ({ t: "leave", room }));
    this.#left = [];
    const search = this.finder?.due() ?? [];
    return [...left, ...[...this.rooms.values()].flatMap((room) => this.#dueIn(room)), ...search];
  }

  #dueIn(room) {
    const { name, presence, last, epoch } = room;
    if (presence === "away") {
      room.presence = "joining";
      return [{ t: "join", room: name, ...(last !== null && { last, epoch }) }];
    }
    if (presence !== "joined") return [];
    const requests = [];
    const page = room.history.due();
    if (page) requests.push(Object.assign(page, { t: "history", room: name }));
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
    this.finder?.release();
  }

  /** Takes in something that nobody asked for. */
  receive(event) {
    if (event.t === "nick") this.#renamed(event.who);
    const room = this.rooms.get(event.room);
    if (!room) return;
    if (event.t === "joined") room.joined(event, this.me);
    if (event.t === "presence") room.meet(event.who, event.state === "joined");
    if (event.t === "nick" && room.members.has(event.who.id)) room.meet(event.who, true);
    if (event.t === "typing" && event.who.id !== this.me?.id) room.types(event.who, this.#now());
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
    if (answer.t === "history" && room?.history.awaits(request)) {
      room.page(answer, this.me);
      this.#see(room);
    }
    if (answer.t === "found") this.finder?.found(request, answer);
    if (KEPT.has(request.t)) room?.kept(request.cid, answer, this.me);
  }

  /** Lets a request be made again that the server could not grant. */
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
    if (isNew && event.from?.id !== this.me.id) this.#heard(room, event);
    this.#see(room);
  }

  #heard(room, event) {
    const isMention = mentions(event.text, this.me.nick).length > 0;
    const isSeen = this.#isSeen(room);
    if (!isSeen) room.mark.add(1, isMention ? 1 : 0);
    this.#news.push({ room: room.name, event, isMention, isSeen });
    if (this.#news.length > MOST_NEWS) this.#news.shift();
  }

  #isSeen(room) {
    return room === this.room && this.isWatched && room.isAtEnd && !room.history.isPast;
  }

  #see(room) {
    if (room.last !== null && this.#isSeen(room)) room.mark.see(room.last);
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

  /** The user cannot be in a room; what they said there stays in sight, until it is given up. */
  #barred(room, error) {
    room.presence = "barred";
    for (const { cid } of room.queue.entries) room.queue.refuse(cid, error);
    if (room.queue.entries.length) return;
    this.leave(room.name);
    this.#left = this.#left.filter((name) => name !== room.name);
  }

  /** A room has another name than it was asked for by, in lower case for one. */
  #isCalled(room, name) {
    const known = this.rooms.get(name);
    this.rooms.delete(room.name);
    if (!known) this.rooms.set(name, Object.assign(room, { name }));
    if (!this.rooms.has(this.active)) this.open(name);
  }
}
