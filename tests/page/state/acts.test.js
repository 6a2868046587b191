// Rules of rights, rules and what moderators do, as the page's state takes them in.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { isLasting, reclaim, settle, silence, vacate } from "../../../static/js/state/acts.js";
import { Store } from "../../../static/js/state/store.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };
const NOW = 1_000_000;

let store;

const room = () => store.room;
const texts = () => room().messages.map(({ text, deleted }) => (deleted ? "-" : text));
const joined = (last, more = {}) => ({ t: "joined", room: "tea", last, epoch: "e1", members: [ANN], ...more });
const said = (seq, text, from = BOB) => ({ t: "msg", room: "tea", seq, ts: NOW, text, from });

function hear(...events) {
  for (const event of events) store.receive({ room: "tea", ts: NOW, ...event });
}

/** Comes into the room, as `joined` tells it. */
function enter(more = {}) {
  store = new Store(() => NOW);
  store.open("tea");
  store.welcome({ you: ANN, session: "token", limits: {} });
  const [join] = store.due();
  store.answered(join, joined(0, more));
  const [page] = store.due();
  store.answered(page, { t: "history", room: "tea", messages: [], more: false });
  return join;
}

function reason(now = NOW) {
  settle(room(), ANN, () => "");
  return silence(room(), ANN, now);
}

beforeEach(() => enter());

test("a clear deletes what its authors said from a number on, and nothing that comes later", () => {
  hear(said(1, "before"), said(2, "rude"), said(3, "mine", ANN), said(4, "nameless", null));
  hear({ t: "clear", seq: 5, key: "k", authors: ["b", ""], since: 2 }, said(6, "later"));
  assert.deepEqual(texts(), ["before", "-", "mine", "-", "later"]);
});

test("a clear deletes earlier messages of its authors that they have edited since", () => {
  hear(said(1, "before"), said(2, "abuse"), said(3, "mine", ANN));
  hear({ t: "clear", seq: 5, key: "k", authors: ["b"], since: 4, also: [2, 3] });
  assert.deepEqual(texts(), ["before", "-", "mine"]);
});

test("a clear takes back reactions of its authors to later messages, and to those it names", () => {
  for (const seq of [1, 2, 3]) hear(said(seq, `text ${seq}`, ANN));
  const react = (seq, target, from) => ({ t: "react", seq, target, emoji: "🍋", from });
  hear(react(4, 1, BOB), react(5, 2, BOB), react(6, 2, ANN), react(7, 3, BOB), said(8, "new", ANN), react(9, 8, BOB));
  hear({ t: "clear", seq: 10, key: "k", authors: ["b"], since: 6, reacted: [2, 3] }, react(11, 3, BOB));
  const reacted = room().messages.map(({ reactions }) => (reactions["🍋"] ?? []).map(({ id }) => id).join());
  assert.deepEqual(reacted, ["b", "a", "b", ""]);
  assert.deepEqual(room().messages[3].reactions, {});
});

test("a clear that comes before a page holds for what the page has", () => {
  hear(said(1, "rude"));
  store.lost();
  store.welcome({ you: ANN, session: "token", limits: {} });
  store.answered(store.due()[0], joined(1));
  room().history.clear();
  const [page] = store.due();
  hear({ t: "clear", seq: 2, key: "k", authors: ["b"], since: 0 });
  store.answered(page, { t: "history", room: "tea", messages: [said(1, "rude")], more: false });
  assert.deepEqual(texts(), ["-"]);
});

test("after a restore all messages are asked for again", () => {
  hear(said(1, "rude"), { t: "clear", seq: 2, key: "k", authors: ["b"], since: 0 });
  assert.deepEqual(texts(), ["-"]);
  hear({ t: "restore", seq: 3, key: "k" });
  assert.deepEqual(store.due().map(({ t }) => t), ["history"]);
});

test("a stored event of an unknown kind has a number like any other", () => {
  hear({ t: "crowned", seq: 1, from: BOB }, said(2, "hello"));
  assert.equal(room().last, 2);
  assert.deepEqual(texts(), ["hello"]);
});

