// Finds mentions in a text: @ and a whole name, in any case. Pure.

const ENDS_IN_WORD = /[\p{L}\p{N}\p{M}_]$/u;
const GOES_ON = /^(?:[\p{L}\p{N}\p{M}_]|-[\p{L}\p{N}])/u; // then it is the beginning of a longer name

/**
 * Returns where a text mentions `nick`, as [start, end] in UTF-16 units with the @ included. A nick
 * may have spaces; case and composition of letters do not matter.
 */
export function mentions(text, nick) {
  return nick && text.includes("@") ? places(text, `@${nick}`) : [];
}

/** Returns whether one of some words is in a text, as a word or words of their own, in any case. */
export function saysOne(text, words) {
  return words.some((word) => places(text, word).length > 0);
}

/** Returns where a word, or words in a row, are in a text, as [start, end]. */
export function places(text, words) {
  const [folded, starts] = fold(text);
  const [wanted] = fold(words);
  const found = [];
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + 1)) {
    const start = starts[at];
    const end = starts[at + wanted.length];
    if (isWhole(text, start, end)) found.push([start, end]);
  }
  return found;
}

/** Whether the name is not part of a longer word or name. */
function isWhole(text, start, end) {
  if (end === undefined) return false; // the match ends within a letter
  return !ENDS_IN_WORD.test(text.slice(Math.max(0, start - 2), start)) && !GOES_ON.test(text.slice(end, end + 3));
}

/** Returns a folded text, and for each of its units the index in the original, if one begins there. */
function fold(text) {
  let folded = "";
  let start = 0;
  const starts = [];
  for (const character of text) {
    starts[folded.length] = start;
    folded += character.normalize("NFD").toUpperCase().toLowerCase();
    start += character.length;
  }
  starts[folded.length] = start;
  return [folded, starts];
}
