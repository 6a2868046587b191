// Speaks trio-chat.v1: says hello, makes the store's requests, and hands it the answers.

import { uuid } from "../uuid.js";
import { FrameLimits } from "./frames.js";

const SIGNED_OUT = 4506; // a close code
const TOO_LARGE = 1009; // likewise, for a frame
const PAIR_REFUSED = new Set(["bad_pair", "unsupported"]); // errors after which a code is good for nothing
const LOST = { t: "error", code: "lost", text: "the connection is lost" };
const TOO_LONG = { t: "error", code: "too_long", text: "that is too long" };

/**
 * The conversation with the server, over one connection after the other.
 *
 * Calls `onState` with the connection's states, where "open" means welcome, and "slowed" that requests wait;
 * `onChange` when the store has changed; `onNameRefused` and `onRoomRefused` with an error; `onDevice` with
 * "signedOut", "switched" and a welcome, or "refuse" and an error.
 */
export class Session {
  nick = null; // the name that the user wants; without one, there is no connection
  access = null; // what lets the user in, if the server asks for something
  pair = null; // the code for becoming the person of another device, until the welcome
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

  /** Sends objects that have no answer, if there is a connection. */
  tell(...objects) {
    if (this.#isWelcome) this.#send(objects);
  }

  /** Requests the list of rooms, for the store. */
  list() {
    if (this.#isWelcome) this.#ask([{ t: "rooms" }]);
  }

  /** Becomes the person of another device; if the code is not good, the user stays who they are. */
  switchBy(code) {
    this.pair = code;
    this.#connection.close();
    this.#connection.reconnect();
  }

  reconnect() {
    if (this.#isSomebody) this.#connection.reconnect();
  }

  /** Connects now, if there is no connection; if there is one, tests whether it works. */
  hurry() {
    if (this.#isSomebody) this.#connection.hurry();
    if (!this.#isWelcome) return;
    this.#connection.probe();
    this.list(); // any request would do
  }

  /** Makes a request of whom the store needs no answer; resolves to the answer, which may be an error. */
  request(request) {
    return new Promise((done) => this.#ask([{ ...request, done }]));
  }

  get #isSomebody() {
    return Boolean(this.nick || this.pair);
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
      this.#ask([this.#hello()]);
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
    if (state.code === SIGNED_OUT) this.#on.onDevice("signedOut");
    this.#on.onChange();
  }

  #hello() {
    const { key, access, pair } = this;
    const { session, invitation } = this.#store;
    const link = this.link ?? invitation;
    const nick = pair && session ? undefined : (this.nick ?? undefined); // the other person has one
    if (pair) return { t: "hello", nick, key, access, link, pair };
    return { t: "hello", nick, session: session ?? undefined, key, access, link };
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
    const { pair } = this;
    this.pair = null;
    if (pair && this.#store.session) {
      this.#end("switched", welcome);
      return;
    }
    if (welcome.unknown_session && this.#store.isOf(welcome.epoch)) {
      this.#end("signedOut");
      return;
    }
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
    if (PAIR_REFUSED.has(error.code)) {
      this.pair = null;
      this.#end("refuse", error);
      return;
    }
    this.#connection.close();
    this.#on.onNameRefused({ nick: this.nick, error, isNeeded: true });
  }

  #end(what, told) {
    this.#connection.close();
    this.#on.onDevice(what, told);
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

  /** Tells when requests begin to wait, and when none does any more. */
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
