// Rules of a search: it is requested page by page, and hits of an earlier one are ignored.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Finder } from "../../../static/js/state/finder.js";

let finder;

beforeEach(() => {
  finder = new Finder();
  finder.find("tea", "milk");
});

test("a search is requested once, and goes on after the last hit", () => {
  const [first] = finder.due();
  assert.deepEqual(first, { t: "search", room: "tea", query: "milk", limit: 20 });
  assert.equal(finder.due(), null);
  finder.found(first, { hits: [{ seq: 9 }, { seq: 7 }], more: true });
  finder.goOn();
  const [second] = finder.due();
  assert.equal(second.before, 7);
  finder.found(second, { hits: [{ seq: 3 }], more: false });
  assert.deepEqual(finder.hits.map(({ seq }) => seq), [9, 7, 3]);
  finder.goOn();
  assert.equal(finder.due(), null);
});

test("an answer to an earlier search is ignored", () => {
  const [old] = finder.due();
  finder.find("tea", "lemon");
  finder.due();
  finder.found(old, { hits: [{ seq: 9 }], more: false });
  assert.deepEqual([finder.hits, finder.state], [[], "asked"]);
});

test("author and time are part of every request", () => {
  finder.find("tea", "milk", { from: "Bob", since: 1 });
  const [first] = finder.due();
  assert.deepEqual(first, { t: "search", room: "tea", query: "milk", from: "Bob", since: 1, limit: 20 });
  finder.found(first, { hits: [{ seq: 9 }], more: true });
  finder.goOn();
  assert.deepEqual(finder.due(), [{ ...first, before: 9 }]);
});

test("the same query with another author or time is another search", () => {
  const [old] = finder.due();
  finder.find("tea", "milk", { from: "Bob" });
  finder.due();
  finder.found(old, { hits: [{ seq: 9 }], more: false });
  assert.deepEqual(finder.hits, []);
});

test("it is requested again after a loss, and has the reason if it fails", () => {
  const [request] = finder.due();
  finder.release();
  const [again] = finder.due();
  assert.deepEqual(again, request);
  finder.failed(again, { code: "bad_request" });
  assert.deepEqual([finder.state, finder.reason.code], ["failed", "bad_request"]);
});

test("an empty query makes no request", () => {
  finder.find("tea", "");
  assert.equal(finder.due(), null);
});

test("several rooms are searched one after the other, the latest hits first, whatever becomes of one", () => {
  finder.find("tea", "milk", {}, ["tea", "cake", "jam"]);
  const asked = [];
  for (const answer of [[{ seq: 9, ts: 2 }], null, [{ seq: 3, ts: 5 }]]) {
    const [request] = finder.due();
    asked.push(request.room);
    if (answer) finder.found(request, { hits: answer, more: true });
    else finder.failed(request, { code: "not_joined" });
  }
  assert.deepEqual(asked, ["tea", "jam", "cake"]);
  assert.deepEqual(finder.hits, [{ room: "cake", seq: 3, ts: 5 }, { room: "tea", seq: 9, ts: 2 }]);
  assert.deepEqual([finder.state, finder.more, finder.due()], ["done", false, null]);
});
