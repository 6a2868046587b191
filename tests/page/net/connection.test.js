// Rules of the page's connection, with a fake WebSocket and a fake clock.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Connection, comesBack, pauseBefore } from "../../../static/js/net/connection.js";
import { stopClock, tick } from "../clock.js";

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
  stopClock();
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

test("the close codes after which to reconnect, and the others", () => {
  for (const code of [1001, 1006, 1009, 1011, 1012, 1013, 4000, 4001, 4499, 4503]) assert(comesBack(code), code);
  for (const code of [1000, 1002, 1007, 3000, 4500, 4999]) assert(!comesBack(code), code);
});

test("the pause is random up to a ceiling that doubles from 0.5 s to 20 s", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => pauseBefore(attempt, () => 1));
  assert.deepEqual(ceilings, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
  assert.equal(pauseBefore(3, () => 0), 0);
});

test("it offers v1, reports its states and passes on the objects in frames", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "one" }, { t: "two" });
  assert.equal(latest().url, "ws://chat/ws");
  assert.equal(latest().protocol, "trio-chat.v1");
  assert.deepEqual(states, [{ name: "connecting", attempt: 0 }, { name: "open" }]);
  assert.deepEqual(heard, [{ t: "one" }, { t: "two" }]);
});

test("a frame that is no array of objects is ignored", () => {
  connection.reconnect();
  latest().open();
  for (const data of ["{", "null", "3", "{}", "[1, null]"]) latest().onmessage({ data });
  assert.deepEqual(heard, []);
});

test("it sends only while open, and returns whether it did", () => {
  assert.equal(connection.send([{ t: "early" }]), false);
  connection.reconnect();
  assert.equal(connection.send([{ t: "too early" }]), false);
  latest().open();
  assert.equal(connection.send([{ t: "now" }]), true);
  assert.deepEqual(latest().sent, ['[{"t":"now"}]']);
});

test("it tells how many attempts in a row have failed, until one opens", () => {
  connection.reconnect();
  for (const failed of [1, 2, 3]) {
    latest().lose();
    assert.equal(states.at(-1).failed, failed);
    connection.reconnect();
  }
  latest().open();
  latest().lose();
  assert.equal(states.at(-1).failed, 0);
});

test("after a loss it reconnects when the pause is over", () => {
  connection.reconnect();
  latest().open();
  latest().lose(1012);
  assert.deepEqual(states.at(-1), { name: "waiting", attempt: 1, until: 250, code: 1012, failed: 0 });
  tick(249);
  assert.equal(sockets().length, 1);
  tick(1);
  assert.equal(sockets().length, 2);
});

test("pauses grow while attempts fail, and begin again after 5 s of a good connection", () => {
  connection.reconnect();
  for (const pause of [250, 500, 1000]) {
    const now = Date.now();
    latest().lose();
    assert.equal(states.at(-1).until - now, pause);
    tick(pause);
  }
  latest().open();
  tick(4999);
  latest().lose();
  assert.equal(states.at(-1).until - Date.now(), 2000);
  tick(2000);
  latest().open();
  tick(5000);
  latest().lose();
  assert.equal(states.at(-1).until - Date.now(), 250);
});

test("an attempt is given up after 10 s, and the next one made", () => {
  connection.reconnect();
  const slow = latest();
  tick(10_000);
  assert(slow.closed);
  assert.equal(states.at(-1).name, "waiting");
  tick(250);
  assert.equal(sockets().length, 2);
});

test("after a final close code it reconnects only if the user wants", () => {
  connection.reconnect();
  latest().open();
  latest().lose(4504, "removed");
  assert.deepEqual(states.at(-1), { name: "stopped", reason: "removed", code: 4504 });
  tick(60_000);
  connection.hurry();
  assert.equal(sockets().length, 1);
  connection.reconnect();
  assert.equal(sockets().length, 2);
});

test("a code without a reason is shown as its number", () => {
  connection.reconnect();
  latest().lose(1000);
  assert.deepEqual(states.at(-1), { name: "stopped", reason: "code 1000", code: 1000 });
});

test("hurrying ends the pause, and does nothing to an open connection", () => {
  connection.reconnect();
  latest().lose();
  connection.hurry();
  assert.equal(sockets().length, 2);
  connection.hurry();
  latest().open();
  connection.hurry();
  tick(60_000);
  connection.hurry();
  connection.reconnect();
  assert.equal(sockets().length, 2);
});

