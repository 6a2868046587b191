// Rules of the rooms to choose from.

import assert from "node:assert/strict";
import { test } from "node:test";

import { roomBeside } from "../../../static/js/state/beside.js";
import { allRooms, matching, ORDERS, ownMatching, unlisted } from "../../../static/js/state/directory.js";
import { Room } from "../../../static/js/state/room.js";

const LISTED = [
  { room: "tea", members: 2, ts: 30, topic: "Green and black" },
  { room: "milk", members: 9, ts: 10 },
  { room: "coffee", members: 2, ts: 20, topic: "Black, no sugar" },
];

/** The rooms that a user is in, by name. */
function joined(...names) {
  return new Map(names.map((name) => [name, new Room(name)]));
}

const labels = (rooms) => rooms.map(({ label }) => label);

test("the rooms of the server and the user's others are there, each once", () => {
  const rooms = joined("tea", "~1f", "~2f");
  rooms.get("~1f").title = "For two";
  rooms.get("~2f").refusal = { code: "banned" };
  const all = allRooms([...LISTED, LISTED[0]], rooms);
  assert.deepEqual(labels(all).sort(), ["For two", "coffee", "milk", "tea"]);
  assert.deepEqual(labels(all.filter(({ isJoined }) => isJoined)).sort(), ["For two", "tea"]);
  assert.equal(all.find(({ label }) => label === "tea").members, 2);
});

test("a query finds rooms by all its words, in names and topics", () => {
  const all = allRooms(LISTED, joined());
  assert.deepEqual(labels(matching(all, "")), ["tea", "milk", "coffee"]);
  assert.deepEqual(labels(matching(all, " BLACK ")), ["tea", "coffee"]);
  assert.deepEqual(labels(matching(all, "black tea")), ["tea"]);
  assert.deepEqual(labels(matching(all, "#mil")), ["milk"]);
  assert.deepEqual(labels(matching(all, "water")), []);
});

test("rooms are in the order of the latest message, of people, or of names", () => {
  const all = allRooms(LISTED, joined());
  assert.deepEqual(labels([...all].sort(ORDERS.ts)), ["tea", "coffee", "milk"]);
  assert.deepEqual(labels([...all].sort(ORDERS.members)), ["milk", "coffee", "tea"]);
  assert.deepEqual(labels([...all].sort(ORDERS.name)), ["coffee", "milk", "tea"]);
});

test("a name that no room has is one to join", () => {
  const all = allRooms(LISTED, joined());
  assert.equal(unlisted(all, " #water "), "water");
  assert.equal(unlisted(all, "#TEA"), "");
  assert.equal(unlisted(all, " # "), "");
});

test("a query finds those of the user's rooms first whose names begin with it", () => {
  const rooms = joined("green-tea", "milk", "tea");
  rooms.get("milk").topic = "for tea";
  assert.deepEqual(labels(ownMatching(rooms, "TE")), ["tea", "green-tea", "milk"]);
  assert.deepEqual(labels(ownMatching(rooms, "")), ["green-tea", "milk", "tea"]);
});

test("the room beside is the one above or below, around the ends", () => {
  const rooms = joined("a", "b", "c");
  assert.equal(roomBeside(rooms, "a", 1, false), "b");
  assert.equal(roomBeside(rooms, "a", -1, false), "c");
  assert.equal(roomBeside(rooms, "c", 1, false), "a");
  assert.equal(roomBeside(joined("a"), "a", 1, false), null);
});

test("the next unread room is beyond those that are read", () => {
  const rooms = joined("a", "b", "c", "d");
  assert.equal(roomBeside(rooms, "a", 1, true), null);
  rooms.get("c").mark.unread = 2;
  assert.equal(roomBeside(rooms, "a", 1, true), "c");
  assert.equal(roomBeside(rooms, "a", -1, true), "c");
  assert.equal(roomBeside(rooms, "c", 1, true), null);
});
