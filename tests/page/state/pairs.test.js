// Rules of private rooms for two, as the page lists them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { listPairs } from "../../../static/js/state/pairs.js";
import { Store } from "../../../static/js/state/store.js";

const ANN = { id: "a", nick: "Ann" };
const welcome = (rooms) => ({ you: ANN, session: "token", limits: {}, ...(rooms && { private: rooms }) });

test("private rooms for two are listed once, with what is unread in them; a room that was left stays away", () => {
  const store = new Store();
  const told = [{ room: "~a", title: "Bob" }];
  store.welcome(welcome([...told]));
  let known = listPairs(store, []);
  assert.equal(store.rooms.get("~a").label, "Bob");
  assert.equal(store.rooms.get("~a").mark.seq, 0);
  store.receive({ t: "invited", room: "~b", title: "Cem", from: { id: "c", nick: "Cem" } });
  known = listPairs(store, known);
  assert.deepEqual([...store.rooms.keys()], ["~a", "~b"]);
  store.leave("~a");
  store.lost();
  store.welcome(welcome([...told, { room: "~b", title: "Cem" }]));
  assert.deepEqual(listPairs(store, known), ["~a", "~b"]);
  assert.deepEqual([...store.rooms.keys()].includes("~a"), false);
  store.welcome(welcome());
  assert.deepEqual(store.pairs, []);
});

test("the names of 200 private rooms for two are known, the latest", () => {
  const store = new Store();
  const names = Array.from({ length: 250 }, (_, place) => `~${place}`);
  store.pairs.push({ room: "~new", title: "Bob" });
  const known = listPairs(store, names);
  assert.equal(known.length, 200);
  assert.equal(known.at(-1), "~new");
});
