// Speaks trio-chat.v1: says hello, makes the store's requests, and hands it the answers.

import { uuid } from "../uuid.js";
import { FrameLimits } from "./frames.js";

const TOO_LARGE = 1009; // the close code for a frame that is larger than the server accepts
const LOST = { t: "error", code: "lost", text: "the connection is lost" };
const TOO_LONG = { t: "error", code: "too_long", text: "that is too long" };

/**
 * The conversation with the server, over one connection after the other.
 *
 * Calls `onState` with the connection's states, where "open" means welcome, and with "slowed" while the server
 * has requests wait as there were too many; `onChange` when the
 * store has changed; `onNameRefused` and `onRoomRefused` with the server's error.
 */
export class Session {
  nick = null; // the name that the user wants; without one, there is no connection
  access = null; // what lets the user in, if the server asks for something
  link = null; // the secret of an operator's link, until the first welcome
  key = uuid(); // makes the user the same person although the first welcome was lost
  #store;
  #connection;
  #on;
  #frames = new FrameLimits();
  #asked = new Map(); // requests without an answer yet, by id
  #timers = new Map(); // of requests that are made again later, with the error's code
  #isSlowed = false;
  #count = 0;
  #isWelcome = false;

  constructor(store, makeConnection, handlers) {
    this.#store = store;
    this.#on = handlers;
    this.#connection = makeConnection({
      onState: (state) => this.#onState(state),
      onObjects: (objects) => this.#onObjects(objects),
    });
  }

  /** Takes part under a name, or under another one from now on. */
  call(nick) {
    this.nick = nick;
    if (this.#isWelcome) this.#ask([{ t: "nick", nick }]);
    else this.#connection.reconnect();
  }

  /** Makes the requests that are due in the store. */
  act() {
    // What is refused here already may let the next request of its room be due.
    for (let due = this.#store.due(); due.length; due = this.#store.due()) this.#ask(due);
    this.#on.onChange();
  }

  /** Sends an object that has no answer, if there is a connection. */
  tell(object) {
    if (this.#isWelcome) this.#send([object]);
  }

  /** Requests the list of rooms, for the store. */
  list() {
    if (this.#isWelcome) this.#ask([{ t: "rooms" }]);
  }

  reconnect() {
    if (this.nick) this.#connection.reconnect();
  }

  /** Connects now, if there is no connection; if there is one, tests whether it works. */
  hurry() {
    if (this.nick) this.#connection.hurry();
    if (!this.#isWelcome) return;
    this.#connection.probe();
    this.list(); // any request would do
  }

  /** Makes a request of whom the store needs no answer; resolves to the answer, which may be an error. */
  request(request) {
    return new Promise((done) => this.#ask([{ ...request, done }]));
  }

  #ask(requests) {
    const objects = requests.map((request) => ({ ...request, id: ++this.#count }));
    objects.forEach(({ id }, place) => this.#asked.set(id, requests[place]));
    for (const { id } of this.#send(objects)) this.#take({ ...TOO_LONG, id });
  }

  /** Sends objects in frames that the server accepts; returns those that are too large for one. */
  #send(objects) {
    const { frames, excess } = this.#frames.divide(objects);
    for (const frame of frames) {
      this.#connection.send(frame);
      this.#frames.sent(frame);
    }
    return excess;
  }

  #onState(state) {
    if (state.name === "open") {
      const session = this.#store.session ?? undefined;
      const { nick, key, access } = this;
      const link = this.link ?? this.#store.invitation;
      this.#ask([{ t: "hello", nick, session, key, access, link }]);
      return; // to the user it is open when the server says welcome
    }
    if (state.name === "waiting") this.#frames.closed({ isTooLarge: state.code === TOO_LARGE });
    this.#isWelcome = false;
    for (const { done } of this.#asked.values()) done?.(LOST);
    this.#asked.clear();
    for (const timer of this.#timers.keys()) clearTimeout(timer);
    this.#timers.clear();
    this.#isSlowed = false;
    this.#store.lost();
    this.#on.onState(state);
    this.#on.onChange();
  }

  #onObjects(objects) {
    for (const object of objects) this.#take(object);
    this.act();
  }

  #take(object) {
    const request = this.#asked.get(object.id);
    this.#asked.delete(object.id);
    if (object.t === "welcome") this.#welcome(object);
    else if (request?.done) request.done(object);
    else if (!request) this.#heard(object);
    else if (object.t === "error") this.#refused(request, object);
    else this.#store.answered(request, object);
  }

  #heard(event) {
    this.#store.receive(event);
    if (event.t === "nick") this.nick = this.#store.me.nick; // changed in another tab, perhaps
  }

  #welcome(welcome) {
    this.#isWelcome = true;
    this.nick = welcome.you.nick;
    this.link = null;
    this.#frames.learn(welcome.limits);
    this.#store.welcome(welcome);
    this.#connection.expectPings(welcome.ping_interval);
    this.#on.onState({ name: "open" });
  }

  #refused(request, error) {
    this.#store.answered(request, error);
    if (error.retry_ms) this.#later(request, error);
    else if (request.t === "hello") this.#nameless(error);
    else if (request.t === "nick") this.#keepName(request, error);
    else if (request.t === "join") this.#on.onRoomRefused(request.room, error);
  }

  /** Without a name the server would soon end the connection. */
  #nameless(error) {
    this.#connection.close();
    this.#on.onNameRefused({ nick: this.nick, error, isNeeded: true });
  }

  #keepName({ nick }, error) {
    this.#on.onNameRefused({ nick, error, isNeeded: false });
    this.nick = this.#store.me.nick;
  }

  /** Makes a request again after some ms, unless the connection is lost before. */
  #later(request, { code, retry_ms: delay }) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#tellPace();
      if (request.t === "hello") this.#onState({ name: "open" });
      else if (request.t === "nick") this.#renameAgain(request);
      else this.#store.release(request);
      this.act();
    }, delay);
    this.#timers.set(timer, code);
    this.#tellPace();
  }

  /** Tells the user when the server begins to slow them down, and when it is over. */
  #tellPace() {
    const isSlowed = this.#isWelcome && [...this.#timers.values()].includes("busy");
    if (isSlowed === this.#isSlowed) return;
    this.#isSlowed = isSlowed;
    this.#on.onState({ name: isSlowed ? "slowed" : "open" });
  }

  #renameAgain(request) {
    if (request.nick === this.nick) this.#ask([request]);
  }
}
