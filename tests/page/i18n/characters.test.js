// Rules of characters: how many a text has, where it may be cut, and what cannot be seen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cut, isBlank, lengthOf } from "../../../static/js/i18n/characters.js";

const FAMILY = "👨\u200d👩\u200d👧\u200d👦";

for (const [text, length] of [
  ["", 0],
  ["tea\n", 4],
  ["e\u0301e\u0301", 2],
  ["🇩🇪🇫🇷", 2],
  ["क्षि", 1],
  ["漢字", 2],
  [FAMILY.repeat(4), 7], // 28 code points, as the server takes no more than four for each character
  ["e" + "\u0301".repeat(39), 10],
]) {
  test(`a text has ${length} characters: ${text}`, () => assert.equal(lengthOf(text), length));
}

test("a text is cut between characters", () => {
  assert.equal(cut("tea", 3), "tea");
  assert.equal(cut("teapot", 3), "tea");
  assert.equal(cut("ae\u0301", 2), "a");
  assert.equal(cut("🇩🇪🇫🇷", 3), "🇩🇪");
  assert.equal(cut(`${FAMILY}x`, 8), `${FAMILY}x`);
  assert.equal(cut(`x${FAMILY}x`, 7), "x");
  assert.equal(cut("👍👍", 1), "👍");
  assert.equal(cut("e" + "\u0301".repeat(9), 3), "e\u0301\u0301");
});

test("blanks in disguise are blank", () => {
  for (const text of ["", " \n", "\u200b", "\u2800", "\u3164", "\u115f\u1160", "\u00ad", "\u200d\u2060", "\ufeff", "\u202e", "\u{e0020}", "\ufe0f", "\ufff9", "\u0085", "\u{1d159}", "\u{13430}", "\u{13441}", "\u{16fe4}"]) {
    assert.ok(isBlank(text));
    assert.ok(!isBlank(`${text}.${text}`));
  }
});
