// Rules of the rows that a long log has: those in view and a margin.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Heights, spanAround } from "../../../static/js/log/row-heights.js";

const VIEW = { height: 100, margin: 50 };

let heights;
let entries;

beforeEach(() => {
  heights = new Heights();
  entries = { length: 1000, keyAt: (index) => index };
  for (let index = 0; index < 1000; index++) heights.set(index, 10);
});

test("rows cover the view and a margin on both sides", () => {
  const span = spanAround(entries, heights, { index: 500, offset: 0, ...VIEW });
  assert.deepEqual(span, { start: 495, end: 515 });
});

test("the row in view may begin above it", () => {
  const span = spanAround(entries, heights, { index: 500, offset: -8, ...VIEW });
  assert.deepEqual(span, { start: 495, end: 516 });
});

test("at the ends of the log there are no more rows", () => {
  assert.deepEqual(spanAround(entries, heights, { index: 0, offset: 0, ...VIEW }), {
    start: 0,
    end: 15,
  });
  assert.deepEqual(spanAround(entries, heights, { index: 999, offset: 90, ...VIEW }), {
    start: 985,
    end: 1000,
  });
});

test("one row that is higher than the view is enough", () => {
  heights.set(500, 4000);
  const span = spanAround(entries, heights, { index: 500, offset: -2000, ...VIEW });
  assert.deepEqual(span, { start: 500, end: 501 });
});

test("a row that was never measured has the average height", () => {
  heights.clear();
  assert.equal(heights.sum(entries, 0, 10), 400);
  heights.set(3, 20);
  heights.set(4, 30);
  heights.set(4, 40);
  assert.equal(heights.guess, 30);
  assert.equal(heights.sum(entries, 3, 6), 20 + 40 + 30);
});

test("a distance from the top ends in a row", () => {
  assert.deepEqual(heights.seek(entries, 0), { index: 0, offset: 0 });
  assert.deepEqual(heights.seek(entries, 5005), { index: 500, offset: -5 });
  assert.deepEqual(heights.seek(entries, 1e9), { index: 999, offset: 0 });
});
