// Rules of what is read and what is new, within a visit and from one visit to the next.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { inherit } from "../../../static/js/state/inheritance.js";
import { Store } from "../../../static/js/state/store.js";
import { farther } from "../../../static/js/storage/marks.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };

let store;

const mark = () => store.rooms.get("tea").mark;
const said = (seq, text = "hello", from = BOB) => ({ seq, ts: seq, text, from });
const hear = (seq, text) => store.receive({ t: "msg", room: "tea", ...said(seq, text) });

/** Comes into a room, shown or not, whose last event is `last`; `missed` is what comes unread. */
function enter(last, { isShown = false, missed = [], more = false } = {}) {
  if (isShown) store.open("tea");
  store.welcome({ you: ANN, session: "token", limits: {} });
  for (let due = store.due(); due.length; due = store.due()) {
    for (const request of due) {
      const { t, room, after } = request;
      if (t === "join") {
        store.answered(request, { t: "joined", room, last, epoch: "e1", members: [ANN] });
      } else if (t === "history") {
        const messages = after === undefined || room !== "tea" ? [] : missed;
        store.answered(request, { t: "history", room, messages, more });
      }
    }
  }
}

beforeEach(() => {
  store = new Store(() => 0);
  store.open("lobby");
  store.enter("tea");
});

test("in a new room nothing is unread", () => {
  enter(100);
  assert.deepEqual([mark().seq, mark().unread, mark().line], [100, 0, null]);
});

test("messages since the last visit are counted, without the user's own", () => {
  store.reading.recall({ tea: { seq: 90, epoch: "e1" } });
  enter(100, { missed: [said(91), said(92, "mine", ANN), said(93, "@ann!")] });
  assert.deepEqual([mark().unread, mark().mentions, mark().line], [2, 1, 90]);
});

test("a mark of another epoch is ignored", () => {
  store.reading.recall({ tea: { seq: 90, epoch: "e0" } });
  enter(100);
  assert.deepEqual([mark().seq, mark().unread], [100, 0]);
});

test("what comes while the count is on its way is counted once", () => {
  store.reading.recall({ tea: { seq: 90, epoch: "e1" } });
  store.welcome({ you: ANN, session: "token", limits: {} });
  const join = store.due().find(({ room }) => room === "tea");
  store.answered(join, { t: "joined", room: "tea", last: 91, epoch: "e1", members: [ANN] });
  const count = store.due().find(({ after }) => after === 90);
  hear(92);
  store.answered(count, { t: "history", room: "tea", messages: [said(91), said(92)], more: false });
  assert.deepEqual([mark().unread, mark().line], [2, 90]);
});

test("a room that is shown is read at its end, and only there", () => {
  enter(0, { isShown: true });
  hear(1);
  assert.deepEqual([mark().seq, mark().unread, mark().line], [1, 0, null]);
  store.reading.follow(store.room, false);
  hear(2);
  assert.deepEqual([mark().unread, mark().line], [1, 1]);
  store.reading.follow(store.room, true);
  assert.deepEqual([mark().seq, mark().unread, mark().line], [2, 0, 1]);
});

test("the line stays while the room is shown, and goes when the user leaves or writes", () => {
  enter(0);
  hear(1);
  store.open("tea");
  assert.deepEqual([mark().unread, mark().line], [0, 0]);
  store.put({ t: "send", text: "hi", cid: "cid-0001" }, 1);
  assert.equal(mark().line, null);
  store.reading.watch(false);
  hear(2);
  store.reading.watch(true);
  assert.equal(mark().line, 1);
  store.open("lobby");
  assert.equal(mark().line, null);
});

test("what was read in another tab is read", () => {
  enter(0);
  hear(1);
  store.reading.recall({ tea: { seq: 1, epoch: "e1" } });
  assert.equal(mark().unread, 0);
});

test("the farthest mark is kept, unless it is of another epoch", () => {
  const mark = { seq: 5, epoch: "e1" };
  assert.deepEqual(farther(mark, { seq: 7, epoch: "e1" }), { seq: 7, epoch: "e1" });
  for (const other of [{ seq: 4, epoch: "e1" }, { seq: 9, epoch: "e0" }, null]) {
    assert.deepEqual(farther(mark, other), mark);
  }
});

