// Loads the texts about pictures and files.

import { locale } from "./strings.js";

const LANGUAGES = {
  en: () => import("./files-en.js"),
  de: () => import("./files-de.js"),
  fr: () => import("./files-fr.js"),
  es: () => import("./files-es.js"),
  ar: () => import("./files-ar.js"),
};

/** Adds those of the user's language to the others. */
export async function learn(language = locale()) {
  await (LANGUAGES[language.split("-")[0].toLowerCase()] ?? LANGUAGES.en)();
}
