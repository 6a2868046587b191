// Rules of the page's connection, with a WebSocket and a clock of our own.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Connection, comesBack, pauseBefore } from "../../../static/js/net/connection.js";

class FakeSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static made = [];
  readyState = 0;
  sent = [];
  closed = false;

  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
    FakeSocket.made.push(this);
  }

  open() {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }

  hear(...objects) {
    this.onmessage({ data: JSON.stringify(objects) });
  }

  lose(code = 1006, reason = "") {
    this.readyState = 3;
    this.onclose({ code, reason });
  }

  send(text) {
    this.sent.push(text);
  }

  close() {
    this.closed = true;
  }
}

let states;
let heard;
let connection;

const sockets = () => FakeSocket.made;
const latest = () => FakeSocket.made.at(-1);

beforeEach(() => {
  mock.restoreAll();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  mock.method(Math, "random", () => 0.5);
  globalThis.WebSocket = FakeSocket;
  FakeSocket.made = [];
  states = [];
  heard = [];
  connection = new Connection("ws://chat/ws", {
    onState: (state) => states.push(state),
    onObjects: (objects) => heard.push(...objects),
  });
});

test("codes that invite to come back, and those that do not", () => {
  for (const code of [1001, 1006, 1009, 1011, 1012, 1013, 4000, 4001, 4499]) assert(comesBack(code), code);
  for (const code of [1000, 1002, 1007, 3000, 4500, 4999]) assert(!comesBack(code), code);
});

test("the pause is random up to a ceiling that doubles from 0.5 s to 20 s", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => pauseBefore(attempt, () => 1));
  assert.deepEqual(ceilings, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
  assert.equal(pauseBefore(3, () => 0), 0);
});

test("it speaks v1, tells its states and hands on the objects in messages", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "one" }, { t: "two" });
  assert.equal(latest().url, "ws://chat/ws");
  assert.equal(latest().protocol, "trio-chat.v1");
  assert.deepEqual(states, [{ name: "connecting", attempt: 0 }, { name: "open" }]);
  assert.deepEqual(heard, [{ t: "one" }, { t: "two" }]);
});

test("a message that is no array of objects says nothing", () => {
  connection.reconnect();
  latest().open();
  for (const data of ["{", "null", "3", "{}", "[1, null]"]) latest().onmessage({ data });
  assert.deepEqual(heard, []);
});

test("it sends only while open, and says whether it did", () => {
  assert.equal(connection.send([{ t: "early" }]), false);
  connection.reconnect();
  assert.equal(connection.send([{ t: "too early" }]), false);
  latest().open();
  assert.equal(connection.send([{ t: "now" }]), true);
  assert.deepEqual(latest().sent, ['[{"t":"now"}]']);
});

test("after a loss it comes back when the pause is over", () => {
  connection.reconnect();
  latest().open();
  latest().lose(1012);
  assert.deepEqual(states.at(-1), { name: "waiting", attempt: 1, until: 250, code: 1012 });
  mock.timers.tick(249);
  assert.equal(sockets().length, 1);
  mock.timers.tick(1);
  assert.equal(sockets().length, 2);
});

test("pauses grow while attempts fail, and start anew after 5 s of a good connection", () => {
  connection.reconnect();
  for (const pause of [250, 500, 1000]) {
    const now = Date.now();
    latest().lose();
    assert.equal(states.at(-1).until - now, pause);
    mock.timers.tick(pause);
  }
  latest().open();
  mock.timers.tick(4999);
  latest().lose();
  assert.equal(states.at(-1).until - Date.now(), 2000);
  mock.timers.tick(2000);
  latest().open();
  mock.timers.tick(5000);
  latest().lose();
  assert.equal(states.at(-1).until - Date.now(), 250);
});

test("an attempt that takes 10 s is given up, and the next one made", () => {
  connection.reconnect();
  const slow = latest();
  mock.timers.tick(10_000);
  assert(slow.closed);
  assert.equal(states.at(-1).name, "waiting");
  mock.timers.tick(250);
  assert.equal(sockets().length, 2);
});

test("told to stay away, it does until the user wants it back", () => {
  connection.reconnect();
  latest().open();
  latest().lose(4503, "removed");
  assert.deepEqual(states.at(-1), { name: "stopped", reason: "removed" });
  mock.timers.tick(60_000);
  connection.hurry();
  assert.equal(sockets().length, 1);
  connection.reconnect();
  assert.equal(sockets().length, 2);
});

test("a code without a reason is shown as its number", () => {
  connection.reconnect();
  latest().lose(1000);
  assert.deepEqual(states.at(-1), { name: "stopped", reason: "code 1000" });
});

