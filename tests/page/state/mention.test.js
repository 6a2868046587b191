// Rules of mentions: @ and a whole name, in any case.

import assert from "node:assert/strict";
import { test } from "node:test";

import { wordsIn } from "../../../static/js/log/highlighted-words.js";
import { mentions, saysOne } from "../../../static/js/state/mention.js";

/** What is mentioned, as it is written. */
const found = (text, nick) => mentions(text, nick).map(([start, end]) => text.slice(start, end));

test("@ and the name is a mention, anywhere in the text", () => {
  assert.deepEqual(mentions("@ann", "ann"), [[0, 4]]);
  assert.deepEqual(found("ask @ann, or (@ann): @ann's", "ann"), ["@ann", "@ann", "@ann"]);
});

test("a name without @, or another name, is no mention", () => {
  assert.deepEqual(mentions("ann", "ann"), []);
  assert.deepEqual(mentions("@ann", ""), []);
  assert.deepEqual(mentions("@ann", null), []);
});

test("upper and lower case are the same, in all scripts", () => {
  assert.deepEqual(found("@ANN @Ann", "aNN"), ["@ANN", "@Ann"]);
  assert.deepEqual(found("@ΣΙΣΥΦΟΣ", "Σίσυφος"), []);
  assert.deepEqual(found("@σισυφος", "ΣΙΣΥΦΟΣ"), ["@σισυφος"]);
  assert.deepEqual(found("@STRASSE", "straße"), ["@STRASSE"]);
});

test("a letter with its accent is the same as one composed of both", () => {
  assert.deepEqual(found("hey @Zoe\u0308!", "zoë"), ["@Zoe\u0308"]);
});

test("a name may have spaces, dashes and emoji", () => {
  assert.deepEqual(found("@Ann Lee?", "ann lee"), ["@Ann Lee"]);
  assert.deepEqual(found("@ann-marie", "ann-marie"), ["@ann-marie"]);
  assert.deepEqual(found("👍 @ann 🍋 👍", "ann 🍋"), ["@ann 🍋"]);
});

test("the beginning of a longer name, or the end of an address, is no mention", () => {
  for (const text of ["@anna", "@ann-marie", "@ann_1", "@ann\u0301", "me@ann", "@straß"]) {
    assert.deepEqual(found(text, "ann"), [], text);
    assert.deepEqual(found(text, "stras"), [], text);
  }
});

test("a text full of @ takes linear time", () => {
  assert.equal(mentions("@a".repeat(2000), "a").length, 1);
});

test("a word is found as a word of its own, in any case", () => {
  assert.equal(saysOne("The DEPLOY is done", ["deploy"]), true);
  assert.equal(saysOne("we redeploy", ["deploy"]), false);
  assert.equal(saysOne("Übung macht", ["übung"]), true);
  assert.equal(saysOne("on call today", ["x", "on call"]), true);
  assert.equal(saysOne("anything", []), false);
});

test("chosen words are found in order, and of those that overlap the first", () => {
  assert.deepEqual(wordsIn("Tea, and green tea", ["tea", "green tea", "x"]), [[0, 3], [9, 18]]);
});
