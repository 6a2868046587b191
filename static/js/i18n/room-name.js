// Names of rooms that cannot be, and those that are like them. Pure.

import { lengthOf } from "./characters.js";

// As the server has it (trio_chat/protocol/names.py). It decides; here, a name is only proposed.
const REFUSED =
  /[\u034f\u0640\u07fa\u1100-\u11ff\u17b4\u17b5\u180b-\u180d\u180f\u302e\u302f\u3031-\u3035\u303b\u3164\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]/gu;
const OTHERS = /[^\p{L}\p{N}\p{Mn}\p{Mc}_.-]|\p{Default_Ignorable_Code_Point}/gu;
const ENDS = /^[_.-]+|[_.-]+$/g;
const BEGINNING = /^[\p{L}\p{N}]/u;

/**
 * Returns a name of a room that is like one that cannot be: blanks and slashes become "-", and what cannot be
 * in a name is left out. Returns null for a name of more than `limit` characters, as its end may be what tells
 * it from others, for one that is meant for a private room, and where nothing is left.
 */
export function proposeRoom(name, limit) {
  if (lengthOf(name) > limit || name.trimStart().startsWith("~")) return null;
  const words = plain(name.replace(REFUSED, "")).split(/[\s/\\]+/);
  const proposal = words.map((word) => word.replace(OTHERS, "").replace(ENDS, "")).filter(Boolean).join("-");
  return BEGINNING.test(proposal) && lengthOf(proposal) <= limit ? proposal : null;
}

function plain(name) {
  return name.normalize("NFKC").toLowerCase();
}
