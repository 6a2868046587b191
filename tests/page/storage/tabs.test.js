// Rules of what tabs store beside each other, with a fake localStorage and a fake clock.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Marks } from "../../../static/js/storage/marks.js";
import { RoomList } from "../../../static/js/storage/room-list.js";
import { recallAll, remember } from "../../../static/js/storage/storage.js";
import { stopClock, tick } from "../clock.js";

class FakeStorage {
  getItem(name) {
    return Object.hasOwn(this, name) ? this[name] : null;
  }

  setItem(name, text) {
    this[name] = text;
  }

  removeItem(name) {
    delete this[name];
  }
}

let listeners;

const stored = (name) => JSON.parse(localStorage.getItem(`trio-chat.${name}`));

/** Stores something as another tab does. */
function storeElsewhere(name, value) {
  localStorage.setItem(`trio-chat.${name}`, JSON.stringify(value));
  for (const { type, listener } of listeners) {
    if (type === "storage") listener({ key: `trio-chat.${name}` });
  }
}

beforeEach(() => {
  listeners = [];
  globalThis.addEventListener = (type, listener) => listeners.push({ type, listener });
  globalThis.localStorage = new FakeStorage();
  stopClock();
});

test("marks of other rooms stay as other tabs have stored them", () => {
  const marks = new Marks(() => {});
  storeElsewhere("mark.milk", { seq: 7, epoch: "e1" });
  marks.keep({ tea: { seq: 5, epoch: "e1" } });
  tick(1_000);
  assert.deepEqual(stored("mark.tea"), { seq: 5, epoch: "e1" });
  assert.deepEqual(stored("mark.milk"), { seq: 7, epoch: "e1" });
});

test("a mark that another tab has stored is told, and never lowered", () => {
  const told = [];
  const marks = new Marks((read) => told.push(read));
  storeElsewhere("mark.tea", { seq: 7, epoch: "e1" });
  marks.keep({ tea: { seq: 5, epoch: "e1" } });
  tick(1_000);
  assert.deepEqual(told, [{ tea: { seq: 7, epoch: "e1" } }]);
  assert.deepEqual(stored("mark.tea"), { seq: 7, epoch: "e1" });
});

test("of two marks written at once the farther one is kept in the end", () => {
  const marks = new Marks(() => {});
  marks.keep({ tea: { seq: 5, epoch: "e1" } });
  tick(1_000);
  storeElsewhere("mark.tea", { seq: 3, epoch: "e1" });
  tick(1_000);
  assert.equal(stored("mark.tea").seq, 5);
  storeElsewhere("mark.tea", { seq: 3, epoch: "e2" });
  tick(1_000);
  assert.equal(stored("mark.tea").epoch, "e2");
});

test("marks of rooms that the user is not in are removed at the next visit", () => {
  storeElsewhere("mark.tea", { seq: 7, epoch: "e1" });
  storeElsewhere("mark.milk", { seq: 8, epoch: "e1" });
  assert.deepEqual(new Marks(() => {}).recall(["tea"]), { tea: { seq: 7, epoch: "e1" } });
  assert.equal(stored("mark.milk"), null);
});

test("rooms are recalled in the order of joining, in whichever tab", () => {
  const [one, other] = [new RoomList(), new RoomList()];
  one.keep(["lobby", "zoo"]);
  tick(10);
  other.keep(["lobby", "attic"]);
  tick(10);
  one.keep(["lobby", "zoo", "barn"]);
  assert.deepEqual(new RoomList().recall(), ["lobby", "zoo", "attic", "barn"]);
});

test("a room that is left is removed, and not stored again by a tab that is still in it", () => {
  const [one, other] = [new RoomList(), new RoomList()];
  one.keep(["lobby", "tea"]);
  other.recall();
  one.keep(["lobby"]);
  other.keep(["lobby", "tea"]);
  assert.deepEqual(new RoomList().recall(), ["lobby"]);
});

test("a window is a guest's from the address that says so until it is closed", async () => {
  globalThis.sessionStorage = new FakeStorage();
  globalThis.location = { hash: "#guest", pathname: "/r/tea", search: "" };
  const addresses = [];
  globalThis.history = { replaceState: (...told) => addresses.push(told.at(-1)) };
  const { isGuest } = await import("../../../static/js/storage/guest.js?guest");
  assert.equal(isGuest, true);
  assert.deepEqual(addresses, ["/r/tea"]);
  globalThis.location = { hash: "", pathname: "/r/tea", search: "" };
  const again = await import("../../../static/js/storage/guest.js?reloaded");
  assert.equal(again.isGuest, true);
  globalThis.sessionStorage = new FakeStorage();
  const other = await import("../../../static/js/storage/guest.js?other");
  assert.equal(other.isGuest, false);
});

test("a storage that is full is asked again", () => {
  const list = new RoomList();
  const full = mock.method(localStorage, "setItem", () => {
    throw new Error("full");
  });
  list.keep(["tea"]);
  full.mock.restore();
  delete localStorage.setItem;
  list.keep(["tea"]);
  assert.deepEqual(new RoomList().recall(), ["tea"]);
});

test("after everything is forgotten nothing is stored any more but what was to be kept", async () => {
  const { clear } = await import("../../../static/js/storage/forgetting.js");
  remember("session", "old");
  remember("draft.tea", { text: "hello" });
  localStorage.setItem("of another program", "1");
  clear({ session: "new" });
  assert.equal(remember("draft.tea", { text: "again" }), true);
  assert.deepEqual(recallAll(""), [["session", "new"]]);
  assert.equal(localStorage.getItem("of another program"), "1");
});
