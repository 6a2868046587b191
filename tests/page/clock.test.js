// Rules of the tests' own clock.

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { releaseClock, stopClock, tick } from "./clock.js";

let ran;

beforeEach(() => {
  stopClock();
  ran = [];
});
after(releaseClock);

const note = (name) => ran.push(`${name} at ${Date.now()}`);

test("timers run when they are due, the earlier first, those of a time as they were set", () => {
  setTimeout(note, 20, "late");
  setTimeout(note, 10, "one");
  setTimeout(note, 10, "other");
  tick(9);
  assert.deepEqual(ran, []);
  tick(11);
  assert.deepEqual(ran, ["one at 10", "other at 10", "late at 20"]);
});

test("a timer that was cleared does not run", () => {
  clearTimeout(setTimeout(note, 10, "never"));
  tick(10);
  assert.deepEqual(ran, []);
});

test("timers that are set meanwhile run in the same tick if they are due in it", () => {
  setTimeout(() => setTimeout(note, 5, "second"), 5);
  tick(9);
  assert.deepEqual(ran, []);
  tick(1);
  assert.deepEqual(ran, ["second at 10"]);
});

test("the real clock comes back", async () => {
  releaseClock();
  assert(Date.now() > 1e12);
  await new Promise((resolve) => setTimeout(resolve, 1));
});