test("attempts are counted until a connection has lasted", () => {
  connection.reconnect();
  for (const pause of [250, 500, 1000]) {
    latest().lose();
    tick(pause);
  }
  const counts = states.map(({ name, attempt }) => `${name} ${attempt}`);
  assert.deepEqual(counts.slice(-2), ["waiting 3", "connecting 3"]);
  latest().open();
  tick(5000);
  latest().lose();
  assert.equal(states.at(-1).attempt, 1);
});

test("hurrying restarts an old attempt, and leaves a young one alone", () => {
  connection.reconnect();
  tick(2000);
  connection.hurry();
  assert.equal(sockets().length, 1);
  tick(1);
  connection.hurry();
  assert.equal(sockets().length, 2);
  assert(sockets()[0].closed);
  latest().open();
  assert.equal(states.at(-1).name, "open");
});

test("a connection that is probed and stays silent for 4 s is lost", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(25);
  connection.probe();
  tick(3999);
  latest().hear({ t: "rooms" });
  tick(4000);
  assert.equal(states.at(-1).name, "open");
  connection.probe();
  tick(4000);
  assert.equal(states.at(-1).name, "waiting");
});

test("there is nothing to probe before a connection is open", () => {
  connection.probe();
  connection.reconnect();
  connection.probe();
  tick(9999);
  assert.equal(states.at(-1).name, "connecting");
});

test("a request must be answered within 15 s, however much is sent after it", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(25);
  connection.send([{ t: "send", id: 1 }]);
  tick(10_000);
  connection.send([{ t: "send", id: 2 }]);
  tick(4999);
  assert.equal(states.at(-1).name, "open");
  tick(1);
  assert.equal(states.at(-1).name, "waiting");
});

test("an object without an id needs no answer", () => {
  connection.reconnect();
  latest().open();
  connection.send([{ t: "typing", room: "tea" }]);
  tick(60_000);
  assert.equal(states.at(-1).name, "open");
});

test("it waits as long as bye tells, and its own pause after that", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "bye", code: 1012, reason: "restarting", retry_ms: 1000 });
  latest().lose(1012);
  assert.equal(states.at(-1).until, 1250);
  tick(999);
  connection.hurry();
  assert.equal(sockets().length, 1);
  tick(1);
  connection.hurry();
  assert.equal(sockets().length, 2);
});

test("that holds for the next attempt only", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "bye", code: 1012, reason: "restarting", retry_ms: 1000 });
  latest().lose(1012);
  tick(1250);
  latest().lose();
  assert.equal(states.at(-1).until - Date.now(), 500);
});

test("after a bye without a time it waits for its own pause only", () => {
  connection.reconnect();
  latest().open();
  latest().hear({ t: "bye", code: 4004, reason: "resync" });
  latest().lose(4004);
  assert.equal(states.at(-1).until, 250);
});

test("after 2.5 ping intervals without data the connection counts as lost", () => {
  connection.reconnect();
  const silent = latest();
  silent.open();
  connection.expectPings(25);
  tick(62_499);
  silent.hear({ t: "ping" });
  tick(62_499);
  assert.equal(states.at(-1).name, "open");
  tick(1);
  assert.equal(states.at(-1).name, "waiting");
  assert(silent.closed);
});

test("with any interval it waits for 30 s at least", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(1);
  tick(29_999);
  assert.equal(states.at(-1).name, "open");
  tick(1);
  assert.equal(states.at(-1).name, "waiting");
});

test("a server that does not ping may be silent without limit", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(0);
  tick(3_600_000);
  assert.equal(states.at(-1).name, "open");
});

test("the next connection may be silent until its welcome", () => {
  connection.reconnect();
  latest().open();
  connection.expectPings(1);
  latest().lose();
  tick(250);
  latest().open();
  tick(60_000);
  assert.equal(states.at(-1).name, "open");
});

test("after close it stays closed until reconnect", () => {
  connection.reconnect();
  latest().open();
  connection.close();
  assert(latest().closed);
  assert.deepEqual(states.at(-1), { name: "idle" });
  tick(60_000);
  connection.hurry();
  assert.equal(sockets().length, 1);
  connection.reconnect();
  assert.equal(sockets().length, 2);
});
