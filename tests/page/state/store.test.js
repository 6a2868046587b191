// Rules of the page's state: what it requests, and how it handles what the server sends.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Store } from "../../../static/js/state/store.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };

let store;

const room = () => store.room;
const texts = () => room().messages.map(({ text }) => text);
const states = () => room().outgoing.map(({ text, state }) => [text, state]);

function said(seq, text, { from = BOB, cid, name = "tea" } = {}) {
  return { t: "msg", room: name, seq, ts: seq * 1000, text, from, cid };
}

function say(text, cid, ts) {
  return store.put({ t: "send", text, cid }, ts);
}

function hear(...events) {
  for (const event of events) store.receive(event);
}

function welcome() {
  store.welcome({ you: ANN, session: "token", limits: { text: 4000 } });
}

/** Answers what the store asks for, until it asks for nothing more; returns all that it asked. */
function serve(answers = {}) {
  const asked = [];
  for (let due = store.due(); due.length; due = store.due()) {
    for (const request of due) {
      asked.push(request);
      const answer = answers[request.t];
      if (answer) store.answered(request, typeof answer === "function" ? answer(request) : answer);
    }
  }
  return asked;
}

const joined = (last, more = {}) => ({
  t: "joined",
  room: "tea",
  last,
  epoch: "e1",
  members: [ANN],
  ...more,
});
const page = (messages, more = false) => ({ t: "history", room: "tea", messages, more });

/** Comes into a room in which `count` messages were said. */
function enter(count = 0) {
  const messages = Array.from({ length: count }, (_, place) => said(place + 1, `old ${place + 1}`));
  store.open("tea");
  welcome();
  return serve({ join: joined(count), history: page(messages) });
}

function comeBack(answer) {
  store.lost();
  welcome();
  return serve({ join: answer, history: page([]) });
}

beforeEach(() => {
  store = new Store();
});

test("nothing is requested before welcome", () => {
  store.open("tea");
  say("hello", "cid-0001", 1);
  assert.deepEqual(store.due(), []);
});

test("a room is joined, and a page of its history fetched, once", () => {
  assert.deepEqual(enter(2), [
    { t: "join", room: "tea" },
    { t: "history", room: "tea", limit: 100 },
  ]);
  assert.deepEqual(texts(), ["old 1", "old 2"]);
  assert.deepEqual(store.due(), []);
});

test("the history of a room is not requested before it is shown", () => {
  enter();
  store.enter("milk");
  assert.deepEqual(serve({ join: joined(9, { room: "milk" }) }), [{ t: "join", room: "milk" }]);
  hear(said(10, "live", { name: "milk" }));
  store.open("milk");
  assert.deepEqual(store.due(), [{ t: "history", room: "milk", limit: 100, before: 10 }]);
});

test("an event that was handled already is ignored", () => {
  enter(2);
  hear(said(3, "new"), said(3, "new"), said(2, "old"));
  assert.deepEqual(texts(), ["old 1", "old 2", "new"]);
  assert.equal(room().last, 3);
});

test("after a loss it goes on after the last event, of any kind", () => {
  enter(2);
  hear({ t: "react", room: "tea", seq: 3, target: 1, emoji: "👍", from: BOB });
  assert.deepEqual(comeBack(joined(5)), [{ t: "join", room: "tea", last: 3, epoch: "e1" }]);
  hear(said(4, "missed"), said(5, "missed too"));
  assert.deepEqual(texts(), ["old 1", "old 2", "missed", "missed too"]);
  assert.deepEqual(room().notes, []);
});

test("a gap is shown as a note, and the history is requested again", () => {
  enter(2);
  const asked = comeBack(joined(20, { gap: 11 }));
  assert.deepEqual(asked.map(({ t }) => t), ["join", "history"]);
  hear(said(11, "still there"));
  assert.deepEqual(texts(), ["still there"]);
  assert.deepEqual(room().notes.map(({ after }) => after), [20]);
  assert.equal(room().notes[0].about, "gap");
});

