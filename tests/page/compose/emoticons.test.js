// Rules of what becomes an emoji while one types, and what does not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { emojiOf } from "../../../static/js/compose/emoji.js";
import { emojiBefore } from "../../../static/js/compose/emoticons.js";

const after = (text, options) => {
  const found = emojiBefore(text, { emojiOf, ...options });
  return found && text.slice(0, found.start) + found.emoji + text.slice(found.end);
};

for (const [text, expected, options] of [
  ["well :) ", "well 🙂 "],
  [":-D\n", "😃\n"],
  ["<3", null],
  ["<3", "❤️", { isSent: true }],
  ["tea :tada:", "tea 🎉"],
  [":+1:", "👍"],
  [":nothing:", null],
  ["at 10:30:", null],
  ["http://a:) ", null],
  ["a:) ", null],
  ["`a :) ", null],
  ["```\n:tada:", null],
  ["/topic :) ", null],
  ["👍", null, { isSent: true }],
]) {
  test(`${JSON.stringify(text)} becomes ${JSON.stringify(expected)}`, () => assert.equal(after(text, options), expected));
}
