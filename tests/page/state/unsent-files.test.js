// Rules of files that are not sent yet: messages wait for their files, and what the server forgets comes again.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outgoing } from "../../../static/js/state/outgoing.js";
import { describe, renewLost, renewStale, unsentFiles } from "../../../static/js/state/unsent-files.js";

const HOUR = 3_600_000;
const file = (key, more = {}) => ({ key, name: `${key}.jpg`, type: "image/jpeg", size: 9, ...more });

let queue;
let rooms;
let drafts;

const send = (cid, text, files) => queue.add({ t: "send", cid, ts: 0, text, files });
const idOf = (key) => unsentFiles(drafts, rooms).find((one) => one.file.key === key).file.id;

beforeEach(() => {
  queue = new Outgoing();
  rooms = new Map([["tea", { name: "tea", queue }]]);
  drafts = new Map([["den", { text: "", files: [file("d")] }]]);
});

test("a message waits for its files, and holds back no other one", () => {
  send("c1", "look", [file("a"), file("b")]);
  send("c2", "nice?");
  assert.equal(queue.next().cid, "c2");
  assert.equal(queue.next(), null);
  queue.take("c2");
  describe(drafts, rooms, "a", { id: "id-a" });
  assert.equal(queue.next(), null);
  describe(drafts, rooms, "b", { id: "id-b" });
  assert.equal(queue.next().cid, "c1");
});

test("of files the server gets their ids and descriptions, and a message needs no text", () => {
  send("c1", "", [file("a", { id: "id-a", alt: "A cat" }), file("b", { id: "id-b", alt: "" })]);
  const files = [{ id: "id-a", alt: "A cat" }, { id: "id-b" }];
  assert.deepEqual(queue.next(), { t: "send", cid: "c1", text: "", files });
});

test("files are found and changed in drafts and in messages", () => {
  send("c1", "look", [file("a")]);
  assert.deepEqual(
    unsentFiles(drafts, rooms).map((one) => [one.file.key, one.room, one.cid]),
    [["a", "tea", "c1"], ["d", "den", undefined]],
  );
  describe(drafts, rooms, "d", { alt: "A dog" });
  assert.equal(drafts.get("den").files[0].alt, "A dog");
});

test("what was uploaded nearly an hour ago is uploaded again before it is sent", () => {
  send("c1", "look", [file("a", { id: "id-a", at: 0 }), file("b", { id: "id-b", at: HOUR / 2 })]);
  renewStale(drafts, rooms, HOUR - 1);
  assert.deepEqual([idOf("a"), idOf("b")], [undefined, "id-b"]);
});

test("but not if the server may have the message: a resend must be the same", () => {
  send("c1", "look", [file("a", { id: "id-a", at: 0 })]);
  queue.next();
  queue.lost();
  renewStale(drafts, rooms, 2 * HOUR);
  assert.equal(idOf("a"), "id-a");
});

test("files that the server has lost are uploaded again, once", () => {
  send("c1", "look", [file("a", { id: "id-a" })]);
  const renewed = new Set();
  const refuse = () => {
    queue.next();
    queue.refuse("c1", { code: "gone" });
  };
  refuse();
  assert.equal(renewLost(rooms, ["gone"], renewed), true);
  assert.equal(idOf("a"), undefined);
  assert.equal(queue.entries[0].state, "waiting");
  describe(drafts, rooms, "a", { id: "id-b" });
  refuse();
  assert.equal(renewLost(rooms, ["gone"], renewed), false);
  assert.equal(queue.entries[0].state, "failed");
});

test("a deleted message has no files, already while its deletion waits", () => {
  const message = { seq: 7, ts: 7, text: "look", files: [file("a")], reactions: {} };
  queue.add({ t: "delete", cid: "c9", seq: 7, ts: 8 });
  assert.equal(queue.shown(message, { id: "a" }).files, undefined);
});