test("numbers go on in another epoch that comes without a reset, or is told", () => {
  enter(3);
  store.put({ t: "send", text: "yes", reply: 2, cid: "c1" }, 0);
  comeBack(joined(3, { epoch: "e2" }));
  assert.deepEqual([texts(), room().notes], [["old 1", "old 2", "old 3"], []]);
  hear({ t: "epoch", room: "tea", epoch: "e3" });
  store.put({ t: "send", text: "no", reply: 2, epoch: "e1", cid: "c2" }, 0);
  assert.deepEqual(
    room().queue.entries.map(({ reply, epoch }) => [reply, epoch]),
    [
      [2, "e3"],
      [2, "e3"],
    ],
  );
  const [join] = comeBack(joined(3, { epoch: "e3" }));
  assert.deepEqual(join, { t: "join", room: "tea", last: 3, epoch: "e3" });
});

test("a new epoch is shown as a note, and the old messages are forgotten", () => {
  enter(7);
  const asked = comeBack(joined(3, { reset: true, epoch: "e2" }));
  assert.deepEqual(asked.map(({ t }) => t), ["join", "history"]);
  assert.equal(room().notes[0].about, "reset");
  hear(said(4, "the fourth"));
  assert.deepEqual(texts(), ["the fourth"]);
  store.lost();
  welcome();
  assert.deepEqual(store.due(), [{ t: "join", room: "tea", last: 4, epoch: "e2" }]);
});

test("what waits to be sent outlives a reset", () => {
  enter();
  store.lost();
  say("later", "cid-0001", 1);
  comeBack(joined(0, { reset: true, epoch: "e2" }));
  assert.deepEqual(states(), [["later", "sent"]]);
});

test("edits, deletions and reactions change the message that they are about", () => {
  enter(3);
  hear(
    { t: "edit", room: "tea", seq: 4, target: 1, text: "better", from: BOB },
    { t: "delete", room: "tea", seq: 5, target: 2, from: BOB },
    { t: "react", room: "tea", seq: 6, target: 3, emoji: "👍", from: ANN },
  );
  const [one, two, three] = room().messages;
  assert.deepEqual([one.text, one.edited], ["better", true]);
  assert.deepEqual([two.text, two.deleted], ["", true]);
  assert.deepEqual(three.reactions, { "👍": [ANN] });
});

test("a change that comes before a page without it is applied to the page", () => {
  store.open("tea");
  welcome();
  const [join] = store.due();
  store.answered(join, joined(1));
  const [history] = store.due();
  hear({ t: "edit", room: "tea", seq: 2, target: 1, text: "better", from: BOB });
  store.answered(history, page([said(1, "as it was")]));
  assert.deepEqual(texts(), ["better"]);
});

test("earlier messages are requested before the first one, while there are more", () => {
  store.open("tea");
  welcome();
  serve({ join: joined(9), history: page([said(8, "eight"), said(9, "nine")], true) });
  room().history.goBack();
  const [request] = store.due();
  assert.equal(request.before, 8);
  room().history.goBack();
  assert.deepEqual(store.due(), []);
  store.answered(request, page([said(7, "seven")], false));
  assert.deepEqual(texts(), ["seven", "eight", "nine"]);
  assert(!room().history.canGoBack);
});

test("requests are sent one after the other, in order", () => {
  enter();
  say("one", "cid-0001", 1);
  say("two", "cid-0002", 2);
  const [first] = store.due();
  assert.deepEqual(first, { room: "tea", t: "send", cid: "cid-0001", text: "one" });
  assert.deepEqual(store.due(), []);
  assert.deepEqual(states(), [["one", "sent"], ["two", "waiting"]]);
  store.answered(first, { t: "ok", seq: 1, ts: 1 });
  assert.equal(store.due()[0].text, "two");
});

test("a message is shown once, whether its event or its answer comes first", () => {
  enter();
  say("one", "cid-0001", 1);
  const [first] = store.due();
  hear(said(1, "one", { from: ANN, cid: "cid-0001" }));
  store.answered(first, { t: "ok", seq: 1, ts: 1000 });
  say("two", "cid-0002", 2);
  const [second] = store.due();
  store.answered(second, { t: "ok", seq: 2, ts: 2000 });
  hear(said(2, "two", { from: ANN, cid: "cid-0002" }));
  assert.deepEqual(texts(), ["one", "two"]);
  assert.deepEqual(states(), []);
  assert.equal(room().last, 2);
});

