// Rules of the log's entries: their order, and what is shown beside the text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Entries } from "../../../static/js/log/entries.js";
import { History } from "../../../static/js/state/history.js";
import { Outgoing } from "../../../static/js/state/outgoing.js";
import { Shades } from "../../../static/js/state/shades.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };
const MORNING = new Date(2026, 4, 4, 9, 41).getTime();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const said = (seq, from, ts = MORNING, more = {}) => ({ seq, from, ts, text: `${seq}`, ...more });
const mark = (line) => ({ line });

/** A room that has these messages, and there may be earlier ones. */
function room(messages, { hasEarlier = false, ...more } = {}) {
  const history = new History();
  history.open();
  history.due();
  history.page({ messages, more: hasEarlier });
  const rest = { notes: [], outgoing: [], queue: new Outgoing(), mark: mark(null), shades: new Shades(), ignored: new Set(), heeded: { words: [] } };
  return { messages: history.messages, history, ...rest, ...more };
}

function entriesOf(room, me) {
  const entries = new Entries(room, me);
  return Array.from({ length: entries.length }, (_, index) => entries.at(index));
}

const firsts = (messages) => entriesOf(room(messages), ANN).map(({ isFirst }) => isFirst);

test("the author's name stands above the first of their messages", () => {
  assert.deepEqual(firsts([said(1, ANN), said(2, ANN), said(3, BOB), said(4, ANN)]), [
    true,
    false,
    true,
    true,
  ]);
});

test("the name is repeated after 5 minutes, and beside an edited message", () => {
  const later = MORNING + 5 * MINUTE;
  assert.deepEqual(firsts([said(1, ANN), said(2, ANN, later)]), [true, true]);
  assert.deepEqual(firsts([said(1, ANN), said(2, ANN, MORNING, { edited: true })]), [true, true]);
});

test("a day is named above its first message", () => {
  const messages = [said(1, ANN), said(2, ANN, MORNING + MINUTE), said(3, ANN, MORNING + DAY)];
  const days = entriesOf(room(messages), ANN).map(({ isDay }) => isDay);
  assert.deepEqual(days, [true, false, true]);
});

test("a note stands after the message of its number, what is being sent at the end", () => {
  const notes = [{ after: 2, about: "gap" }];
  const outgoing = [{ cid: "cid-0001", text: "on its way", ts: MORNING, state: "waiting" }];
  const entries = entriesOf(room([said(1, BOB), said(3, BOB)], { notes, outgoing }), ANN);
  assert.deepEqual(
    entries.map(({ kind, item }) => [kind, item.about ?? item.text]),
    [
      ["message", "1"],
      ["note", "gap"],
      ["message", "3"],
      ["outgoing", "on its way"],
    ],
  );
});

test("the user's message has the same key before and after it is confirmed", () => {
  const outgoing = [{ cid: "cid-0001", text: "hello", ts: MORNING, state: "sent" }];
  const [before] = entriesOf(room([], { outgoing }), ANN);
  const [after] = entriesOf(room([said(1, ANN, MORNING, { cid: "cid-0001" })]), ANN);
  assert.equal(before.key, after.key);
});

test("no other person's message has that key", () => {
  const outgoing = [{ cid: "cid-0001", text: "hello", ts: MORNING, state: "sent" }];
  const theirs = said(1, BOB, MORNING, { cid: "cid-0001" });
  const keys = entriesOf(room([theirs], { outgoing }), ANN).map(({ key }) => key);
  assert.equal(new Set(keys).size, 2);
});

test("entries wait while there is no connection", () => {
  const queue = new Outgoing();
  queue.add({ t: "edit", cid: "cid-0001", seq: 2, text: "changed" });
  const outgoing = [{ cid: "cid-0002", text: "hello", ts: MORNING, state: "waiting" }];
  const messages = [said(1, ANN), said(2, ANN)];
  const waits = (presence) =>
    entriesOf(room(messages, { queue, outgoing, presence }), ANN).map((entry) => entry.waits);
  assert.deepEqual(waits("away"), [false, true, true]);
  assert.deepEqual(waits("joined"), [false, false, false]);
});

test("a reply has the message that it replies to", () => {
  const entries = entriesOf(room([said(1, ANN), said(2, ANN, MORNING, { reply: 1 })]), ANN);
  assert(entries[1].isFirst);
  assert.equal(entries[1].quoted, entries[0].item);
});

test("a line stands above the first new message of somebody else", () => {
  const messages = [said(1, BOB), said(3, ANN), said(4, BOB), said(5, BOB)];
  const isNew = (line) => entriesOf(room(messages, { mark: mark(line) }), ANN).map((e) => e.isNew);
  assert.deepEqual(isNew(1), [false, false, true, false]);
  assert.deepEqual(isNew(0), [true, false, false, false]);
  assert.deepEqual(isNew(5), [false, false, false, false]);
  assert.deepEqual(isNew(null), [false, false, false, false]);
});

