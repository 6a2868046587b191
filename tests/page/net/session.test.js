// Rules of the session, with a real store and a fake connection.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { beforeEach, test } from "node:test";

import { Session } from "../../../static/js/net/session.js";
import { Store } from "../../../static/js/state/store.js";
import { stopClock, tick } from "../clock.js";

globalThis.crypto ??= webcrypto; // Node 18 has it here only

class FakeConnection {
  frames = [];
  sent = [];
  calls = [];

  constructor({ onState, onObjects }) {
    this.tell = onState;
    this.hear = (...objects) => onObjects(objects);
  }

  send(objects) {
    this.frames.push(objects);
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

  probe() {
    this.calls.push("probe");
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
let device;

const latest = () => connection.sent.at(-1);

function welcome(you = ANN, limits = {}) {
  connection.tell({ name: "connecting" });
  connection.tell({ name: "open" });
  const { id } = latest();
  connection.hear({ t: "welcome", id, session: "token", you, ping_interval: 25, limits });
}

/** Answers the latest request. */
function answer(object) {
  connection.hear({ id: latest().id, ...object });
}

beforeEach(() => {
  stopClock();
  store = new Store();
  states = [];
  refused = [];
  device = [];
  const makeConnection = (handlers) => (connection = new FakeConnection(handlers));
  session = new Session(store, makeConnection, {
    onState: ({ name }) => states.push(name),
    onChange: () => {},
    onNameRefused: (refusal) => refused.push(refusal),
    onRoomRefused: (room, { text }) => refused.push(text),
    onDevice: (what, told) => device.push([what, told]),
  });
  session.call("Ann");
});

test("it says hello under the name, and to the user it is open with the welcome", () => {
  connection.tell({ name: "open" });
  const { key } = session;
  assert.deepEqual(latest(), { t: "hello", nick: "Ann", session: undefined, key, access: null, link: null, id: 1 });
  assert.deepEqual(states, []);
  connection.hear({ t: "welcome", id: 1, session: "token", you: ANN, ping_interval: 25 });
  assert.deepEqual(states, ["open"]);
  assert.deepEqual(connection.calls, ["reconnect", "pings 25"]);
});

test("it shows what lets the user in each time, and tells what the server asks for", () => {
  session.access = { password: "sesame" };
  connection.tell({ name: "open" });
  assert.deepEqual(latest().access, { password: "sesame" });
  connection.hear({ t: "error", id: 1, code: "unauthorized", text: "wrong", access: ["password"] });
  assert.deepEqual(connection.calls, ["reconnect", "close"]);
  assert.deepEqual(refused[0].error.access, ["password"]);
});

test("a link to any room may let the user in, that to the room that is shown first", () => {
  connection.tell({ name: "open" });
  assert.equal(latest().link, null);
  store.links.set("tea", "secret");
  connection.tell({ name: "open" });
  assert.equal(latest().link, "secret");
  store.links.set("milk", "other");
  store.open("milk");
  connection.tell({ name: "open" });
  assert.equal(latest().link, "other");
  session.link = "operator's";
  connection.tell({ name: "open" });
  assert.equal(latest().link, "operator's");
});

test("it reconnects as the same person", () => {
  welcome();
  connection.tell({ name: "waiting" });
  connection.tell({ name: "open" });
  assert.equal(latest().session, "token");
});

test("after every frame it makes the requests that are due", () => {
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

test("a request is made again after retry_ms", () => {
  store.open("tea");
  welcome();
  const join = latest();
  answer({ t: "error", code: "unavailable", text: "not now", retry_ms: 1000 });
  tick(999);
  assert.equal(latest(), join);
  tick(1);
  assert.equal(latest().t, "join");
  assert.notEqual(latest().id, join.id);
});

test("no request of one connection is made again on the next", () => {
  store.open("tea");
  welcome();
  answer({ t: "error", code: "unavailable", text: "not now", retry_ms: 1000 });
  connection.tell({ name: "waiting" });
  const count = connection.sent.length;
  tick(1000);
  assert.equal(connection.sent.length, count);
  welcome();
  assert.equal(connection.sent.filter(({ t }) => t === "join").length, 2);
});

test("hurrying connects, or makes a request that tests the connection", () => {
  session.hurry();
  assert.deepEqual(connection.calls, ["reconnect", "hurry"]);
  welcome();
  session.hurry();
  assert.equal(connection.calls.at(-1), "probe");
  assert.equal(latest().t, "rooms");
});

test("an answer to a request of an earlier connection is ignored", () => {
  store.open("tea");
  welcome();
  const { id } = latest();
  connection.tell({ name: "waiting" });
  connection.hear({ t: "error", id, code: "bad_room", text: "no such name" });
  assert.deepEqual(refused, []);
});

const LONG = "語".repeat(4_000); // 12,000 bytes

/** Writes a long text into each of some rooms, before there is a connection. */
function writeInto(...rooms) {
  for (const room of rooms) {
    store.open(room);
    store.put({ t: "send", text: LONG, cid: `cid in ${room}` }, 1);
  }
}

/** Answers all joins that were sent. */
function letIn() {
  const joins = connection.sent.filter(({ t }) => t === "join");
  const answers = joins.map(({ id, room }) => {
    return { t: "joined", id, room, last: 0, epoch: "e1", members: [ANN] };
  });
  connection.hear(...answers);
}

const sends = () => connection.sent.filter(({ t }) => t === "send");
const bytes = (frame) => new TextEncoder().encode(JSON.stringify(frame)).length;

test("what waits in many rooms goes out in frames that the server accepts", () => {
  writeInto("tea", "milk", "lemon", "honey", "mint", "sage");
  welcome(ANN, { frame: 30_000, requests: 5 });
  letIn();
  assert.equal(sends().length, 6);
  assert(connection.frames.every((frame) => bytes(frame) <= 30_000 && frame.length <= 5));
});

test("a single text that is too large has failed, and the others are sent", () => {
  writeInto("tea", "milk");
  store.put({ t: "send", text: "short", cid: "cid 3" }, 1);
  welcome(ANN, { frame: 10_000 });
  letIn();
  assert.deepEqual(sends().map(({ text }) => text), ["short"]);
  const failed = store.unsent.filter(({ state }) => state === "failed");
  assert.deepEqual(failed.map(({ reason }) => reason.code), ["too_long", "too_long"]);
});

test("a name or a room that is too long for a frame is refused, and the connection stays", () => {
  welcome(ANN, { frame: 10_000 });
  session.call(LONG);
  assert.deepEqual([refused[0].error.code, refused[0].isNeeded], ["too_long", false]);
  assert.equal(session.nick, "Ann");
  store.open(LONG);
  session.act();
  assert.equal(refused[1], "that is too long");
  assert.equal(store.active, "lobby");
  assert.deepEqual(connection.calls, ["reconnect", "pings 25"]);
});

test("after 1009 it reconnects and sends the same in shorter frames", () => {
  writeInto("tea", "milk", "lemon");
  welcome();
  letIn();
  const before = connection.frames.at(-1);
  assert.equal(before.filter(({ t }) => t === "send").length, 3);
  connection.tell({ name: "waiting", code: 1009 });
  connection.frames.length = connection.sent.length = 0;
  welcome();
  letIn();
  assert.equal(sends().length, 3);
  assert(connection.frames.every((frame) => bytes(frame) <= bytes(before) / 2));
});

test("the user is told while the server slows them down, once, and when that is over", () => {
  store.open("tea");
  welcome();
  answer({ t: "joined", room: "tea", last: 0, epoch: "e1", members: [ANN] });
  const busy = { t: "error", code: "busy", text: "later", retry_ms: 100 };
  answer(busy);
  session.list();
  answer({ ...busy, retry_ms: 200 });
  assert.deepEqual(states, ["connecting", "open", "slowed"]);
  tick(100);
  assert.deepEqual(states, ["connecting", "open", "slowed"]);
  tick(100);
  assert.deepEqual(states, ["connecting", "open", "slowed", "open"]);
});

test("a lost connection ends the slowness, and other errors that pass are none", () => {
  welcome();
  session.list();
  answer({ t: "error", code: "unavailable", text: "later", retry_ms: 100 });
  session.list();
  answer({ t: "error", code: "busy", text: "later", retry_ms: 100 });
  connection.tell({ name: "waiting" });
  welcome();
  tick(1000);
  assert.deepEqual(states, ["connecting", "open", "slowed", "waiting", "connecting", "open"]);
});

test("a new name is asked for again when the server was busy, unless there is another by then", () => {
  welcome();
  const busy = { t: "error", code: "busy", text: "later", retry_ms: 100 };
  session.call("Bob");
  answer(busy);
  tick(100);
  assert.deepEqual(connection.sent.filter(({ t }) => t === "nick").length, 2);
  answer(busy);
  session.call("Rob");
  tick(100);
  assert.deepEqual(connection.sent.filter(({ t }) => t === "nick").length, 3);
});

const pairing = () => {
  session.nick = null;
  session.pair = "code";
  connection.tell({ name: "open" });
};

test("who comes by a code needs no name and shows no session, and shows the code once", () => {
  pairing();
  const { nick, session: shown, pair } = latest();
  assert.deepEqual([nick, shown, pair], [undefined, undefined, "code"]);
  connection.hear({ t: "welcome", id: latest().id, session: "token", you: ANN, ping_interval: 25 });
  assert.deepEqual([session.nick, session.pair, states.at(-1)], ["Ann", null, "open"]);
  connection.tell({ name: "waiting" });
  connection.tell({ name: "open" });
  assert.deepEqual([latest().session, "pair" in latest()], ["token", false]);
});

test("without a name but with a code there is a connection", () => {
  session.nick = null;
  session.reconnect();
  session.hurry();
  assert.deepEqual(connection.calls, ["reconnect"]);
  session.pair = "code";
  session.reconnect();
  session.hurry();
  assert.deepEqual(connection.calls, ["reconnect", "reconnect", "hurry"]);
});

test("a code that is used or over is told, and not shown again", () => {
  pairing();
  answer({ t: "error", code: "bad_pair", text: "this code is used or over" });
  assert.deepEqual([device[0][0], device[0][1].code, refused], ["refuse", "bad_pair", []]);
  session.call("Ben");
  connection.tell({ name: "open" });
  assert.deepEqual([latest().nick, "pair" in latest()], ["Ben", false]);
});

test("a code is kept while the server asks for something else", () => {
  pairing();
  answer({ t: "error", code: "unauthorized", text: "who?", access: ["password"] });
  session.access = { password: "sesame" };
  connection.tell({ name: "open" });
  assert.equal(latest().pair, "code");
});

test("somebody who becomes another person is told, and the conversation ends", () => {
  welcome();
  session.switchBy("code");
  assert.deepEqual(connection.calls.slice(-2), ["close", "reconnect"]);
  connection.tell({ name: "open" });
  assert.deepEqual([latest().nick, latest().session, latest().pair], [undefined, undefined, "code"]);
  answer({ t: "welcome", session: "other", you: { id: "b", nick: "Ben" }, ping_interval: 25 });
  assert.deepEqual([device[0][0], device[0][1].you.nick, connection.calls.at(-1), store.session], ["switched", "Ben", "close", "token"]);
});

test("somebody whose code is not good stays who they are", () => {
  welcome();
  session.switchBy("code");
  connection.tell({ name: "open" });
  answer({ t: "error", code: "bad_pair", text: "this code is used or over" });
  session.reconnect();
  connection.tell({ name: "open" });
  assert.deepEqual([latest().session, latest().nick], ["token", "Ann"]);
});

test("a session that has ended meanwhile counts as ended by a close, unless the server is another", () => {
  store.open("tea");
  welcome();
  answer({ t: "joined", room: "tea", last: 0, epoch: "e1", members: [ANN] });
  const comeBack = (epoch) => {
    connection.tell({ name: "waiting" });
    connection.tell({ name: "open" });
    answer({ t: "welcome", session: "new", unknown_session: true, epoch, you: ANN, ping_interval: 25 });
  };
  comeBack("e2");
  assert.deepEqual([states.at(-1), store.session], ["open", "new"]);
  comeBack("e1");
  assert.deepEqual([device.at(-1)[0], connection.calls.at(-1)], ["signedOut", "close"]);
});

test("that a session is over is told", () => {
  welcome();
  connection.tell({ name: "stopped", reason: "elsewhere", code: 4504 });
  assert.deepEqual(device, []);
  connection.tell({ name: "stopped", reason: "the session is over", code: 4506 });
  assert.deepEqual(device, [["signedOut", undefined]]);
});