test("an answer does not hide events before it", () => {
  enter();
  say("mine", "cid-0001", 1);
  const [send] = store.due();
  store.answered(send, { t: "ok", seq: 3, ts: 3000 });
  hear(said(1, "one"), said(2, "two"), said(3, "mine", { from: ANN, cid: "cid-0001" }));
  assert.deepEqual(texts(), ["one", "two", "mine"]);
});

test("requests without an answer are sent again after a loss, with the same cid and in order", () => {
  enter();
  say("one", "cid-0001", 1);
  store.due();
  say("two", "cid-0002", 2);
  store.lost();
  say("three", "cid-0003", 3);
  welcome();
  let seq = 0;
  const asked = serve({ join: joined(0), send: () => ({ t: "ok", seq: ++seq, ts: seq }) });
  const sent = asked.filter(({ t }) => t === "send");
  assert.deepEqual(sent.map(({ cid }) => cid), ["cid-0001", "cid-0002", "cid-0003"]);
  assert.deepEqual(texts(), ["one", "two", "three"]);
});

test("a request whose event comes after a loss is not sent again", () => {
  enter();
  say("one", "cid-0001", 1);
  store.due();
  store.lost();
  welcome();
  const [join] = store.due();
  store.answered(join, joined(1));
  hear(said(1, "one", { from: ANN, cid: "cid-0001" }));
  assert.deepEqual(store.due(), []);
  assert.deepEqual(texts(), ["one"]);
});

test("a resend of what is in the history already adds nothing", () => {
  enter(3);
  say("one", "cid-0001", 1);
  const [send] = store.due();
  store.answered(send, { t: "ok", seq: 2, ts: 2000, dup: true });
  assert.deepEqual(texts(), ["old 1", "old 2", "old 3"]);
  assert.deepEqual(states(), []);
});

test("another person's event with the same cid does not confirm a request", () => {
  enter();
  say("one", "cid-0001", 1);
  hear(said(1, "not one", { cid: "cid-0001" }));
  assert.deepEqual(states(), [["one", "waiting"]]);
});

test("a request with a temporary error keeps its place, and is sent again when it is released", () => {
  enter();
  say("one", "cid-0001", 1);
  say("two", "cid-0002", 2);
  const [send] = store.due();
  store.answered(send, { t: "error", code: "unavailable", text: "not now", retry_ms: 1000 });
  assert.deepEqual(store.due(), []);
  store.release(send);
  assert.deepEqual(store.due(), [send]);
});

test("a refused request has the reason, does not block the next, and can be retried or discarded", () => {
  enter();
  say("one", "cid-0001", 1);
  say("two", "cid-0002", 2);
  const [send] = store.due();
  store.answered(send, { t: "error", code: "too_long", text: "too long" });
  assert.deepEqual(states(), [["one", "failed"], ["two", "waiting"]]);
  assert.equal(room().outgoing[0].reason.text, "too long");
  assert.equal(store.due()[0].text, "two");
  store.lost();
  assert.deepEqual(states(), [["one", "failed"], ["two", "waiting"]]);
  store.retry("cid-0001");
  assert.deepEqual(states(), [["one", "waiting"], ["two", "waiting"]]);
  store.discard("cid-0001");
  assert.deepEqual(states(), [["two", "waiting"]]);
});

test("messages of others in hidden rooms, or below the view, are unread until they are seen", () => {
  enter();
  store.enter("milk");
  serve({ join: joined(0, { room: "milk" }) });
  hear(
    said(1, "seen"),
    said(1, "unseen", { name: "milk" }),
    said(2, "mine, from another tab", { name: "milk", from: ANN }),
    { t: "edit", room: "milk", seq: 3, target: 1, text: "better", from: BOB },
  );
  assert.equal(store.reading.unread, 1);
  store.reading.watch(false);
  hear(said(2, "behind your back"));
  assert.equal(store.reading.unread, 2);
  store.reading.watch(true);
  store.open("milk");
  assert.equal(store.reading.unread, 0);
});

test("messages from the cache are shown before the server answers", () => {
  const kept = { name: "tea", epoch: "e1", topic: "cake", messages: [said(1, "of old")] };
  store.open("tea");
  store.recallLines([kept, { ...kept, name: "elsewhere" }]);
  assert.deepEqual(texts(), ["of old"]);
  assert.equal(room().topic, "cake");
  assert.equal(store.rooms.size, 1);
});

