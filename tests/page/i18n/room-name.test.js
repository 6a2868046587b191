// Rules of what the page proposes to whoever names a room that there cannot be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { proposeRoom } from "../../../static/js/i18n/room-name.js";

const cases = JSON.parse(readFileSync(new URL("../../room_proposals.json", import.meta.url), "utf8"));
const LIMIT = 64; // characters

test("a name that can be is proposed for one that cannot, as the server does", () => {
  for (const [name, proposal] of cases) assert.equal(proposeRoom(name, LIMIT), proposal, name);
});

test("nothing is proposed for a name that is too long, nor for one whose proposal would be", () => {
  for (const name of ["a ".repeat(LIMIT), "\ufdfa ".repeat(10)]) assert.equal(proposeRoom(name, LIMIT), null, name);
});