test("hurrying ends the pause, and does nothing to a connection that is there", () => {
  connection.reconnect();
  latest().lose();
  connection.hurry();
  assert.equal(sockets().length, 2);
  connection.hurry();
  latest().open();
  connection.hurry();
  mock.timers.tick(60_000);
  connection.hurry();
  connection.reconnect();
  assert.equal(sockets().length, 2);
});

test("attempts are counted until one is proven", () => {
  connection.reconnect();
  for (const pause of [250, 500, 1000]) {
    latest().lose();
    mock.timers.tick(pause);
  }
  const counts = states.map(({ name, attempt }) => `${name} ${attempt}`);
  assert.deepEqual(counts.slice(-2), ["waiting 3", "connecting 3"]);
  latest().open();
  mock.timers.tick(5000);
  latest().lose();
  assert.equal(states.at(-1).attempt, 1);
});

test("hurrying makes an attempt anew that hangs, and leaves a young one alone", () => {
  connection.reconnect();
  mock.timers.tick(2000);
  connection.hurry();
  assert.equal(sockets().length, 1);
  mock.timers.tick(1);
  connection.hurry();
  assert.equal(sockets().length, 2);
  assert(sockets()[0].closed);
  latest().open();
  assert.equal(states.at(-1).name, "open");
});

test("a line in doubt that stays silent for 4 s is lost", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(25);
  connection.doubt();
  mock.timers.tick(3999);
  latest().hear({ t: "rooms" });
  mock.timers.tick(4000);
  assert.equal(states.at(-1).name, "open");
  connection.doubt();
  mock.timers.tick(4000);
  assert.equal(states.at(-1).name, "waiting");
});

test("there is nothing to doubt before a connection is open", () => {
  connection.doubt();
  connection.reconnect();
  connection.doubt();
  mock.timers.tick(9999);
  assert.equal(states.at(-1).name, "connecting");
});

test("what is sent must be answered within 15 s, however much is sent after it", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(25);
  connection.send([{ t: "send", id: 1 }]);
  mock.timers.tick(10_000);
  connection.send([{ t: "send", id: 2 }]);
  mock.timers.tick(4999);
  assert.equal(states.at(-1).name, "open");
  mock.timers.tick(1);
  assert.equal(states.at(-1).name, "waiting");
});

test("what has no answer need not be answered", () => {
  connection.reconnect();
  latest().open();
  connection.send([{ t: "typing", room: "tea" }]);
  mock.timers.tick(60_000);
  assert.equal(states.at(-1).name, "open");
});

test("asked to stay away for a time, it does so before its own pause", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "bye", code: 1012, reason: "restarting", retry_ms: 1000 });
  latest().lose(1012);
  assert.equal(states.at(-1).until, 1250);
  mock.timers.tick(999);
  connection.hurry();
  assert.equal(sockets().length, 1);
  mock.timers.tick(1);
  connection.hurry();
  assert.equal(sockets().length, 2);
});

test("that holds for the next attempt alone", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "bye", code: 1012, reason: "restarting", retry_ms: 1000 });
  latest().lose(1012);
  mock.timers.tick(1250);
  latest().lose();
  assert.equal(states.at(-1).until - Date.now(), 500);
});

test("a goodbye that names no time needs no more than the own pause", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "bye", code: 4004, reason: "resync" });
  latest().lose(4004);
  assert.equal(states.at(-1).until, 250);
});

test("2.5 ping intervals without a word, and the connection counts as lost", () => {
  connection.reconnect();
  const silent = latest();
  silent.open();
  connection.expectPings(25);
  mock.timers.tick(62_499);
  silent.hear({ t: "ping" });
  mock.timers.tick(62_499);
  assert.equal(states.at(-1).name, "open");
  mock.timers.tick(1);
  assert.equal(states.at(-1).name, "waiting");
  assert(silent.closed);
});

test("however short the interval, it waits 30 s", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(1);
  mock.timers.tick(29_999);
  assert.equal(states.at(-1).name, "open");
  mock.timers.tick(1);
  assert.equal(states.at(-1).name, "waiting");
});

test("a server that does not ping may be silent for ever", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(0);
  mock.timers.tick(3_600_000);
  assert.equal(states.at(-1).name, "open");
});

test("the next connection may be silent until it is told what to expect", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(1);
  latest().lose();
  mock.timers.tick(250);
  latest().open();
  mock.timers.tick(60_000);
  assert.equal(states.at(-1).name, "open");
});

test("closed by us, it stays so until it is wanted again", () => {
  connection.reconnect();
  latest().open();
  connection.close();
  assert(latest().closed);
  assert.deepEqual(states.at(-1), { name: "idle" });
  mock.timers.tick(60_000);
  connection.hurry();
  assert.equal(sockets().length, 1);
  connection.reconnect();
  assert.equal(sockets().length, 2);
});
