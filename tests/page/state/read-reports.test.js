// Rules of what the server is told of read marks, with real rooms.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ReadReports } from "../../../static/js/state/read-reports.js";
import { Room } from "../../../static/js/state/room.js";

let rooms;
let reports;

const tea = () => rooms.get("tea");
const told = (now) => reports.take(rooms, now).reports.map(({ room, seq }) => `${room} ${seq}`);

function add(name, last) {
  const room = new Room(name);
  room.joined({ last, epoch: "e1", members: [] });
  rooms.set(name, room);
}

beforeEach(() => {
  rooms = new Map();
  reports = new ReadReports();
  add("tea", 5);
});

test("a mark is told when it has grown, and not again", () => {
  assert.deepEqual(reports.take(rooms, 0), { reports: [{ t: "read", room: "tea", seq: 5 }], pause: null });
  assert.deepEqual(reports.take(rooms, 9_000), { reports: [], pause: null });
  tea().mark.see(6);
  assert.deepEqual(told(9_000), ["tea 6"]);
});

test("that a room is empty is told, too", () => {
  rooms.clear();
  add("milk", 0);
  assert.deepEqual(told(0), ["milk 0"]);
});

test("a room's mark is told once in two seconds at most", () => {
  assert.deepEqual(told(0), ["tea 5"]);
  tea().mark.see(6);
  assert.deepEqual(reports.take(rooms, 500), { reports: [], pause: 1_500 });
  tea().mark.see(7);
  assert.deepEqual(told(1_999), []);
  assert.deepEqual(told(2_000), ["tea 7"]);
});

test("what the server knows already is not told", () => {
  tea().readElsewhere(5, "e1");
  assert.deepEqual(told(0), []);
  tea().readElsewhere(9, "e0");
  tea().mark.see(6);
  assert.deepEqual(told(0), ["tea 6"]);
});

test("nothing is told of rooms that the user is not in", () => {
  tea().lost();
  rooms.set("milk", new Room("milk"));
  assert.deepEqual(reports.take(rooms, 0), { reports: [], pause: null });
});

test("of many rooms some are told at a time, and each once", () => {
  for (let number = 1; number < 40; number += 1) add(`room ${number}`, 1);
  const first = reports.take(rooms, 0);
  assert.deepEqual([first.reports.length, first.pause], [16, 2_000]);
  assert.deepEqual(reports.take(rooms, 500), { reports: [], pause: 1_500 });
  const all = [...first.reports, ...reports.take(rooms, 2_000).reports, ...reports.take(rooms, 4_000).reports];
  assert.equal(new Set(all.map(({ room }) => room)).size, 40);
  assert.deepEqual(reports.take(rooms, 6_000), { reports: [], pause: null });
});

test("a room that is joined again is told at once", () => {
  assert.deepEqual(told(0), ["tea 5"]);
  rooms.delete("tea");
  reports.take(rooms, 1);
  add("tea", 6);
  assert.deepEqual(told(2), ["tea 6"]);
});
