// Highlights words that the user has chosen in the log, as their name is.

import { places } from "../state/mention.js";
import { light } from "./prose.js";

/** Returns where some words are in a text, as [start, end] in order; of those that overlap the first. */
export function wordsIn(text, words) {
  const all = words.flatMap((word) => places(text, word)).sort(([one], [other]) => one - other);
  let last = 0;
  return all.filter(([start, end]) => {
    const isFree = start >= last;
    if (isFree) last = end;
    return isFree;
  });
}

/** Has texts shown so from now on. */
export function highlightWords() {
  light.show = (text, words) => {
    const part = document.createDocumentFragment();
    let at = 0;
    for (const [start, end] of wordsIn(text, words)) {
      const word = document.createElement("span");
      word.className = "name me";
      word.textContent = text.slice(start, end);
      part.append(text.slice(at, start), word);
      at = end;
    }
    part.append(text.slice(at));
    return part;
  };
}