test("acts become lines at their place, in the order in which they came", () => {
  hear(said(1, "hello"), { t: "rules", seq: 2, rules: { closed: true } }, said(3, "later", ANN));
  const lines = settle(room(), ANN, ({ t }, before) => `${t} ${Object.keys(before)}`);
  assert.deepEqual(lines.map(({ words }) => words), ["rules "]);
  assert.deepEqual(room().notes, [{ after: 2, about: "act", words: "rules " }]);
  hear({ t: "rules", seq: 4, rules: {} }, { t: "crowned", seq: 5 });
  settle(room(), ANN, ({ t }, before) => (t === "rules" ? `${t} ${Object.keys(before)}` : undefined));
  assert.deepEqual(room().notes.map(({ after, words }) => [after, words]), [[2, "rules "], [4, "rules closed"]]);
});

test("a line about a clear names the people by what they are called", () => {
  hear(said(1, "rude"), { t: "clear", seq: 2, key: "k", authors: ["b", "a"], since: 0 });
  settle(room(), ANN, (event, _, nickOf) => event.authors.map(nickOf).join());
  assert.equal(room().notes[0].words, "Bob,Ann");
});

test("who may only read, or is in a closed room, is not asked to write", () => {
  assert.equal(reason(), null);
  hear({ t: "rules", seq: 1, rules: { closed: true } });
  assert.deepEqual(reason(), { code: "closed" });
  enter({ right: "read" });
  assert.deepEqual(reason(), { code: "reading" });
  assert(isLasting(reason()));
  room().name = "~x";
  assert.deepEqual(reason(), { code: "read_only" });
});

test("who came in muted, and is let speak again, asks what they may do now", () => {
  enter({ right: "read" });
  hear({ t: "moderated", seq: 1, act: "unmute", people: [ANN], count: 1 });
  assert.equal(reason()?.code, "reading");
  const [join] = store.due();
  assert.deepEqual(join, { t: "join", room: "tea", last: 1, epoch: "e1" });
  store.answered(join, joined(1));
  assert.equal(reason(), null);
});

test("rules do not hold for moderators", () => {
  for (const right of ["moderate", "operate"]) {
    enter({ right, rules: { closed: true, slow: 60 } });
    hear(said(1, "mine", ANN));
    assert.equal(reason(), null);
  }
});

test("who is muted reads until that is over, or until they are let speak again", () => {
  hear({ t: "moderated", seq: 1, act: "mute", people: [ANN], count: 1, until: NOW + 500 });
  assert.deepEqual(reason(), { code: "muted", until: NOW + 500 });
  assert(isLasting(reason()));
  assert.equal(reason(NOW + 500), null);
  hear({ t: "moderated", seq: 2, act: "mute", people: [ANN], count: 1 });
  assert.equal(reason(NOW + 1e12).code, "muted");
  hear({ t: "moderated", seq: 3, act: "unmute", people: [ANN], count: 1 });
  assert.equal(reason(), null);
  hear({ t: "moderated", seq: 4, act: "mute", people: [BOB], count: 1 });
  assert.equal(reason(), null);
});

test("in slow mode one's own last message says when the next one may go", () => {
  hear({ t: "rules", seq: 1, rules: { slow: 60 } }, said(2, "other"));
  assert.equal(reason(), null);
  hear(said(3, "mine", ANN));
  assert.deepEqual(reason(), { code: "slow_mode", until: NOW + 60_000 });
  assert(!isLasting(reason()));
});

test("a message that is refused for some time goes back to its author", () => {
  store.put({ t: "send", text: "hello", cid: "cid-0001" }, NOW);
  const [send] = store.due();
  store.answered(send, { t: "error", code: "newcomer", text: "wait", retry_ms: 900 });
  store.release(send);
  assert.deepEqual(store.due(), []);
  assert.deepEqual(room().returned.map(({ text }) => text), ["hello"]);
  assert.deepEqual(reason(), { code: "newcomer", until: NOW + 900 });
});

