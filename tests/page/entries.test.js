// Rules of what the log consists of: in which order, and what is said beside the words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { entriesOf } from "../../static/entries.js";
import { Outgoing } from "../../static/outgoing.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };
const MORNING = new Date(2026, 4, 4, 9, 41).getTime();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const said = (seq, from, ts = MORNING, more = {}) => ({ seq, from, ts, text: `${seq}`, ...more });
const room = (messages, more = {}) => ({
  messages,
  notes: [],
  outgoing: [],
  queue: new Outgoing(),
  ...more,
});
const firsts = (messages) => entriesOf(room(messages), ANN).map(({ isFirst }) => isFirst);

test("a name stands above the first of several messages of one person", () => {
  assert.deepEqual(firsts([said(1, ANN), said(2, ANN), said(3, BOB), said(4, ANN)]), [
    true,
    false,
    true,
    true,
  ]);
});

test("after 5 minutes, and beside an edited message, it stands again", () => {
  const later = MORNING + 5 * MINUTE;
  assert.deepEqual(firsts([said(1, ANN), said(2, ANN, later)]), [true, true]);
  assert.deepEqual(firsts([said(1, ANN), said(2, ANN, MORNING, { edited: true })]), [true, true]);
});

test("a day is named above its first message", () => {
  const messages = [said(1, ANN), said(2, ANN, MORNING + MINUTE), said(3, ANN, MORNING + DAY)];
  const days = entriesOf(room(messages), ANN).map(({ isDay }) => isDay);
  assert.deepEqual(days, [true, false, true]);
});

test("a note stands behind the message of its number, what is being sent at the end", () => {
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

test("one's own message is the same line before and after it is kept", () => {
  const outgoing = [{ cid: "cid-0001", text: "hello", ts: MORNING, state: "sent" }];
  const [before] = entriesOf(room([], { outgoing }), ANN);
  const [after] = entriesOf(room([said(1, ANN, MORNING, { cid: "cid-0001" })]), ANN);
  assert.equal(before.key, after.key);
});

test("nobody else's message can be that line", () => {
  const outgoing = [{ cid: "cid-0001", text: "hello", ts: MORNING, state: "sent" }];
  const theirs = said(1, BOB, MORNING, { cid: "cid-0001" });
  const keys = entriesOf(room([theirs], { outgoing }), ANN).map(({ key }) => key);
  assert.equal(new Set(keys).size, 2);
});
