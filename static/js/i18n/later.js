// Loads the texts that the first messages do not need.

import "./en-later.js";

import { locale } from "./strings.js";

const LANGUAGES = {
  en: () => import("./governing-en.js"),
  de: () => import("./governing-de.js"),
  fr: () => import("./governing-fr.js"),
  es: () => import("./governing-es.js"),
  ar: () => import("./governing-ar.js"),
};
const OF_DIALOGS = {
  en: () => import("./dialogs-en.js"),
  de: () => import("./dialogs-de.js"),
  fr: () => import("./dialogs-fr.js"),
  es: () => import("./dialogs-es.js"),
  ar: () => import("./dialogs-ar.js"),
};

/** Adds those of the user's language to the others, but for those of dialogs. */
export async function learn(language = locale()) {
  await (LANGUAGES[baseOf(language)] ?? LANGUAGES.en)();
}

/** Adds those of dialogs. */
export async function learnDialogs(language = locale()) {
  await (OF_DIALOGS[baseOf(language)] ?? OF_DIALOGS.en)();
}

function baseOf(language) {
  return language.split("-")[0].toLowerCase();
}
