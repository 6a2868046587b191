// Rules of colours in code: nothing of it is lost, and words, texts, numbers and comments are told apart.

import assert from "node:assert/strict";
import { test } from "node:test";

import { tokens } from "../../../static/js/log/highlight.js";

for (const [language, code, expected] of [
  ["js", 'const a = "x\\"y"; // 1', [["word", "const"], ["string", '"x\\"y"'], ["comment", "// 1"]]],
  ["python", "def tea(n):  # if\n    return n + 0x1f", [["word", "def"], ["comment", "# if"], ["word", "return"], ["number", "0x1f"]]],
  ["sql", "SELECT 1 -- all", [["word", "SELECT"], ["number", "1"], ["comment", "-- all"]]],
  ["c", "/* a\nb */ int x;", [["comment", "/* a\nb */"], ["word", "int"]]],
  ["", "const a", []],
  ["text", "for 1", []],
]) {
  test(`${language || "no language"}: ${code}`, () => {
    const found = tokens(code, language);
    assert.equal(found.map(([, text]) => text).join(""), code);
    assert.deepEqual(found.filter(([kind]) => kind), expected);
  });
}

test("whatever is not closed takes linear time", () => {
  for (const part of ['"', "/*", "`", "'\\", "<!--", "a", "\\"]) {
    const code = part.repeat(10_000).slice(0, 20_000);
    assert.equal(tokens(code, "js").map(([, text]) => text).join(""), code);
  }
});
