// Stores what the user has chosen of the page's look, each part under a name of its own. static/first-look.js applies it.

import { forget, recall, remember } from "./storage.js";

/** The choices of each part, the usual one first. A part that is as usual is not stored. */
export const CHOICES = {
  theme: ["system", "light", "dark"],
  size: ["normal", "small", "large", "huge"],
  density: ["comfortable", "compact"],
  toolbar: ["roomy", "shown", "hidden"],
  language: ["browser", "en", "de", "fr", "es", "ar"],
  clock: ["usual", "h12", "h23"],
  volume: ["normal", "quiet", "loud"],
};

/** Returns what is chosen of a part. */
export function lookOf(part) {
  const chosen = recall(`look.${part}`);
  return CHOICES[part].includes(chosen) ? chosen : CHOICES[part][0];
}

/** Chooses something, and applies it at once, but for the language and the clock, which a reload applies. */
export function choose(part, value) {
  if (value === CHOICES[part][0]) forget(`look.${part}`);
  else remember(`look.${part}`, value);
  dispatchEvent(new Event("look"));
}
