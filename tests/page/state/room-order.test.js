// Rules of the order of the list of rooms.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, hasLetters, MANY } from "../../../static/js/state/room-order.js";

const DAY = 86_400_000;
const NOW = 100 * DAY;

/** Returns rooms r0, r1, …, with some things changed in those of some names. */
function rooms(count, changes = {}) {
  const names = Array.from({ length: count }, (_, place) => `r${place}`);
  const one = (name) => ({ name, unread: 0, outgoing: [], messages: [], ...changes[name] });
  return new Map(names.map((name) => [name, one(name)]));
}

const old = () => ({ isTop: false, since: 0 });
const order = (all, about = old, active = "r0") => arrange(all, { active, about, now: NOW });

test("favourites come first, all else in the order of joining", () => {
  const about = (name) => ({ isTop: ["r3", "r1"].includes(name), since: 0 });
  assert.deepEqual(order(rooms(4), about), { shown: ["r1", "r3", "r0", "r2"], quiet: [] });
});

test("few rooms are never folded", () => {
  assert.equal(order(rooms(MANY)).quiet.length, 0);
  assert.equal(order(rooms(MANY + 1)).quiet.length, MANY);
});

test("what was said or joined within a week is no quiet room, nor what needs to be seen", () => {
  const changes = {
    r1: { unread: 1 },
    r2: { outgoing: [{}] },
    r3: { messages: [{ ts: NOW - 6 * DAY }] },
    r4: { messages: [{ ts: NOW - 8 * DAY }] },
  };
  const about = (name) => ({ isTop: name === "r5", since: name === "r6" ? NOW - DAY : 0 });
  const { shown } = order(rooms(300, changes), about);
  assert.deepEqual(shown, ["r5", "r0", "r1", "r2", "r3", "r6"]);
});

test("letters are found in a name, whatever their case", () => {
  assert.equal(hasLetters("Tea-Room", "#tea"), true);
  assert.equal(hasLetters("tea", "milk"), false);
  assert.equal(hasLetters("tea", ""), true);
});
