// Speaks trio-chat.v1: says hello, asks for what the store wants, and hands it the answers.

import { uuid } from "../uuid.js";

/**
 * The conversation with the server, over one connection after the other.
 *
 * Calls `onState` with the connection's states, where "open" means welcome; `onChange` when the
 * store has changed; `onNameRefused` and `onRoomRefused` with the server's error.
 */
export class Session {
  nick = null; // who the user wants to be; without, there is no connection
  key = uuid(); // makes us the same person although the first welcome was lost
  #store;
  #connection;
  #on;
  #asked = new Map(); // requests without an answer yet, by id
  #timers = new Set();
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

  /** Asks for what the store wants by now. */
  act() {
    const requests = this.#store.due();
    if (requests.length) this.#ask(requests);
    this.#on.onChange();
  }

  /** Says something that has no answer, if anybody is there to hear it. */
  tell(object) {
    if (this.#isWelcome) this.#connection.send([object]);
  }

  /** Gets the list of rooms into the store. */
  list() {
    if (this.#isWelcome) this.#ask([{ t: "rooms" }]);
  }

  reconnect() {
    if (this.nick) this.#connection.reconnect();
  }

  /** Connects now, if there is no connection; if there is one, lets it prove that it works. */
  hurry() {
    if (this.nick) this.#connection.hurry();
    if (!this.#isWelcome) return;
    this.#connection.doubt();
    this.list(); // any question would do
  }

  #ask(requests) {
    const objects = requests.map((request) => ({ ...request, id: ++this.#count }));
    objects.forEach(({ id }, place) => this.#asked.set(id, requests[place]));
    this.#connection.send(objects);
  }

  #onState(state) {
    if (state.name === "open") {
      const session = this.#store.session ?? undefined;
      this.#ask([{ t: "hello", nick: this.nick, session, key: this.key }]);
      return; // to the user it is open when the server says welcome
    }
    this.#isWelcome = false;
    this.#asked.clear();
    this.#timers.forEach(clearTimeout);
    this.#timers.clear();
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
    else if (!request) this.#heard(object);
    else if (object.t === "error") this.#refused(request, object);
    else this.#store.answered(request, object);
  }

  #heard(event) {
    this.#store.receive(event);
    if (event.t === "nick") this.nick = this.#store.me.nick; // chosen in another tab, perhaps
  }

  #welcome(welcome) {
    this.#isWelcome = true;
    this.nick = welcome.you.nick;
    this.#store.welcome(welcome);
    this.#connection.expectPings(welcome.ping_interval);
    this.#on.onState({ name: "open" });
  }

  #refused(request, error) {
    this.#store.answered(request, error);
    if (error.retry_ms) this.#later(request, error.retry_ms);
    else if (request.t === "hello") this.#nameless(error);
    else if (request.t === "nick") this.#keepName(request, error);
    else if (request.t === "join") this.#on.onRoomRefused(request.room, error);
  }

  /** Without a name there is nothing to do here, and the server would not wait for long. */
  #nameless(error) {
    this.#connection.close();
    this.#on.onNameRefused({ nick: this.nick, error, isNeeded: true });
  }

  #keepName({ nick }, error) {
    this.#on.onNameRefused({ nick, error, isNeeded: false });
    this.nick = this.#store.me.nick;
  }

  #later(request, delay) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (request.t === "hello") this.#onState({ name: "open" });
      else this.#store.release(request);
      this.act();
    }, delay);
    this.#timers.add(timer);
  }
}