test("so does one that is refused to who may not speak; who is muted may try again later", () => {
  store.put({ t: "send", text: "hello", cid: "cid-0001" }, NOW);
  const [send] = store.due();
  store.answered(send, { t: "error", code: "muted", text: "you may only read" });
  reclaim(room(), NOW);
  assert.deepEqual(room().returned.map(({ text }) => text), ["hello"]);
  assert.deepEqual(room().outgoing, []);
  assert.equal(reason().code, "muted");
  assert.equal(reason(NOW + 60_000), null);
});

test("an edit or a topic that is refused for some time shows why, and is sent when that is over", () => {
  hear(said(1, "mine", ANN));
  for (const request of [{ t: "edit", seq: 1, text: "Mine" }, { t: "topic", text: "Tea" }]) {
    store.put({ ...request, cid: `cid-${request.t}` }, NOW);
    const [sent] = store.due();
    store.answered(sent, { t: "error", code: "slow_mode", text: "wait", retry_ms: 900 });
    assert.deepEqual(room().returned, []);
    assert.deepEqual(room().queue.entries.map(({ state, reason: why }) => [state, why.code]), [["failed", "slow_mode"]]);
    assert.deepEqual(reason(), { code: "slow_mode", until: NOW + 900 });
    store.release(sent);
    const [again] = store.due();
    assert.equal(again.text, request.text);
    store.answered(again, { t: "ok", seq: 2 });
    assert.deepEqual(room().queue.entries, []);
  }
});

test("one that is refused because too much is asked for is sent again", () => {
  store.put({ t: "send", text: "hello", cid: "cid-0001" }, NOW);
  const [send] = store.due();
  store.answered(send, { t: "error", code: "busy", text: "later", retry_ms: 900 });
  store.release(send);
  assert.deepEqual(store.due().map(({ text }) => text), ["hello"]);
});

test("the secret of a link is shown until it has let the user in", () => {
  store = new Store();
  store.links.set("~x", "secret");
  store.open("~x");
  store.welcome({ you: ANN, session: "token", limits: {} });
  const [join] = store.due();
  assert.equal(join.link, "secret");
  store.lost();
  store.welcome({ you: ANN, session: "token", limits: {} });
  const [again] = store.due();
  assert.equal(again.link, "secret");
  store.answered(again, { ...joined(0, { title: "Secret tea", right: "read" }), room: "~x" });
  assert.equal(store.links.size, 0);
  assert.equal(room().label, "Secret tea");
});

test("the shown room that cannot be joined stays, with the reason; it is left for another one", () => {
  const error = { t: "error", code: "no_such_room", text: "there is no such room" };
  store = new Store();
  store.links.set("tea", "old");
  store.open("tea");
  store.welcome({ you: ANN, session: "token", limits: {} });
  store.answered(store.due()[0], error);
  assert.equal(room().refusal, error);
  assert.equal(store.links.size, 0);
  store.lost();
  store.welcome({ you: ANN, session: "token", limits: {} });
  assert.deepEqual(store.due(), []);
  store.open("lobby");
  assert.deepEqual([...store.rooms.keys()], ["lobby"]);
});

test("who is kicked comes back to the other rooms, and to this one only if they want", () => {
  store.enter("milk");
  store.answered(store.due().find(({ t }) => t === "join"), { ...joined(0), room: "milk" });
  hear({ t: "moderated", seq: 1, act: "kick", people: [ANN], count: 1 });
  store.lost();
  store.welcome({ you: ANN, session: "token", limits: {} });
  assert.deepEqual(store.due().map(({ room: name }) => name), ["milk"]);
  assert.deepEqual(silence(room(), ANN, NOW), { code: "kicked" });
  vacate(room());
  assert.equal(room().population, 0);
  store.rejoin();
  assert.deepEqual(store.due().map(({ room: name }) => name), ["tea"]);
});
