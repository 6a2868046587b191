// Rules of a stretch of messages: in order, each once, changed by events, bounded.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { LIMIT, Timeline } from "../../../static/js/state/timeline.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };

let timeline;

const message = (seq, text = `text ${seq}`) => ({ t: "msg", seq, ts: seq * 1000, text, from: ANN });
const numbers = () => timeline.messages.map(({ seq }) => seq);
const react = (emoji, who, on) => ({ t: "react", target: 1, emoji, from: who, on });
const reactions = () =>
  Object.entries(timeline.messages[0].reactions).map(([emoji, people]) => [
    emoji,
    people.map(({ nick }) => nick).join(),
  ]);

beforeEach(() => {
  timeline = new Timeline();
});

test("messages stand in their order, whatever order they come in, and once", () => {
  for (const seq of [5, 9, 7, 5, 2, 9]) timeline.add(message(seq));
  assert.deepEqual(numbers(), [2, 5, 7, 9]);
});

test("a page of history fills in what is missing, and leaves alone what is here", () => {
  timeline.add(message(5, "as it is now"));
  timeline.addPage([message(3), message(5, "as it was"), message(6)]);
  assert.deepEqual(numbers(), [3, 5, 6]);
  assert.equal(timeline.messages[1].text, "as it is now");
});

test("an edit replaces the text, and the message by a new object", () => {
  timeline.add(message(1));
  const [before] = timeline.messages;
  timeline.change({ t: "edit", target: 1, text: "better" });
  const [after] = timeline.messages;
  assert.notEqual(before, after);
  assert.deepEqual([after.text, after.edited], ["better", true]);
});

test("a deletion removes the text, and no edit brings it back", () => {
  timeline.add(message(1));
  timeline.change({ t: "delete", target: 1 });
  timeline.change({ t: "edit", target: 1, text: "again" });
  assert.deepEqual([timeline.messages[0].text, timeline.messages[0].deleted], ["", true]);
});

test("somebody reacts once with each emoji, and can take it back", () => {
  timeline.add(message(1));
  timeline.change(react("👍", ANN));
  timeline.change(react("👍", ANN));
  timeline.change(react("👍", BOB));
  timeline.change(react("🍋", BOB));
  assert.deepEqual(reactions(), [["👍", "Ann,Bob"], ["🍋", "Bob"]]);
  timeline.change(react("👍", ANN, false));
  timeline.change(react("🍋", BOB, false));
  assert.deepEqual(reactions(), [["👍", "Bob"]]);
});

test("any text can be an emoji, also one that means something to JavaScript", () => {
  timeline.add(message(1));
  for (const emoji of ["constructor", "__proto__", "toString"]) timeline.change(react(emoji, ANN));
  assert.deepEqual(reactions().map(([emoji]) => emoji).sort(), [
    "__proto__",
    "constructor",
    "toString",
  ]);
});

test("a change of a message that is not here changes nothing", () => {
  timeline.add(message(1));
  timeline.change({ t: "edit", target: 7, text: "of another" });
  assert.deepEqual(numbers(), [1]);
});

test("beyond the limit the oldest are removed, and there are earlier ones from then on", () => {
  for (let seq = 1; seq <= LIMIT; seq++) timeline.add(message(seq));
  assert(!timeline.hasEarlier);
  timeline.add(message(LIMIT + 1));
  assert.deepEqual([timeline.messages.length, timeline.first], [LIMIT, 2]);
  assert(timeline.hasEarlier);
  assert(!timeline.has(1));
});

test("reading back removes the latest instead", () => {
  for (let seq = 11; seq <= LIMIT + 10; seq++) timeline.add(message(seq));
  timeline.addPage([message(9), message(10)], { cutsEnd: true });
  assert.deepEqual([timeline.first, timeline.last], [9, LIMIT + 8]);
  assert.deepEqual([timeline.hasEarlier, timeline.hasLater], [false, true]);
});
