// What a word that is being written may become: a name, an emoji, a command. Pure.

import { COMMANDS } from "./commands.js";
import { EMOJI } from "./emoji.js";

const MOST = 8; // candidates
// The word before the caret, with what it begins with.
const WORD = /(?<![\p{L}\p{N}\p{M}_@:/])(?<kind>[@:])(?<query>[^\s@:]*)$/u;
const COMMAND = /^(?<kind>\/)(?<query>\p{L}*)$/u;
const LEAST = { "@": 0, ":": 2, "/": 0 }; // letters, and there are candidates

/**
 * Returns what the word before the caret may become: { start, candidates }, a candidate being
 * { value, label }; the best first, and none if there is nothing to complete.
 */
export function completions(text, caret, people) {
  const before = text.slice(0, caret);
  const { kind, query } = (COMMAND.exec(before) ?? WORD.exec(before))?.groups ?? {};
  if (!kind || query.length < LEAST[kind]) return { start: caret, candidates: [] };
  const found = FINDERS[kind](fold(query), people);
  return { start: caret - query.length - kind.length, candidates: found.slice(0, MOST) };
}

const FINDERS = {
  "@": (query, people) =>
    ranked(people, query, ({ nick }) => [nick, ...nick.split(/\s+/)]).map(({ nick }) => ({
      value: `@${nick} `,
      label: nick,
    })),
  ":": (query) =>
    ranked(EMOJI, query, ({ names }) => names).map(({ emoji, names }) => ({
      value: emoji,
      label: `${emoji} ${names.find((name) => fold(name).startsWith(query))}`,
    })),
  "/": (query) =>
    ranked(COMMANDS, query, (name) => [name]).map((name) => ({
      value: `/${name} `,
      label: `/${name}`,
    })),
};

/** Those of which a name begins so, before all others those of which the first one does. */
function ranked(all, query, namesOf) {
  const rank = (one) => namesOf(one).findIndex((name) => fold(name).startsWith(query));
  const found = all.map((one) => ({ one, rank: rank(one) })).filter((entry) => entry.rank >= 0);
  return found.sort((a, b) => Math.sign(a.rank) - Math.sign(b.rank)).map(({ one }) => one);
}

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
