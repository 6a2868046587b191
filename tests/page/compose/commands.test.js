// Rules of commands and completions.

import "../../../static/js/i18n/en-later.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { commandLines, COMMANDS, obey, read } from "../../../static/js/compose/commands.js";
import { completions } from "../../../static/js/compose/completion.js";
import { EMOJI, emojiOf, USUAL } from "../../../static/js/compose/emoji.js";

for (const [rule, text, name, rest] of [
  ["text is said", "hello /nick", "say", "hello /nick"],
  ["a command is done", "/nick Ann Lee", "nick", "Ann Lee"],
  ["whatever its case, and blanks around what follows", "/TOPIC  two\nlines ", "topic", "two\nlines"],
  ["a command may stand alone", "/leave", "leave", ""],
  ["some may not", "/join", "missing", "join"],
  ["nor with blanks behind", "/me  ", "missing", "me"],
  ["/me is said as it is written", "/ME waves", "say", "/me waves"],
  ["what is no command is told", "/shrug now", "unknown", "shrug"],
  ["paths, sums and lone slashes are said", "/usr/bin", "say", "/usr/bin"],
  ["a lone slash is said", "/ now", "say", "/ now"],
  ["two slashes are one", "//nick is a command", "say", "/nick is a command"],
  ["two slashes keep /me from being done", "//me waves", "say", "\u2060/me waves"],
]) {
  test(rule, () => assert.deepEqual(read(text), { name, rest }));
}

const PEOPLE = ["Bob", "ann-lee", "Ännchen", "Joan Anders", "anna"].map((nick) => ({ nick }));
const labels = (text) => completions(text, text.length, PEOPLE, EMOJI).candidates.map(({ label }) => label);

test("a name is completed from its beginning, in any case and without accents, whole names first", () => {
  assert.deepEqual(labels("@an"), ["ann-lee", "Ännchen", "anna", "Joan Anders"]);
  assert.deepEqual(labels("hi (@BO"), ["Bob"]);
  assert.deepEqual(labels("@"), ["Bob", "ann-lee", "Ännchen", "Joan Anders", "anna"]);
  assert.deepEqual(labels("ann@bo"), []);
  assert.deepEqual(labels("@zz"), []);
});

test("the word before the caret is completed, and the text after it stays", () => {
  const { start, candidates } = completions("hi @bo, tea?", 6, PEOPLE);
  assert.equal(start, 3);
  assert.equal(candidates[0].value, "@Bob ");
});

test("an emoji is completed from two letters of one of its names", () => {
  assert.equal(completions(":smi", 4, [], EMOJI).candidates[0].value, "😄");
  assert.deepEqual(completions(":smi", 4, [], null), { start: 0, candidates: [], lacksEmoji: true });
  assert.deepEqual(labels(":s"), []);
  assert.deepEqual(labels("a:smi"), []);
  assert.deepEqual(labels("at 10:30"), []);
  assert(labels(":he").length <= 8);
});

test("a command is completed at the start of the text alone", () => {
  assert.deepEqual(labels("/t"), ["/topic"]);
  assert.equal(labels("/").length, 6);
  assert.deepEqual(labels("see /t"), []);
  assert.deepEqual(labels("/topic t"), []);
});

test("every listed emoji is one, and no two share a name", () => {
  const names = EMOJI.flatMap((one) => one.names);
  assert.equal(new Set(names).size, names.length);
  for (const { emoji, names: own } of EMOJI) {
    assert.equal(emojiOf(emoji), emoji);
    assert(own.length);
  }
  assert.equal(USUAL.length, 8);
});

test("what is typed as an emoji is one, or the name of one", () => {
  for (const text of ["👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "👍🏽"]) assert.equal(emojiOf(text), text);
  assert.equal(emojiOf(":tada:"), "🎉");
  assert.equal(emojiOf("Smile"), "😄");
  for (const text of ["", "a", "12", "👍👍", "constructor", "👍 "]) assert.equal(emojiOf(text), null);
});

/** What a text does: the names of the acts, with what they get; and whether it is done. */
function done(text, answer) {
  const calls = [];
  const acts = ["say", "nick", "join", "leave", "topic", "help", "tell"].map((name) => [
    name,
    (rest) => {
      calls.push([name, rest]);
      return answer;
    },
  ]);
  return { isDone: obey(text, Object.fromEntries(acts)), calls };
}

test("a command gets its argument", () => {
  assert.deepEqual(done("/nick Ann"), { isDone: true, calls: [["nick", "Ann"]] });
  assert.deepEqual(done("/leave"), { isDone: true, calls: [["leave", ""]] });
  assert.deepEqual(done("/me waves", true), { isDone: true, calls: [["say", "/me waves"]] });
});

test("a command that fails is reported as failed", () => {
  assert.deepEqual(done("/topic tea", false), { isDone: false, calls: [["topic", "tea"]] });
});

test("unknown commands and missing arguments are reported", () => {
  for (const [text, expected] of [["/shrug", "/shrug"], ["/join", "/join ROOM"]]) {
    const { isDone, calls } = done(text);
    assert.equal(isDone, false);
    assert.equal(calls[0][0], "tell");
    assert.ok(calls[0][1].includes(expected));
  }
});

test("help lists every command", () => {
  assert.deepEqual(done("/help"), { isDone: true, calls: [["help", ""]] });
  for (const [place, name] of COMMANDS.entries()) assert.ok(commandLines()[place].startsWith(`/${name}`));
});