test("the first new message is not known while there may be earlier ones", () => {
  const known = new Entries(room([said(8, BOB), said(9, BOB)], { mark: mark(7) }), ANN);
  assert.equal(known.line, 0);
  const unknown = room([said(8, BOB), said(9, BOB)], { mark: mark(3), hasEarlier: true });
  assert.equal(new Entries(unknown, ANN).line, -1);
});

test("each entry is found by its key, and the nearest message by its number", () => {
  const notes = [{ after: 2, about: "gap" }];
  const outgoing = [{ cid: "cid-0002", text: "on its way", ts: MORNING, state: "waiting" }];
  const messages = [said(1, BOB), said(3, ANN, MORNING, { cid: "cid-0001" }), said(6, BOB)];
  const entries = new Entries(room(messages, { notes, outgoing }), ANN);
  const keys = Array.from({ length: entries.length }, (_, index) => entries.keyAt(index));
  assert.deepEqual(keys, [1, "note 2", "cid-0001", 6, "cid-0002"]);
  assert.deepEqual(keys.map((key) => entries.find(key)), [0, 1, 2, 3, 4]);
  assert.deepEqual(keys, entriesOf(room(messages, { notes, outgoing }), ANN).map(({ key }) => key));
  for (const gone of [2, 3, "cid-0003", "note 9"]) assert.equal(entries.find(gone), -1);
  assert.deepEqual([0, 1, 2, 4, 9].map((seq) => entries.seek(seq)), [0, 0, 2, 3, 4]);
});

// What is gone

const gone = (seq, more = {}) => said(seq, null, MORNING, { text: "", deleted: true, ...more });
const cleared = (seq, more = {}) => gone(seq, { cleared: true, ...more });
const raid = (from, to) => Array.from({ length: to - from + 1 }, (_, number) => cleared(from + number));
const shape = (one) => (one.count ? `${one.count} gone` : (one.item.text || one.item.about));

test("neighbouring messages that are gone are one entry without an author", () => {
  const messages = [said(1, ANN), ...raid(2, 10_000), said(10_001, ANN), gone(10_002, { from: ANN }), said(10_003, ANN)];
  const entries = entriesOf(room(messages.slice(0, 9_000)), ANN);
  assert.deepEqual(entries.map(shape), ["1", "8999 gone"]);
  assert.equal(entries[1].author, null);
  const [before, one, after, deleted, last] = entriesOf(room([said(1, ANN), cleared(2), ...messages.slice(-3)]), ANN);
  assert.deepEqual([before, one, after, last].map(shape), ["1", "1 gone", "10001", "10003"]);
  assert.deepEqual([deleted.count, deleted.author, deleted.isFirst], [0, ANN, false]);
  assert.deepEqual([one.isFirst, after.isFirst], [false, true]);
  const pair = [gone(1, { from: ANN }), gone(2, { from: BOB }), said(3, BOB), gone(4, { from: BOB })];
  assert.deepEqual(entriesOf(room(pair), ANN).map(({ count }) => count), [2, 0, 0]);
});

test("they are apart at a day, a note and the line of the new messages", () => {
  const messages = [said(1, BOB), ...raid(2, 5), cleared(6, { ts: MORNING + DAY }), cleared(7, { ts: MORNING + DAY })];
  const notes = [{ after: 3, about: "gap" }];
  assert.deepEqual(entriesOf(room(messages, { notes }), ANN).map(shape), ["1", "2 gone", "gap", "2 gone", "2 gone"]);
  const lined = room(messages, { mark: mark(3) });
  assert.deepEqual(entriesOf(lined, ANN).map(({ isNew }) => isNew), [false, false, true, false]);
  assert.equal(new Entries(lined, ANN).line, 2);
});

test("an entry is found by each message that it shows, and by its place", () => {
  const outgoing = [{ cid: "cid-0001", text: "on its way", ts: MORNING, state: "waiting" }];
  const notes = [{ after: 9, about: "act" }];
  const entries = new Entries(room([said(1, BOB), ...raid(2, 8), said(9, BOB)], { notes, outgoing }), ANN);
  assert.equal(entries.length, 5);
  for (let index = 0; index < entries.length; index++) {
    assert.equal(entries.find(entries.keyAt(index)), index);
    assert.equal(entries.at(index).key, entries.keyAt(index));
  }
  assert.deepEqual([2, 5, 8].map((seq) => [entries.find(seq), entries.seek(seq), entries.nameOf(seq)]), [[1, 1, 2], [1, 1, 2], [1, 1, 2]]);
  assert.deepEqual([entries.seek(9), entries.nameOf(9), entries.nameOf(77)], [2, 9, 77]);
});
