// Rules of the actions on a message, and of drafts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { actionsFor, hasReacted, lastOwn } from "../../../static/js/log/actions.js";
import { Room } from "../../../static/js/state/room.js";
import { bounded, rebased, restored } from "../../../static/js/storage/drafts.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };

const message = (author, more = {}) => ({ kind: "message", author, item: { text: "x", ...more } });
const outgoing = (more) => ({ kind: "outgoing", author: ANN, item: { text: "x", t: "send", ...more } });

for (const [rule, entry, expected] of [
  ["one's own message is edited and deleted", message(ANN), "react reply copy link forward edit delete"],
  ["others' messages are not, but can be told of", message(BOB), "react reply copy link forward more"],
  ["nor are those of nobody", message(undefined), "react reply copy link forward more"],
  ["nothing is done with a deleted message", message(ANN, { deleted: true }), ""],
  ["nor with a note", { kind: "note", author: null, item: { about: "gap" } }, ""],
  ["what waits is edited and deleted", outgoing({ wasSent: false }), "copy edit delete"],
  ["what failed, too", outgoing({ wasSent: true, state: "failed" }), "copy edit delete"],
  ["what the server may have is not", outgoing({ wasSent: true, state: "waiting" }), "copy"],
  ["a topic on its way is left alone", outgoing({ t: "topic" }), ""],
]) {
  test(rule, () => assert.equal(actionsFor(entry, { me: ANN }).join(" "), expected));
}

test("a moderator deletes what others say, and edits nobody's words", () => {
  const may = { me: ANN, moderate: true };
  assert.equal(actionsFor(message(BOB), may).join(" "), "react reply copy link forward more delete");
  assert.equal(actionsFor(message(ANN), may).join(" "), "react reply copy link forward edit delete");
});

test("who may not speak is offered nothing that would be refused", () => {
  const may = { me: ANN, speak: false };
  assert.equal(actionsFor(message(BOB), may).join(" "), "copy link more");
  assert.equal(actionsFor(message(ANN), may).join(" "), "copy link");
});

test("a reaction is the user's if they are among its people", () => {
  const reactions = { "👍": [ANN], "🎉": [BOB] };
  assert.equal(hasReacted({ reactions }, "👍", ANN), true);
  assert.equal(hasReacted({ reactions }, "🎉", ANN), false);
  assert.equal(hasReacted({ reactions }, "constructor", ANN), false);
  assert.equal(hasReacted({}, "👍", ANN), false);
});

/** A room in which Ann and Bob have spoken. */
function room() {
  const tea = new Room("tea");
  tea.joined({ last: 0, epoch: "e1", members: [ANN, BOB] });
  [ANN, ANN, BOB].forEach((from, place) =>
    tea.happened({ t: "msg", seq: place + 1, ts: 0, text: `text ${place + 1}`, from }, ANN),
  );
  return tea;
}

test("the user's latest message is the one to edit", () => {
  const expected = { seq: 2, epoch: "e1", before: "text 2", text: "text 2" };
  assert.deepEqual(lastOwn(room(), ANN), expected);
  assert.equal(lastOwn(room(), null), null);
});

test("deleted messages are skipped, also while the deletion waits to be sent", () => {
  const tea = room();
  tea.put({ t: "delete", seq: 2, cid: "cid 1" }, 0);
  assert.equal(lastOwn(tea, ANN).seq, 1);
});

test("a message is edited from what its last edit makes of it", () => {
  const tea = room();
  tea.put({ t: "edit", seq: 2, text: "better", cid: "cid 1" }, 0);
  assert.equal(lastOwn(tea, ANN).text, "better");
});

test("an entry of the queue is the latest message, unless the server may have it", () => {
  const tea = room();
  tea.put({ t: "send", text: "waits", cid: "cid 1" }, 0);
  assert.deepEqual(lastOwn(tea, ANN), { cid: "cid 1", before: "waits", text: "waits" });
  tea.queue.next();
  assert.equal(lastOwn(tea, ANN).seq, 2);
});

test("a number that is given with its epoch keeps it", () => {
  const tea = room();
  tea.put({ t: "send", text: "yes", reply: 2, epoch: "e0", cid: "cid 1" }, 0);
  tea.queue.rebase("e1");
  assert.equal("reply" in tea.queue.entries[0], false);
});

test("of stored values only drafts are used", () => {
  const draft = { text: "x", reply: { seq: 1, epoch: "e1" }, edit: null };
  assert.deepEqual(restored([["tea", draft]]), [["tea", draft]]);
  for (const value of [null, {}, "x", 1, [], { text: 1 }]) {
    assert.deepEqual(restored([["tea", value]]), []);
  }
  const odd = { text: "x", reply: { seq: "1" }, edit: { text: 1, cid: "c" }, more: 1 };
  assert.deepEqual(restored([["tea", odd]]), [["tea", { text: "x", reply: null, edit: null }]]);
});

test("drafts are bounded, and the latest are kept", () => {
  const drafts = (count, text) =>
    Array.from({ length: count }, (_, place) => [`room ${place}`, { text, edit: null }]);
  assert.equal(bounded(drafts(60, "x")).length, 50);
  assert.equal(bounded(drafts(60, "x")).at(-1)[0], "room 59");
  assert.deepEqual(bounded(drafts(3, "x".repeat(90_000))).map(([room]) => room), ["room 1", "room 2"]);
});

test("numbers of another epoch are removed from a draft, its text is not", () => {
  const old = { seq: 2, epoch: "e0" };
  const edit = { ...old, before: "a", text: "edited" };
  const plain = { text: "x", reply: null, edit: null };
  assert.deepEqual(rebased({ ...plain, reply: old }, "e1"), plain);
  assert.deepEqual(rebased({ ...plain, edit }, "e1"), { ...plain, text: "x\nedited" });
  assert.deepEqual(rebased({ ...plain, text: "", edit }, "e1"), { ...plain, text: "edited" });
  assert.equal(rebased({ ...plain, reply: old }, "e0"), null);
  assert.equal(rebased({ ...plain, reply: old }, null), null);
  assert.equal(rebased({ ...plain, edit: { cid: "c", text: "y" } }, "e1"), null);
});
