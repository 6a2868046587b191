// Completes names, emoji and commands. Pure.

import { COMMANDS } from "./commands.js";

const MOST = 8; // candidates
// The word before the caret, with its first character.
const WORD = /(?<![\p{L}\p{N}\p{M}_@:/])(?<kind>[@:])(?<query>[^\s@:]*)$/u;
const COMMAND = /^(?<kind>\/)(?<query>\p{L}*)$/u;
const LEAST = { "@": 0, ":": 2, "/": 0 }; // letters that are needed for candidates

/**
 * Returns the completions of the word before the caret: { start, candidates }, where `start` is the
 * word's start and a candidate is { value, label }, the best first. `emoji` are { emoji, names }; without them,
 * `lacksEmoji` tells whether they would be needed.
 */
export function completions(text, caret, people, emoji) {
  const before = text.slice(0, caret);
  const { kind, query } = (COMMAND.exec(before) ?? WORD.exec(before))?.groups ?? {};
  if (!kind || query.length < LEAST[kind]) return { start: caret, candidates: [], lacksEmoji: false };
  const lacksEmoji = kind === ":" && !emoji;
  const found = FINDERS[kind](fold(query), people, emoji ?? []);
  return { start: caret - query.length - kind.length, candidates: found.slice(0, MOST), lacksEmoji };
}

const FINDERS = {
  "@": (query, people) =>
    ranked(people, query, ({ nick }) => [nick, ...nick.split(/\s+/)]).map(({ nick }) => ({
      value: `@${nick} `,
      label: nick,
    })),
  ":": (query, _, all) =>
    ranked(all, query, ({ names }) => names).map(({ emoji, names }) => ({
      value: emoji,
      label: `${emoji} ${names.find((name) => fold(name).startsWith(query))}`,
    })),
  "/": (query) =>
    ranked(COMMANDS, query, (name) => [name]).map((name) => ({
      value: `/${name} `,
      label: `/${name}`,
    })),
};

/** Returns those with a name that begins with the query; those whose first name does come first. */
function ranked(all, query, namesOf) {
  const rank = (one) => namesOf(one).findIndex((name) => fold(name).startsWith(query));
  const found = all.map((one) => ({ one, rank: rank(one) })).filter((entry) => entry.rank >= 0);
  return found.sort((a, b) => Math.sign(a.rank) - Math.sign(b.rank)).map(({ one }) => one);
}

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
