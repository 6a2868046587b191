// A client of trio-chat.v1, written from docs/protocol.md alone.

import { randomUUID } from "node:crypto";
import { open } from "./websocket.js";

const FIRST_CEILING = 500; // ms
const LAST_CEILING = 20_000;
const STAYS_AWAY = (code) => [1000, 1002, 1007].includes(code) || (code >= 4500 && code < 5000);

/** Somebody in one room, over any number of connections. */
export class Client {
  events = []; // of the room, as they came
  faults = []; // what must never happen
  connections = 0;
  last = 0;
  #url;
  #nick;
  #room;
  #key = randomUUID();
  #session;
  #id; // who we are
  #epoch;
  #socket = null;
  #isJoined = false;
  #pending = new Map(); // requests without an answer, by cid, in order
  #asked = new Map(); // cid by id, of this connection
  #count = 0;
  #ceiling = FIRST_CEILING;
  #retry = 0;

  constructor(url, nick, room) {
    [this.#url, this.#nick, this.#room] = [url, nick, room];
    this.#connect();
  }

  get isJoined() {
    return this.#isJoined;
  }

  get isIdle() {
    return this.#isJoined && !this.#pending.size;
  }

  /** Says something, and returns its cid. */
  say(text) {
    const cid = randomUUID();
    this.#pending.set(cid, { t: "send", room: this.#room, cid, text });
    if (this.#isJoined) this.#ask(cid);
    return cid;
  }

  /** Loses the connection, whatever is on its way. */
  cut() {
    this.#socket?.cut();
  }

  #connect() {
    open(this.#url, "trio-chat.v1", {
      onOpen: (socket) => {
        this.#socket = socket;
        this.connections += 1;
        const wish = { room: this.#room, last: this.last, epoch: this.#epoch };
        const hello = { t: "hello", id: "hello", nick: this.#nick, key: this.#key, rooms: [wish] };
        socket.send(JSON.stringify([{ ...hello, session: this.#session }]));
      },
      onText: (text) => JSON.parse(text).forEach((object) => this.#take(object)),
      onEnd: (code) => this.#lost(code),
    });
  }

  #lost(code) {
    [this.#socket, this.#isJoined] = [null, false];
    this.#asked.clear();
    if (STAYS_AWAY(code)) return this.faults.push(`sent away with ${code}`);
    const delay = Math.max(Math.random() * this.#ceiling, this.#retry);
    this.#ceiling = Math.min(this.#ceiling * 2, LAST_CEILING);
    this.#retry = 0;
    setTimeout(() => this.#connect(), delay);
  }

  #ask(cid) {
    const id = ++this.#count;
    this.#asked.set(id, cid);
    this.#socket.send(JSON.stringify([{ ...this.#pending.get(cid), id }]));
  }

  #take(object) {
    if (object.t === "welcome") this.#welcome(object);
    else if (object.t === "joined") this.#joined(object);
    else if (object.t === "bye") this.#retry = object.retry_ms ?? 0;
    else if (object.t === "ok") this.#done(object);
    else if (object.t === "error") this.#refused(object);
    else if (object.seq) this.#happened(object);
  }

  #welcome({ session, you, unknown_session }) {
    if (unknown_session) this.faults.push("the session is unknown");
    if (this.#id && this.#id !== you.id) this.faults.push("we are somebody else");
    [this.#session, this.#id] = [session, you.id];
    this.#ceiling = FIRST_CEILING;
  }

  #joined({ epoch, gap, reset }) {
    if (gap || reset) this.faults.push("something is missing");
    this.#epoch = epoch;
    this.#isJoined = true;
    for (const cid of this.#pending.keys()) this.#ask(cid);
  }

  #done({ id, seq }) {
    if (!seq) this.faults.push("kept without a number");
    this.#pending.delete(this.#asked.get(id));
    this.#asked.delete(id);
  }

  #refused(error) {
    const cid = this.#asked.get(error.id);
    if (!cid || !error.retry_ms) return this.faults.push(`refused: ${JSON.stringify(error)}`);
    this.#asked.delete(error.id);
    setTimeout(() => this.#isJoined && this.#pending.has(cid) && this.#ask(cid), error.retry_ms);
  }

  #happened(event) {
    if (event.seq !== this.last + 1) this.faults.push(`${event.seq} behind ${this.last}`);
    this.last = event.seq;
    this.events.push(event);
  }
}
