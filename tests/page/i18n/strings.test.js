// Rules of the page's texts: every language has every key that the page uses, and no other.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import { learn as learnFiles } from "../../../static/js/i18n/files.js";
import { learn, learnDialogs } from "../../../static/js/i18n/later.js";
import { LANGUAGES, locale, reasonOf, speak, t } from "../../../static/js/i18n/strings.js";

const PAGE = new URL("../../../static/", import.meta.url);
const loaded = await Promise.all(
  Object.entries(LANGUAGES).map(async ([language, load]) => [language, await load()]),
);
const all = [learn, learnDialogs, learnFiles];
await Promise.all(Object.keys(LANGUAGES).flatMap((language) => all.map((one) => one(language))));
const { en } = Object.fromEntries(loaded);
const KEY = /["`]([a-z]+\.[a-zA-Z_]+)["`]/g; // as in t("log.title") or data-t="log.title"
const FAMILY = /`([a-z]+\.)\$\{/g; // of keys that are put together, as in t(`error.${code}`)

const sources = readdirSync(PAGE, { recursive: true })
  .filter((name) => /\.(js|html)$/.test(name) && !/i18n.(governing-|dialogs-|files-)?[a-z]{2}(-later)?\.js$/.test(name))
  .map((name) => readFileSync(new URL(name, PAGE), "utf8"))
  .join("\n");
const families = new Set([...sources.matchAll(FAMILY)].map(([, family]) => family));
const sections = new Set(Object.keys(en).map((key) => key.split(".")[0]));
const used = new Set(
  [...sources.matchAll(KEY)].map(([, key]) => key).filter((key) => sections.has(key.split(".")[0])),
);

/** The `{values}` in all forms of some words. */
function values(words) {
  const forms = typeof words === "string" ? [words] : Object.values(words);
  return [...new Set(forms.flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
}

afterEach(() => speak(["en"]));

for (const [language, words] of loaded) {
  test(`${language} has the keys that English has`, () => {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(en).sort());
  });

  test(`${language} names the same values in each`, () => {
    for (const key of Object.keys(en)) assert.deepEqual(values(words[key]), values(en[key]), key);
  });

  test(`${language} has all forms that its numbers need`, () => {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, forms] of Object.entries(words)) {
      if (typeof forms === "string") continue;
      assert.ok("other" in forms, key);
      for (const form of Object.keys(forms)) assert.ok(categories.includes(form), `${key} ${form}`);
    }
  });
}

test("every key that the page uses exists", () => {
  assert.deepEqual([...used].filter((key) => !(key in en)), []);
});

test("every key is used", () => {
  const idle = Object.keys(en).filter(
    (key) => key.includes(".") && !used.has(key) && !families.has(`${key.split(".")[0]}.`),
  );
  assert.deepEqual(idle, []);
});

test("the first of the user's languages with texts is used, else English", async () => {
  for (const [languages, expected] of [
    [["de-CH", "fr"], "de-CH"],
    [["xx", "fr-CA", "en"], "fr-CA"],
    [["EN-GB"], "EN-GB"],
    [["xx", "constructor"], "en"],
    [[], "en"],
  ]) {
    await speak(languages);
    assert.equal(locale(), expected);
  }
});

test("values are inserted, with numbers in the format of the language", async () => {
  await speak(["de"]);
  assert.equal(t("rooms.leave", { room: "{count} <b>" }), "{count} <b> verlassen");
  assert.equal(t("people.others", { count: 1200 }), "und 1.200 weitere");
});

test("an error has a text in the user's language, or else the server's own", async () => {
  await speak(["fr"]);
  assert.match(reasonOf({ code: "nick_taken", text: "somebody else" }), /porte déjà/);
  assert.equal(reasonOf({ code: "new", text: "not on Sundays" }), "Not on Sundays.");
  assert.equal(reasonOf({ code: "constructor" }), "Le serveur a refusé.");
});
