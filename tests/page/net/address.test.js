// Rules of links to rooms, as mailers and chats hand them on.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { linkTo, messageIn, roomIn, trimLink } from "../../../static/js/net/address.js";

const cases = JSON.parse(readFileSync(new URL("../../link_ends.json", import.meta.url), "utf8"));

test("what only follows a link in a text is no part of it", () => {
  for (const [end, left] of cases) assert.equal(trimLink(end), left);
});

test("each room's own link leads to it, even if its name ends with a dot", () => {
  for (const room of ["tea", "tea.", "tea..", "t\u00e9", "a.b"]) assert.equal(roomIn(new URL(linkTo(room))), room);
});

test("a link to a message names its room and its number, and nothing else is one", () => {
  const link = new URL(linkTo("tea.", 17));
  assert.equal(roomIn(link), "tea.");
  assert.equal(messageIn(link), 17);
  for (const search of ["?at=17)", "?at=17.", "?x=1&at=17"]) assert.equal(messageIn({ search }), 17);
  for (const search of ["", "?at=", "?at=0", "?at=-1", "?at=x", "?at=9999999999999999", "?to=17"]) {
    assert.equal(messageIn({ search }), null);
  }
});
