// Finds where a text mentions somebody: @ and their whole name, in whatever case. Pure.

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const GOES_ON = /^(?:[\p{L}\p{N}\p{M}_]|-[\p{L}\p{N}])/u; // then it is the beginning of another name

/**
 * Returns the places in a text where it mentions `nick`, as [start, end] in UTF-16 units, from the
 * @ on. A nick may have spaces; letters count as the same in any case and however composed.
 */
export function mentions(text, nick) {
  if (!nick || !text.includes("@")) return [];
  const [folded, starts] = fold(text);
  const wanted = `@${fold(nick)[0]}`;
  const found = [];
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + 1)) {
    const start = starts[at];
    const end = starts[at + wanted.length];
    if (isWhole(text, start, end)) found.push([start, end]);
  }
  return found;
}

/** Whether the name stands for itself: not in an address, nor as the beginning of a longer name. */
function isWhole(text, start, end) {
  if (end === undefined) return false; // it ends within a letter
  return !WORD.test(text.slice(0, start).slice(-1)) && !GOES_ON.test(text.slice(end, end + 3));
}

/** A text without its cases, and for each of its units where in the original it begins, if there. */
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
