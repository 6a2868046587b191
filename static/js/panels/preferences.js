// The dialog for the page's look: theme, text, density, language, clock, and how loud sounds are.

import { t } from "../i18n/strings.js";
import { choose, CHOICES, lookOf } from "../storage/look.js";
import { open } from "./dialog.js";
import { button, choice, make } from "./make.js";

// What languages call themselves.
const NAMES = { en: "English", de: "Deutsch", fr: "Français", es: "Español", ar: "العربية" };
const AFTER_RELOAD = ["language", "clock"];

/** Opens the dialog; calls `onVolume` when the volume is changed, and `onReload` at its end if the page has to be loaded again. */
export function openPreferences({ onVolume, onReload }) {
  const before = shown();
  const fields = Object.keys(CHOICES).flatMap((part) => fieldOf(part, onVolume));
  const done = button(t("page.close"), () => dialog.close(), "");
  const note = make("p", {}, t("look.kept"));
  const dialog = open("preferences", t("look.title"), make("h2", {}, t("look.title")), ...fields, note, done);
  dialog.addEventListener("close", () => before !== shown() && onReload());
  dialog.querySelector("select").focus();
}

/** Returns, as a text, what only a reload applies. */
function shown() {
  return AFTER_RELOAD.map(lookOf).join();
}

function fieldOf(part, onVolume) {
  const options = CHOICES[part].map((value) => [value, NAMES[value] ?? t(`look.${value}`)]);
  const [label, control] = choice(t(`look.${part}`), options, { value: lookOf(part) });
  control.value = lookOf(part);
  for (const option of control.options) if (option.value in NAMES) option.lang = option.value;
  control.addEventListener("change", () => {
    choose(part, control.value);
    if (part === "volume") onVolume();
  });
  return [label, control];
}