test("news are returned once, with whether they are mentions and seen", () => {
  enter(0);
  hear(1, "hello @ann");
  const [news] = store.reading.takeNews();
  assert.deepEqual([news.room, news.isMention, news.isSeen], ["tea", true, false]);
  assert.deepEqual(store.reading.takeNews(), []);
});

test("a short page does not end the count, but a hundred messages do", () => {
  store.reading.recall({ tea: { seq: 0, epoch: "e1" } });
  store.welcome({ you: ANN, session: "token", limits: {} });
  const join = store.due().find(({ room }) => room === "tea");
  store.answered(join, { t: "joined", room: "tea", last: 500, epoch: "e1", members: [ANN] });
  const count = (messages, more) => {
    const request = store.due().find(({ after }) => after !== undefined);
    store.answered(request, { t: "history", room: "tea", messages, more });
    return request.after;
  };
  assert.equal(count([said(1, "mine", ANN), said(2, "mine, too", ANN)], true), 0);
  assert.deepEqual([mark().unread, mark().line], [0, null]);
  assert.equal(count([said(3)], true), 2);
  assert.deepEqual([mark().unread, mark().line, mark().hasMore], [1, 2, false]);
  assert.equal(count(Array.from({ length: 97 }, (_, place) => said(place + 4)), true), 3);
  assert.deepEqual([mark().unread, mark().line, mark().hasMore], [98, 2, true]);
  assert.deepEqual(store.due(), []);
});

const WELCOME = { you: ANN, session: "token", epoch: "e1", limits: {} };

/** Comes into the room, whose last event is `last`, after a welcome with a mark of it. */
function comeBack(last, seq, { epoch = "e1" } = {}) {
  store.lost();
  store.welcome({ ...WELCOME, epoch, marks: [{ room: "tea", seq }] });
  const join = store.due().find(({ room }) => room === "tea");
  store.answered(join, { t: "joined", room: "tea", last, epoch, members: [ANN] });
}

test("what another device has read is read", () => {
  enter(0);
  hear(1);
  store.receive({ t: "read", room: "tea", seq: 1 });
  assert.equal(mark().unread, 1); // of another epoch, for all that is known
  comeBack(1, 0);
  store.receive({ t: "read", room: "tea", seq: 1 });
  store.receive({ t: "read", room: "milk", seq: 1 });
  assert.equal(mark().unread, 0);
});

test("what is marked as unread is counted again, and stays so until the user comes again", () => {
  enter(0, { isShown: true });
  comeBack(0, 0);
  const message = [1, 2, 3].map((seq) => said(seq, seq === 2 ? "@ann!" : "hello"));
  for (const { seq, text } of message) hear(seq, text);
  assert.deepEqual([mark().seq, mark().unread], [3, 0]);
  store.receive({ t: "read", room: "tea", seq: 1, back: 1 });
  const request = store.due().find(({ after }) => after === 1);
  store.answered(request, { t: "history", room: "tea", messages: message.slice(1), more: false });
  assert.deepEqual([mark().seq, mark().unread, mark().mentions, mark().line], [1, 2, 1, 1]);
  assert.deepEqual(store.reading.marks.tea, { seq: 1, epoch: "e1", back: 1 });
  hear(4);
  assert.equal(mark().unread, 3);
  store.receive({ t: "read", room: "tea", seq: 4 }); // as of before it was set back
  assert.equal(mark().unread, 3);
  store.open("lobby");
  store.open("tea");
  assert.deepEqual([mark().seq, mark().unread], [4, 0]);
});

test("it is read when the page is looked at again, its end is reached, or something is sent", () => {
  const again = [
    () => store.reading.watch(true),
    () => [false, true].forEach((isAtEnd) => store.reading.follow(store.room, isAtEnd)),
    () => {
      store.put({ t: "send", cid: "cid-0001", text: "so" }, 0);
      store.reading.see(store.room);
    },
  ];
  enter(0, { isShown: true });
  comeBack(0, 0);
  hear(1);
  again.forEach((come, number) => {
    store.receive({ t: "read", room: "tea", seq: 0, back: number + 1 });
    assert.equal(mark().seq, 0);
    come();
    assert.equal(mark().seq, 1);
  });
});

test("a mark that was set back elsewhere outranks that of the browser", () => {
  store.reading.recall({ tea: { seq: 90, epoch: "e1" } });
  store.welcome({ ...WELCOME, marks: [{ room: "tea", seq: 80, back: 1 }] });
  assert.equal(mark().seq, 80);
  const back = { seq: 3, epoch: "e1", back: 1 };
  assert.equal(farther({ seq: 5, epoch: "e1" }, back), back);
  assert.equal(farther(back, { seq: 5, epoch: "e1" }), back);
});

