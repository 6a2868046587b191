// Rules of several uploads: so many at once, tries and pauses, and no try without a connection.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Uploads } from "../../../static/js/net/uploads.js";
import { releaseClock, stopClock, tick } from "../clock.js";

const settle = () => new Promise((done) => setImmediate(done));
const answer = (status, headers = {}, json = null) => ({ status, json, header: (name) => headers[name] ?? null });

let uploads;
let open; // requests without an answer: {method, url, reply, onSent}
let told;

function exchange({ method, url, signal, onSent }) {
  return new Promise((reply, reject) => {
    open.push({ method, url, reply, onSent });
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Answers all open requests; returns their methods. */
async function reply(...answers) {
  const asked = open.splice(0);
  asked.forEach(({ reply: give }, place) => give(answers[place] ?? answers.at(-1)));
  await settle();
  return asked.map(({ method }) => method);
}

const add = (...keys) => {
  for (const key of keys) {
    uploads.add(key, { url: `http://chat.example/${key}`, name: key, blob: new Blob(["x"]), headers: () => ({}) });
  }
};
const CREATED = answer(201, { Location: "up" });
const DONE = answer(200, { "Upload-Offset": "1" }, { file: { id: "f" } });
const last = (kind) => told.filter(([one]) => one === kind).map(([, key]) => key);

beforeEach(() => {
  stopClock();
  open = [];
  told = [];
  const tell = (kind) => (key, value) => told.push([kind, key, value]);
  uploads = new Uploads(exchange, {
    onState: tell("state"),
    onLocation: tell("location"),
    onProgress: tell("progress"),
    onDone: tell("done"),
    onFailed: tell("failed"),
  });
});
afterEach(releaseClock);

test("two files go at once, the others after them, in order", async () => {
  uploads.connected(true);
  add("a", "b", "c");
  assert.equal(open.length, 2);
  await reply(CREATED);
  await reply(DONE);
  assert.deepEqual(last("done"), ["a", "b"]);
  assert.deepEqual(open.map(({ url }) => url), ["http://chat.example/c"]);
});

test("nothing is tried without a connection, and all of it with the next one", async () => {
  add("a");
  assert.equal(open.length, 0);
  uploads.connected(true);
  assert.equal(open.length, 1);
  uploads.connected(false);
  await reply(answer(0));
  tick(3_600_000);
  assert.equal(open.length, 0);
  assert.deepEqual(last("failed"), []);
  uploads.connected(true);
  assert.equal(open.length, 1);
});

test("with a connection it is tried again after pauses that grow, and so often at most", async () => {
  uploads.connected(true);
  add("a");
  for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000]) {
    await reply(answer(502));
    tick(pause - 1);
    assert.equal(open.length, 0);
    tick(1);
    assert.equal(open.length, 1);
  }
  await reply(answer(502));
  assert.deepEqual(last("failed"), ["a"]);
  assert.equal(uploads.has("a"), false);
});

test("as long as more comes through each time, it is not given up", async () => {
  uploads.connected(true);
  add("a");
  await reply(CREATED);
  for (let count = 1; count < 10; count++) {
    open[0].onSent(count / 10);
    await reply(answer(0));
    tick(1_000);
    await reply(answer(200, { "Upload-Offset": "0" }));
  }
  assert.deepEqual(last("failed"), []);
});

test("what the server refuses for good is not tried again, and the next file goes", async () => {
  uploads.connected(true);
  add("a", "b", "c");
  await reply(answer(413), CREATED);
  assert.deepEqual(last("failed"), ["a"]);
  assert.ok(open.some(({ url }) => url.endsWith("/c")));
});

test("a file that is removed is not uploaded further, and the server is told to forget it", async () => {
  uploads.connected(true);
  add("a");
  await reply(CREATED);
  uploads.drop("a");
  await settle();
  assert.deepEqual(open.map(({ method }) => method), ["PATCH", "DELETE"]);
  await reply(DONE);
  assert.deepEqual(last("done"), []);
  uploads.drop("a"); // which is nothing any more
});