test("messages from the cache are not mixed with those of another epoch", () => {
  store.open("tea");
  store.recallLines([{ name: "tea", epoch: "e0", topic: "", messages: [said(9, "of old")] }]);
  welcome();
  const [join] = store.due();
  store.answered(join, joined(0));
  assert.deepEqual(texts(), []);
});

test("messages from the cache are ignored after those of the server", () => {
  enter(3);
  store.recallLines([{ name: "tea", epoch: "e1", topic: "old", messages: [said(1, "of old")] }]);
  assert.deepEqual(texts(), ["old 1", "old 2", "old 3"]);
});

test("the server's name for a room is the room's name", () => {
  enter();
  store.open("MILK");
  serve({ join: joined(0, { room: "milk" }), history: { ...page([]), room: "milk" } });
  assert.deepEqual([...store.rooms.keys()], ["tea", "milk"]);
  assert.equal(store.active, "milk");
  store.open("TEA");
  serve({ join: joined(0) });
  assert.deepEqual([...store.rooms.keys()], ["tea", "milk"]);
  assert.equal(store.active, "tea");
});

test("a room that cannot be joined is left, and another one shown", () => {
  enter();
  store.open("milk");
  const [join] = store.due();
  store.answered(join, { t: "error", code: "too_many_rooms", text: "no" });
  assert.equal(store.active, "tea");
  assert.deepEqual(store.due(), []);
});

test("in the place of a room that cannot be no other one is shown, and it is gone with the next one", () => {
  enter();
  store.open("?");
  const [join] = store.due();
  const refusal = { t: "error", code: "bad_room", text: "no such name" };
  store.answered(join, refusal);
  assert.equal(store.active, "?");
  assert.deepEqual(room().refusal, refusal);
  assert.deepEqual(store.due(), []);
  store.open("tea");
  assert.deepEqual([...store.rooms.keys()], ["tea"]);
});

test("a room that is left makes no requests, and is not joined again", () => {
  enter();
  store.enter("milk");
  serve({ join: joined(0, { room: "milk" }) });
  store.leave("milk");
  assert.deepEqual(store.due(), [{ t: "leave", room: "milk", forget: true }]);
  hear(said(1, "too late", { name: "milk" }));
  store.lost();
  welcome();
  assert.deepEqual(store.due().map(({ room }) => room), ["tea"]);
});

test("members come, leave and change their names", () => {
  enter();
  const nicks = () => [...room().members.values()].map(({ nick }) => nick);
  hear({ t: "presence", room: "tea", who: BOB, state: "joined" });
  assert.deepEqual(nicks(), ["Ann", "Bob"]);
  hear({ t: "nick", room: "tea", who: { id: "a", nick: "Anna" } });
  assert.deepEqual(nicks(), ["Anna", "Bob"]);
  assert.equal(store.me.nick, "Anna");
  hear({ t: "presence", room: "tea", who: BOB, state: "left" });
  assert.deepEqual(nicks(), ["Anna"]);
});

test("the topic is that of the latest event", () => {
  enter();
  comeBack(joined(0, { topic: "biscuits" }));
  assert.equal(room().topic, "biscuits");
  hear({ t: "topic", room: "tea", seq: 1, text: "cake", from: BOB });
  assert.equal(room().topic, "cake");
});

test("events of unknown kinds and rooms are ignored", () => {
  enter();
  hear({ t: "wave", room: "tea", seq: 1 }, { t: "msg", room: "elsewhere", seq: 1 }, { t: "ping" });
  assert.deepEqual(texts(), []);
});

test("requests that are made offline are sent in order, edits and reactions too", () => {
  enter(3);
  store.lost();
  say("first", "cid-0001", 1);
  store.put({ t: "edit", seq: 1, text: "better", cid: "cid-0002" }, 2);
  store.put({ t: "react", seq: 2, emoji: "👍", on: true, cid: "cid-0003" }, 3);
  store.put({ t: "topic", text: "cake", cid: "cid-0004" }, 4);
  say("last", "cid-0005", 5);
  welcome();
  let seq = 3;
  const ok = () => ({ t: "ok", seq: ++seq, ts: seq });
  const asked = serve({ join: joined(3), send: ok, edit: ok, react: ok, topic: ok });
  assert.deepEqual(asked.slice(1).map(({ cid }) => cid).filter(Boolean), [
    "cid-0001", "cid-0002", "cid-0003", "cid-0004", "cid-0005",
  ]);
  assert.deepEqual(texts(), ["better", "old 2", "old 3", "first", "last"]);
  assert.deepEqual(room().messages[1].reactions, { "👍": [ANN] });
  assert.deepEqual(store.unsent, []);
});

