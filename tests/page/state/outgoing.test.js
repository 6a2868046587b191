// Rules of the queue: its order, what supersedes what, and how messages look meanwhile.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outgoing } from "../../../static/js/state/outgoing.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };
const MESSAGE = { seq: 7, ts: 7000, text: "tea?", from: BOB, reactions: { "👍": [BOB] } };

let queue;
let count;

function add(request) {
  const cid = `cid-${++count}`;
  queue.add({ ts: count, cid, ...request });
  return cid;
}

const say = (text) => add({ t: "send", text });
const edit = (text, seq = 7) => add({ t: "edit", seq, text });
const react = (emoji, on = true, seq = 7) => add({ t: "react", seq, emoji, on });
const cids = () => queue.entries.map(({ cid }) => cid);

/** Has everything sent and confirmed; returns what the server got. */
function flush() {
  const sent = [];
  for (let request = queue.next(); request; request = queue.next()) {
    sent.push(request);
    queue.take(request.cid);
  }
  return sent;
}

beforeEach(() => {
  queue = new Outgoing();
  count = 0;
});

test("a request has the fields of the protocol only", () => {
  add({ t: "send", text: "yes", reply: 7, epoch: "e1" });
  assert.deepEqual(queue.next(), { t: "send", cid: "cid-1", text: "yes", reply: 7 });
  assert.equal(queue.next(), null);
});

test("only the latest edit of a message, topic and state of a reaction are sent", () => {
  edit("one");
  edit("elsewhere", 8);
  edit("two");
  add({ t: "topic", text: "old" });
  add({ t: "topic", text: "new" });
  react("👍");
  react("🎉");
  react("👍", false);
  assert.deepEqual(
    flush().map(({ t, text, emoji }) => [t, text ?? emoji]),
    [["edit", "elsewhere"], ["edit", "two"], ["topic", "new"], ["react", "🎉"]],
  );
});

test("an entry that the server may have is not removed but followed by its opposite", () => {
  react("👍");
  edit("one");
  queue.next();
  queue.lost();
  react("👍", false);
  assert.deepEqual(
    queue.entries.map(({ t, on }) => [t, on]),
    [["react", true], ["edit", undefined], ["react", false]],
  );
});

test("deleting a message removes its waiting changes", () => {
  edit("one");
  react("👍");
  const other = edit("other", 8);
  const gone = add({ t: "delete", seq: 7 });
  assert.deepEqual(cids(), [other, gone]);
});

test("messages never replace each other", () => {
  assert.deepEqual([say("same"), say("same")], cids());
});

test("the text of an entry can be changed unless the server may have it", () => {
  const first = say("oen");
  assert(queue.rewrite(first, "one"));
  assert.equal(queue.next().text, "one");
  queue.lost();
  assert(!queue.rewrite(first, "two"));
  assert(!queue.rewrite("cid-unknown", "two"));
  queue.refuse(first, { code: "too_long", text: "too long" });
  assert(queue.rewrite(first, "two"));
  assert.equal(queue.next().text, "two");
});

test("a message is shown with its waiting changes applied", () => {
  edit("coffee?");
  react("👍");
  react("🎉");
  const shown = queue.shown(MESSAGE, ANN);
  assert.equal(shown.text, "coffee?");
  assert(shown.edited);
  assert.deepEqual(shown.reactions, { "👍": [BOB, ANN], "🎉": [ANN] });
  assert.equal(shown.pending.length, 3);
  assert.equal(MESSAGE.text, "tea?");
});

test("a message without changes is itself, and one with changes the same object each time", () => {
  say("elsewhere");
  assert.equal(queue.shown(MESSAGE, ANN), MESSAGE);
  const cid = edit("coffee?");
  const shown = queue.shown(MESSAGE, ANN);
  assert.equal(queue.shown(MESSAGE, ANN), shown);
  assert.equal(queue.shown({ ...MESSAGE, text: "milk?" }, ANN).text, "coffee?");
  queue.take(cid);
  assert.equal(queue.shown(MESSAGE, ANN), MESSAGE);
});

test("a refused change is not applied, but pending", () => {
  const cid = edit("coffee?");
  queue.next();
  queue.refuse(cid, { code: "not_yours", text: "no" });
  const shown = queue.shown(MESSAGE, ANN);
  assert.equal(shown.text, "tea?");
  assert.deepEqual(shown.pending.map(({ state, reason }) => [state, reason.code]), [
    ["failed", "not_yours"],
  ]);
});

test("an edit does not bring back a deleted message", () => {
  add({ t: "delete", seq: 7 });
  edit("coffee?");
  assert(queue.shown(MESSAGE, ANN).deleted);
  assert.equal(queue.shown(MESSAGE, ANN).text, "");
});

test("reactions are not shown before the user is known", () => {
  react("🎉");
  assert.deepEqual(queue.shown(MESSAGE, null).reactions, MESSAGE.reactions);
});

test("stored entries are added at the end, once, and none counts as sent", () => {
  const here = say("here");
  const left = { t: "send", text: "left", cid: "cid-left", ts: 1, state: "sent", wasSent: true };
  queue.restore([left, { ...left, cid: here }]);
  queue.restore([left]);
  assert.deepEqual(cids(), [here, "cid-left"]);
  assert.deepEqual(queue.entries.map(({ state }) => state), ["waiting", "waiting"]);
  assert(!queue.rewrite("cid-left", "other"));
});