test("chosen words count like the user's name, also since the last visit", () => {
  store.reading.heeded.words = ["kettle"];
  store.reading.recall({ tea: { seq: 90, epoch: "e1" } });
  enter(100, { missed: [said(91, "the Kettle!"), said(92, "kettles")] });
  assert.deepEqual([mark().unread, mark().mentions], [2, 1]);
});

test("what another device has read before it comes here is no news", () => {
  enter(0);
  comeBack(0, 0);
  store.receive({ t: "read", room: "tea", seq: 2 });
  hear(1, "@ann!");
  hear(2);
  assert.deepEqual([mark().unread, mark().line], [0, null]);
  assert.deepEqual(store.reading.takeNews().map(({ isSeen }) => isSeen), [true, true]);
  hear(3);
  assert.equal(mark().unread, 1);
});

test("of the server's mark and the browser's the farther one counts", () => {
  store.reading.recall({ tea: { seq: 90, epoch: "e1" } });
  comeBack(100, 95);
  assert.equal(mark().seq, 95);
  comeBack(100, 80);
  assert.equal(mark().seq, 95);
});

test("a mark of the server in another epoch than the browser's begins anew", () => {
  store.reading.recall({ tea: { seq: 90, epoch: "e0" } });
  comeBack(10, 7);
  assert.equal(mark().seq, 10);
});

test("a browser that knows no rooms joins those of the marks, and shows the one read last", () => {
  store.inherit = inherit;
  store.leave("tea");
  const marks = ["milk", "tea"].map((room) => ({ room, seq: 7 }));
  store.welcome({ ...WELCOME, marks });
  assert.deepEqual([[...store.rooms.keys()], store.active], [["milk", "tea"], "tea"]);
  assert.equal(mark().seq, 7);
  store.leave("milk");
  store.lost();
  store.welcome({ ...WELCOME, marks });
  assert.deepEqual([...store.rooms.keys()], ["tea"]);
});

test("it joins no more of them than it may, and stays in the room that was asked for", () => {
  store.inherit = inherit;
  store.open("mint");
  store.leave("tea");
  store.leave("lobby");
  const marks = ["milk", "tea", "lemon"].map((room) => ({ room, seq: 7 }));
  store.welcome({ ...WELCOME, limits: { rooms: 2 }, marks });
  assert.deepEqual([[...store.rooms.keys()], store.active], [["mint", "tea", "lemon"], "mint"]);
});

test("a browser that knows rooms joins no others", () => {
  store.welcome({ ...WELCOME, marks: [{ room: "milk", seq: 7 }] });
  assert.deepEqual([...store.rooms.keys()], ["lobby", "tea"]);
});

test("what is read on another device while the count is on its way is not counted", () => {
  store.reading.recall({ tea: { seq: 90, epoch: "e1" } });
  comeBack(92, 90);
  const count = store.due().find(({ after }) => after === 90);
  store.receive({ t: "read", room: "tea", seq: 92 });
  store.answered(count, { t: "history", room: "tea", messages: [said(91), said(92)], more: false });
  assert.deepEqual([mark().unread, mark().line], [0, null]);
});

test("@here mentions everybody where few are, and is a word where many are", () => {
  enter(100);
  hear(101, "tea, @here!");
  hear(102, "tea, @heretic");
  assert.deepEqual([mark().unread, mark().mentions], [2, 1]);
  const room = store.rooms.get("tea");
  room.recount(101);
  hear(103, "@here");
  assert.deepEqual([mark().mentions, room.knows("here")], [1, false]);
});

test("a name means somebody who is there, or who has written", () => {
  enter(100);
  const room = store.rooms.get("tea");
  room.meet({ id: "e", nick: "Anton Ek" }, true, 0);
  hear(101, "hello");
  assert.deepEqual(["ann", "Anton", "BOB", "Bo", "nobody"].map((name) => room.knows(name)), [true, true, true, false, false]);
});

test("of whom the user ignores, nothing is new", () => {
  enter(100);
  store.ignored.add(BOB.id);
  hear(101, "@ann");
  assert.deepEqual([mark().unread, store.reading.takeNews()], [0, []]);
});