test("an event of the user's own removes its entry from the queue, of any kind", () => {
  enter(1);
  store.put({ t: "edit", seq: 1, text: "better", cid: "cid-0001" }, 1);
  store.due();
  hear({ t: "edit", room: "tea", seq: 2, target: 1, text: "better", from: ANN, cid: "cid-0001" });
  assert.deepEqual(store.unsent, []);
});

test("the queues are bounded in entries", () => {
  store.open("tea");
  let count = 0;
  while (say("again", `cid-${count}`, 1)) count += 1;
  assert.equal(store.unsent.length, 500);
  store.discard("cid-7");
  assert(say("again", "cid-more", 1));
});

test("the queues are bounded in text", () => {
  store.open("tea");
  let count = 0;
  while (say("x".repeat(4000), `cid-${count}`, 1)) count += 1;
  assert.equal(count, 125);
});

test("stored entries go to their rooms' queues, once", () => {
  store.open("tea");
  const entry = { t: "send", text: "of old", cid: "cid-0001", ts: 1, state: "sent", wasSent: true };
  store.restore([{ ...entry, room: "tea" }, { ...entry, cid: "cid-0002", room: "milk" }]);
  store.restore([{ ...entry, room: "tea" }]);
  assert.deepEqual([...store.rooms.keys()], ["tea", "milk"]);
  assert.deepEqual(states(), [["of old", "waiting"]]);
  assert.deepEqual(store.unsent.map(({ room, cid }) => [room, cid]), [
    ["tea", "cid-0001"],
    ["milk", "cid-0002"],
  ]);
});

test("numbers of another epoch are not sent: a change has failed, a reply becomes a message", () => {
  enter(2);
  store.lost();
  store.put({ t: "edit", seq: 1, text: "better", cid: "cid-0001" }, 1);
  store.put({ t: "send", text: "yes", reply: 2, cid: "cid-0002" }, 2);
  comeBack(joined(0, { reset: true, epoch: "e2" }));
  assert.deepEqual(states(), [["better", "failed"], ["yes", "sent"]]);
  assert.equal(room().outgoing[0].reason.code, "not_found");
  assert.equal("reply" in room().outgoing[1], false);
});

test("entries for a room that cannot be joined have failed, and can be retried", () => {
  store.open("tea");
  say("hello", "cid 1", 1);
  welcome();
  const [join] = store.due();
  const refusal = { t: "error", code: "too_many_rooms", text: "no" };
  store.answered(join, refusal);
  assert.equal(store.active, "tea");
  assert.deepEqual(states(), [["hello", "failed"]]);
  assert.deepEqual(room().outgoing[0].reason, refusal);
  assert.deepEqual(store.due(), []);
  store.retry("cid 1");
  assert.equal(store.due()[0].t, "join");
});

test("a room that could not be joined is joined again after a loss, and left without a request", () => {
  store.open("tea");
  say("hello", "cid 1", 1);
  welcome();
  store.answered(store.due()[0], { t: "error", code: "too_many_rooms", text: "no" });
  store.lost();
  welcome();
  const [join] = store.due();
  assert.equal(join.t, "join");
  store.answered(join, { t: "error", code: "too_many_rooms", text: "no" });
  store.discard("cid 1");
  store.leave("tea");
  assert.deepEqual(store.due().map(({ t }) => t), ["join"]);
});

test("a gap that opens while missed events are read is shown, and what follows it is handled", () => {
  enter(2);
  comeBack(joined(20));
  hear(said(3, "missed"));
  hear(joined(20, { id: 9, gap: 11 }));
  assert.equal(room().notes[0].about, "gap");
  assert.equal(store.due()[0].t, "history");
  hear(said(11, "still there"), said(12, "and this"));
  assert.deepEqual(texts(), ["still there", "and this"]);
  assert.equal(room().last, 12);
  store.lost();
  welcome();
  assert.deepEqual(store.due(), [{ t: "join", room: "tea", last: 12, epoch: "e1" }]);
});

