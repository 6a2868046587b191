// Rules of times in panels.

import assert from "node:assert/strict";
import { test } from "node:test";

import { moment } from "../../../static/js/panels/links.js";

test("a time that no calendar has is the last one that one has", () => {
  assert.equal(moment(2 ** 53 - 1), moment(8.64e15));
  assert.notEqual(moment(0), moment(86_400_000));
});
