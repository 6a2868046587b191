// Rules of the conversation: what is said when, with a store as it is and a connection of our own.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Session } from "../../../static/js/net/session.js";
import { Store } from "../../../static/js/state/store.js";

class FakeConnection {
  sent = [];
  calls = [];

  constructor({ onState, onObjects }) {
    this.tell = onState;
    this.hear = (...objects) => onObjects(objects);
  }

  send(objects) {
    this.sent.push(...objects);
  }

  reconnect() {
    this.calls.push("reconnect");
  }

  close() {
    this.calls.push("close");
    this.tell({ name: "idle" });
  }

  hurry() {
    this.calls.push("hurry");
  }

  doubt() {
    this.calls.push("doubt");
  }

  expectPings(interval) {
    this.calls.push(`pings ${interval}`);
  }
}

const ANN = { id: "a", nick: "Ann" };

let store;
let session;
let connection;
let states;
let refused;

const latest = () => connection.sent.at(-1);

function welcome(you = ANN) {
  connection.tell({ name: "connecting" });
  connection.tell({ name: "open" });
  const { id } = latest();
  connection.hear({ t: "welcome", id, session: "token", you, ping_interval: 25, limits: {} });
}

/** Answers the latest request. */
function answer(object) {
  connection.hear({ id: latest().id, ...object });
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  store = new Store();
  states = [];
  refused = [];
  const makeConnection = (handlers) => (connection = new FakeConnection(handlers));
  session = new Session(store, makeConnection, {
    onState: ({ name }) => states.push(name),
    onChange: () => {},
    onNameRefused: (refusal) => refused.push(refusal),
    onRoomRefused: ({ text }) => refused.push(text),
  });
  session.call("Ann");
});

test("it says hello under the name, and to the user it is open with the welcome", () => {
  connection.tell({ name: "open" });
  assert.deepEqual(latest(), { t: "hello", nick: "Ann", session: undefined, key: session.key, id: 1 });
  assert.deepEqual(states, []);
  connection.hear({ t: "welcome", id: 1, session: "token", you: ANN, ping_interval: 25 });
  assert.deepEqual(states, ["open"]);
  assert.deepEqual(connection.calls, ["reconnect", "pings 25"]);
});

test("it comes back as the same person", () => {
  welcome();
  connection.tell({ name: "waiting" });
  connection.tell({ name: "open" });
  assert.equal(latest().session, "token");
});

test("with every message it asks for what the store wants then", () => {
  store.open("tea");
  welcome();
  assert.equal(latest().t, "join");
  answer({ t: "joined", room: "tea", last: 0, epoch: "e1", members: [ANN] });
  assert.equal(latest().t, "history");
});

test("a name that is refused closes the connection, and another one opens it", () => {
  connection.tell({ name: "open" });
  answer({ t: "error", code: "nick_taken", text: "somebody else is called that" });
  assert.deepEqual(connection.calls, ["reconnect", "close"]);
  const [{ nick, error, isNeeded }] = refused;
  assert.deepEqual([nick, error.code, isNeeded], ["Ann", "nick_taken", true]);
  session.call("Bob");
  assert.equal(connection.calls.at(-1), "reconnect");
  connection.tell({ name: "open" });
  assert.equal(latest().nick, "Bob");
});

test("a new name that is refused leaves the old one", () => {
  welcome();
  session.call("Bob");
  assert.equal(latest().t, "nick");
  answer({ t: "error", code: "nick_taken", text: "taken" });
  const [{ nick, error, isNeeded }] = refused;
  assert.deepEqual([nick, error.text, isNeeded], ["Bob", "taken", false]);
  assert.equal(session.nick, "Ann");
});

test("a name that was changed in another tab is this one's too", () => {
  welcome();
  connection.hear({ t: "nick", room: "tea", who: { id: "a", nick: "Anna" } });
  assert.equal(session.nick, "Anna");
});

test("what can be tried again is, after the time that the server names", () => {
  store.open("tea");
  welcome();
  const join = latest();
  answer({ t: "error", code: "unavailable", text: "not now", retry_ms: 1000 });
  mock.timers.tick(999);
  assert.equal(latest(), join);
  mock.timers.tick(1);
  assert.equal(latest().t, "join");
  assert.notEqual(latest().id, join.id);
});

test("nothing of one connection is tried again on the next", () => {
  store.open("tea");
  welcome();
  answer({ t: "error", code: "unavailable", text: "not now", retry_ms: 1000 });
  connection.tell({ name: "waiting" });
  const count = connection.sent.length;
  mock.timers.tick(1000);
  assert.equal(connection.sent.length, count);
  welcome();
  assert.equal(connection.sent.filter(({ t }) => t === "join").length, 2);
});

test("hurried, it connects, or asks something that proves the connection there is", () => {
  session.hurry();
  assert.deepEqual(connection.calls, ["reconnect", "hurry"]);
  welcome();
  session.hurry();
  assert.equal(connection.calls.at(-1), "doubt");
  assert.equal(latest().t, "rooms");
});

test("an answer to a question of the connection before is nobody's", () => {
  store.open("tea");
  welcome();
  const { id } = latest();
  connection.tell({ name: "waiting" });
  connection.hear({ t: "error", id, code: "bad_room", text: "no such name" });
  assert.deepEqual(refused, []);
});