test("a page that was requested before a gap is ignored after it", () => {
  enter(2);
  comeBack(joined(20));
  room().history.jump(1);
  room().history.clear();
  const [early] = store.due();
  hear(joined(20, { gap: 11 }));
  const [late] = store.due();
  store.answered(early, page([said(1, "old")]));
  assert.deepEqual(texts(), []);
  store.answered(late, page([said(20, "present")]));
  assert.deepEqual(texts(), ["present"]);
});

test("a page may be short although there is more, or hold nothing", () => {
  store.open("tea");
  welcome();
  serve({ join: joined(9), history: page([said(9, "nine")], true) });
  for (const seq of [8, 7]) {
    assert(room().history.canGoBack);
    room().history.goBack();
    const [request] = store.due();
    assert.equal(request.before, seq + 1);
    store.answered(request, page([said(seq, `${seq}`)], true));
  }
  room().history.goBack();
  store.answered(store.due()[0], page([], true));
  assert(!room().history.canGoBack);
});

test("people may come and go while missed events are still on their way", () => {
  enter(2);
  comeBack(joined(5));
  hear({ t: "presence", room: "tea", who: BOB, state: "joined" }, said(3, "missed"));
  hear({ t: "nick", room: "tea", who: { ...BOB, nick: "Rob" } }, said(4, "missed too"));
  assert.equal(room().members.get("b").nick, "Rob");
  hear({ t: "presence", room: "tea", who: BOB, state: "left" }, said(5, "the last"));
  assert.deepEqual([...room().members.keys()], ["a"]);
  assert.equal(room().last, 5);
});

test("of a large room not all members are told, but how many there are", () => {
  enter();
  const people = Array.from({ length: 3 }, (_, place) => ({ id: `p${place}`, nick: `P${place}` }));
  comeBack(joined(0, { members: people, population: 1000 }));
  assert.equal(room().population, 1000);
  hear({ t: "presence", room: "tea", who: ANN, state: "joined" });
  assert.equal(room().population, 1000);
  hear({ t: "presence", room: "tea", who: BOB, state: "joined" });
  assert.equal(room().population, 1001);
  hear({ t: "presence", room: "tea", who: { id: "x", nick: "X" }, state: "left" });
  assert.equal(room().population, 1000);
  hear({ t: "presence", room: "tea", who: people[0], state: "left" });
  assert.equal(room().population, 999);
  const { membersVersion } = room();
  hear({ t: "population", room: "tea", count: 7 });
  assert.equal(room().population, 7);
  assert.notEqual(room().membersVersion, membersVersion);
  comeBack(joined(0));
  assert.equal(room().population, 1);
});

test("a room is left although the server was busy at first", () => {
  enter();
  store.enter("milk");
  serve({ join: joined(0, { room: "milk" }) });
  store.leave("milk");
  const [leave] = store.due();
  store.answered(leave, { t: "error", code: "busy", text: "later", retry_ms: 100 });
  store.release(leave);
  assert.deepEqual(store.due(), [{ t: "leave", room: "milk", forget: true }]);
  store.enter("milk");
  store.release(leave);
  assert.deepEqual(store.due().map(({ t }) => t), ["join"]);
});

test("after a final error an entry has failed, and the next is sent", () => {
  enter(1);
  for (const code of ["too_many_reactions", "too_many_changes", "key_reused"]) {
    store.put({ t: "react", seq: 1, emoji: "👍", cid: code }, 1);
    const [request] = store.due();
    store.answered(request, { t: "error", code, text: "no" });
    assert.equal(store.unsent[0].reason.code, code);
    store.discard(code);
  }
  say("hello", "cid-0001", 1);
  assert.equal(store.due()[0].text, "hello");
});

test("after a temporary error an entry is sent again", () => {
  enter();
  say("hello", "cid-0001", 1);
  for (const code of ["busy", "unavailable"]) {
    const [request] = store.due();
    store.answered(request, { t: "error", code, text: "later", retry_ms: 100 });
    assert.deepEqual(states(), [["hello", "sent"]]);
    assert.deepEqual(store.due(), []);
    store.release(request);
  }
  assert.equal(store.due()[0].cid, "cid-0001");
});
