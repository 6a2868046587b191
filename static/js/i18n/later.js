// Loads the texts that the first messages do not need.

import "./en-later.js";

import { locale } from "./strings.js";

const LANGUAGES = {
  en: () => import("./governing-en.js"),
  de: () => import("./governing-de.js"),
  fr: () => import("./governing-fr.js"),
};

/** Adds those of the user's language to the others. */
export async function learn(language = locale()) {
  await (LANGUAGES[language.split("-")[0].toLowerCase()] ?? LANGUAGES.en)();
}
