// Rules of the lines that tell what moderators did.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { learn } from "../../../static/js/i18n/later.js";
import { speak } from "../../../static/js/i18n/strings.js";
import { duration, names, narrate } from "../../../static/js/log/narration.js";

const ANN = { id: "a", nick: "Ann" };
const BOB = { id: "b", nick: "Bob" };

await Promise.all(["en", "de", "fr"].map(learn));

/** Returns the line about an event, without the marks around names. */
function line(event, before = {}, nickOf = () => undefined) {
  return narrate({ from: ANN, ts: 0, ...event }, before, nickOf)?.replace(/[\u2068\u2069]/g, "");
}

afterEach(() => speak(["en"]));

test("a line says who did what to whom, for how long, and why", () => {
  const mute = { t: "moderated", act: "mute", people: [BOB], count: 1 };
  assert.equal(line({ ...mute, until: 3_600_000, why: "rude" }), "Ann muted Bob for 1 hour: rude");
  assert.equal(line(mute), "Ann muted Bob.");
  assert.equal(line({ ...mute, act: "kick", until: 5 }), "Ann removed Bob.");
  assert.equal(line({ t: "created", private: true }), "Ann made this private room.");
});

test("of many people only the number is told", () => {
  const people = ["Bob", "Cem", "Dan", "Eve"].map((nick) => ({ id: nick, nick }));
  const ban = { t: "moderated", act: "ban", people, count: 500 };
  assert.equal(line(ban), "Ann banned 500 people.");
  assert.equal(names([]), "");
});

test("of rules only those are told that have changed", () => {
  const rules = (rules, before) => line({ t: "rules", rules }, before);
  assert.equal(rules({ closed: true, slow: 30 }, { slow: 30 }), "Ann set the rules: only moderators speak.");
  assert.equal(rules({ hold_links: true }), "Ann set the rules: links of newcomers wait for a moderator.");
  assert.equal(rules({}, { hold_links: true }), "Ann set the rules: links of newcomers need not wait.");
  assert.equal(rules({ newcomers: 900 }), "Ann set the rules: newcomers wait 15 minutes before they speak.");
  assert.equal(rules({}, { closed: true, members: 2 }), "Ann set the rules: everybody may speak; any number of people.");
  assert.equal(rules({}, {}), "Ann set the rules: as before.");
});

test("those whose messages are cleared are named if they are known", () => {
  const clear = { t: "clear", key: "k", authors: ["b", "x"], since: 0 };
  assert.equal(line(clear, {}, (id) => (id === "b" ? "Bob" : undefined)), "Ann cleared what Bob and Somebody said.");
});

test("events that tell nothing have no line", () => {
  assert.equal(line({ t: "topic", text: "tea" }), undefined);
  assert.equal(line({ t: "crowned" }), undefined);
});

test("a time is told in its largest unit, in the user's language", async () => {
  for (const [seconds, words] of [[1, "1 second"], [90, "1.5 minutes"], [600, "10 minutes"], [3_599, "1 hour"], [86_400, "1 day"], [604_800, "1 week"]]) {
    assert.equal(duration(seconds), words);
  }
  await speak(["de"]);
  assert.equal(duration(3_600), "1 Stunde");
});
