// Rules of the message cache: the latest messages of a room, bounded.

import assert from "node:assert/strict";
import { test } from "node:test";

import { latest } from "../../../static/js/storage/message-cache.js";

const messages = (count, text) => Array.from({ length: count }, (_, seq) => ({ seq, text }));

test("the latest 200 lines are kept, in their order", () => {
  const kept = latest(messages(1000, "short"));
  assert.deepEqual([kept.length, kept[0].seq, kept.at(-1).seq], [200, 800, 999]);
  assert.equal(latest(messages(3, "short")).length, 3);
  assert.deepEqual(latest([]), []);
});

test("of long messages fewer are kept", () => {
  assert.equal(latest(messages(1000, "x".repeat(4000))).length, 25);
});
