// Rules of a room's history: which stretch is shown, and what is requested next.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { History } from "../../../static/js/state/history.js";
import { LIMIT } from "../../../static/js/state/timeline.js";

let history;

const message = (seq) => ({ t: "msg", seq, ts: seq * 1000, text: `text ${seq}` });
const messages = (first, last) =>
  Array.from({ length: last - first + 1 }, (_, place) => message(first + place));
const ends = () => [history.messages[0]?.seq, history.messages.at(-1)?.seq];

/** Answers the request that is due. */
function answer(first, last, more) {
  history.page({ messages: messages(first, last), more });
}

/** Has the messages 901 to 1000, the latest. */
function begin() {
  history.open();
  assert.deepEqual(history.due(), { limit: 100 });
  answer(901, 1000, true);
}

beforeEach(() => {
  history = new History();
});

test("messages from the cache are shown until a page comes", () => {
  history.recall(messages(1, 5));
  assert.deepEqual(ends(), [1, 5]);
  assert(!history.isKnown && !history.canGoBack);
  history.add(message(1001));
  begin();
  assert.deepEqual(ends(), [901, 1001]);
});

test("messages from the server are not replaced by those of the cache", () => {
  begin();
  history.recall(messages(1, 5));
  assert.deepEqual(ends(), [901, 1000]);
});

test("one page is requested at a time", () => {
  begin();
  history.goBack();
  history.goBack();
  assert.deepEqual(history.due(), { limit: 100, before: 901 });
  history.goBack();
  assert.equal(history.due(), null);
  answer(801, 900, true);
  assert.equal(history.due(), null);
  assert.deepEqual(ends(), [801, 1000]);
});

test("a message far back is shown with those around it, up to the present", () => {
  begin();
  history.jump(500);
  assert.deepEqual(history.due(), { before: 501, limit: 50 });
  answer(451, 500, true);
  assert.deepEqual(ends(), [451, 500]);
  assert(history.isPast && history.canGoBack && history.canGoOn);
  history.goOn();
  assert.deepEqual(history.due(), { after: 500, limit: 100 });
  answer(501, 950, true);
  assert(!history.isPast && !history.canGoOn);
  assert.deepEqual(ends(), [451, 1000]);
});

test("there is a way back to the present at any time", () => {
  begin();
  history.jump(500);
  history.due();
  answer(451, 500, true);
  history.goOn();
  history.due();
  history.add(message(1001));
  history.goToPresent();
  answer(501, 600, true); // too late to matter
  assert.deepEqual(ends(), [901, 1001]);
});

test("known messages are not requested", () => {
  begin();
  history.jump(950);
  assert.equal(history.due(), null);
});

test("changes apply to shown, hidden and quoted messages", () => {
  begin();
  assert(history.quote(7));
  assert(!history.quote(7));
  assert.deepEqual(history.due(), { before: 8, limit: 1 });
  answer(7, 7, true);
  history.jump(500);
  history.due();
  answer(451, 500, true);
  for (const target of [7, 460, 950]) history.change({ t: "edit", target, text: "better" });
  for (const seq of [7, 460, 950]) assert.equal(history.find(seq).text, "better");
});

test("a quoted message that the server does not have is known to be missing", () => {
  begin();
  assert.equal(history.find(7), null);
  history.quote(7);
  history.due();
  answer(6, 6, true);
  assert.equal(history.find(7), false);
});

test("a request of a lost connection is made again", () => {
  history.open();
  history.due();
  history.failed({ isFinal: false });
  assert.deepEqual(history.due(), { limit: 100 });
  history.failed({ isFinal: true });
  assert.equal(history.due(), null);
  assert(history.isKnown);
});

test("beyond the limit, older messages are a stretch of their own", () => {
  history.open();
  history.due();
  answer(101, LIMIT + 100, true);
  history.goBack();
  history.due();
  answer(1, 100, false);
  assert(history.isPast && history.canGoOn && !history.canGoBack);
  assert.deepEqual(ends(), [1, LIMIT]);
  history.goToPresent();
  assert.deepEqual(ends(), [101, LIMIT + 100]);
});

test("a last page of unread messages is kept, any other is only counted", () => {
  history.count(990, 1000);
  assert.deepEqual(history.due(), { after: 990, limit: 100 });
  answer(991, 1000, false);
  assert.deepEqual(ends(), [991, 1000]);
  const other = new History();
  other.count(1, 1000);
  other.due();
  other.page({ messages: messages(2, 101), more: true });
  assert.deepEqual(other.messages, []);
});
