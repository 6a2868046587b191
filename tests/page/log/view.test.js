// Rules of which rows a log has around the reader's place.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { View } from "../../../static/js/log/view.js";

const HEIGHT = 100;
const NO_ROWS = { start: -1, end: 0 };

let view;
let entries;

beforeEach(() => {
  view = new View();
  entries = { length: 1000, keyAt: (index) => index, find: (key) => key };
  for (let index = 0; index < 1000; index++) view.heights.set(index, 10);
  view.place = { key: 500, offset: 0 };
});

test("without rows, a thousand pixels on both sides of the view are filled", () => {
  assert.deepEqual(view.span(entries, NO_ROWS, HEIGHT), { start: 400, end: 610 });
});

test("at the end of the log the last rows are shown", () => {
  view.place = null;
  assert.deepEqual(view.span(entries, NO_ROWS, HEIGHT), { start: 890, end: 1000 });
});

test("a place that is gone counts as the end", () => {
  entries.find = () => -1;
  assert.deepEqual(view.span(entries, NO_ROWS, HEIGHT), { start: 890, end: 1000 });
});

test("rows that reach 400 pixels beyond the view are kept as they are", () => {
  const rows = { start: 460, end: 550 };
  assert.ok(view.isCovered(entries, rows, HEIGHT));
  assert.deepEqual(view.span(entries, rows, HEIGHT), rows);
});

test("with fewer rows on one side, that side alone is filled", () => {
  const rows = { start: 461, end: 550 };
  assert.ok(!view.isCovered(entries, rows, HEIGHT));
  assert.deepEqual(view.span(entries, rows, HEIGHT), { start: 400, end: 550 });
});

test("of rows further away a hundred are kept, and no more", () => {
  assert.deepEqual(view.span(entries, { start: 360, end: 650 }, HEIGHT), { start: 360, end: 650 });
  assert.deepEqual(view.span(entries, { start: 359, end: 651 }, HEIGHT), { start: 400, end: 610 });
});

test("where there are no rows the place is estimated from their heights", () => {
  assert.deepEqual(view.guess(entries, 2_004), { key: 200, offset: -4 });
});

test("an empty log has no place", () => {
  assert.equal(view.guess({ ...entries, length: 0 }, 10), null);
});

test("the place follows a message into the entry that it has become a part of", () => {
  const view = new View();
  view.follow({});
  assert.equal(view.place, null);
  view.place = { key: 5, offset: 20 };
  view.follow({ nameOf: () => 2 });
  assert.deepEqual(view.place, { key: 2, offset: 20 });
  const { place } = view;
  view.follow({ nameOf: (key) => key });
  assert.equal(view.place, place);
});
