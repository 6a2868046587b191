// The texts of the page, by key, in the language of the browser.

import { en } from "./en.js";

// English comes with the page; another language is loaded if the browser prefers it.
export const LANGUAGES = {
  en: async () => en,
  de: async () => (await import("./de.js")).de,
  fr: async () => (await import("./fr.js")).fr,
  es: async () => (await import("./es.js")).es,
  ar: async () => (await import("./ar.js")).ar,
};

const TARGETS = { t: "textContent", tLabel: "ariaLabel", tTitle: "title", tPlaceholder: "placeholder" };

let words = en;
let plurals = new Intl.PluralRules("en");
let numbers = new Intl.NumberFormat("en");

let language = "en";
let spoken = "en"; // the same, with the user's clock

/** Returns the locale for dates, numbers and sorting, "en-GB" for instance. */
export function locale() {
  return spoken;
}

/**
 * Uses the first of the user's languages that there are texts in, else English. `clock` is "h12" or "h23" for times
 * of 12 or 24 hours; by default they are as the language has them.
 */
export async function speak(languages, clock = "") {
  const wanted = languages.find((one) => Object.hasOwn(LANGUAGES, baseOf(one))) ?? "en";
  language = wanted;
  spoken = clock ? String(new Intl.Locale(wanted, { hourCycle: clock })) : wanted;
  words = await LANGUAGES[baseOf(wanted)]();
  plurals = new Intl.PluralRules(wanted);
  numbers = new Intl.NumberFormat(wanted);
}

/** Returns the text of a key, with `{name}` replaced by that value; `count` selects a plural form. */
export function t(key, values = {}) {
  const found = words[key] ?? key;
  const form = typeof found === "string" ? found : (found[plurals.select(values.count)] ?? found.other);
  return form.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** Returns the text of a server's error, as a sentence. */
export function reasonOf({ code, text }) {
  const key = `error.${code}`;
  if (key in words) return t(key);
  return text ? `${text[0].toUpperCase()}${text.slice(1)}.` : t("error.unknown");
}

/**
 * Sets a document's language, and its elements' texts: `data-t` names the key of a text, and
 * `data-t-label`, `data-t-title` and `data-t-placeholder` those of these attributes.
 */
export function translate(document) {
  document.documentElement.lang = language;
  document.documentElement.dir = words.direction;
  for (const [name, property] of Object.entries(TARGETS)) {
    const attribute = `data-${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      element[property] = t(element.dataset[name]);
    }
  }
}

function baseOf(language) {
  return language.split("-")[0].toLowerCase();
}

function shown(value) {
  return typeof value === "number" ? numbers.format(value) : String(value);
}
