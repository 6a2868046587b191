// What a written text asks for: to be said, or one of the commands that begin with a slash.

import { t } from "../i18n/strings.js";

export const COMMANDS = ["me", "nick", "join", "leave", "topic", "help"];

const COMMAND = /^\/(\p{L}+)(?:\s+|$)/u; // what goes on otherwise is a path, or a sum
const WORD_JOINER = "\u2060"; // cannot be seen, and is not trimmed as a blank would be
const NEEDY = ["me", "join", "topic"]; // these say nothing alone

/**
 * Returns { name, rest } of a command; `name` is "say" for any other text, "unknown" with the word
 * as `rest`, and "missing" with the command as `rest` if it needs something behind it.
 */
export function read(text) {
  if (text.startsWith("//")) return { name: "say", rest: unslashed(text) };
  const found = COMMAND.exec(text);
  if (!found) return { name: "say", rest: text };
  const name = found[1].toLowerCase();
  const rest = text.slice(found[0].length).trim();
  if (!COMMANDS.includes(name)) return { name: "unknown", rest: name };
  if (NEEDY.includes(name) && !rest) return { name: "missing", rest: name };
  return name === "me" ? { name: "say", rest: `/me ${rest}` } : { name, rest };
}

/**
 * Does what a text asks for, by the functions in `acts`: one for each command, which get what stands
 * behind it, `say`, and `tell` for words to the user. Returns whether that was possible; an act that
 * returns false did not do it.
 */
export function obey(text, acts) {
  const { name, rest } = read(text);
  if (name === "unknown") acts.tell(t("command.unknown", { name: rest }));
  else if (name === "missing") acts.tell(t("command.missing", { usage: t(`command.${rest}`) }));
  else if (name === "help") acts.tell(help());
  else return acts[name](rest) !== false;
  return name === "help";
}

function help() {
  return [...COMMANDS.map((name) => t(`command.${name}`)), t("command.slashes")].join("\n");
}

/** A text without the slash that kept it from being a command. "/me" would be one to readers, too. */
function unslashed(text) {
  return /^\/\/me\s/.test(text) ? WORD_JOINER + text.slice(1) : text.slice(1);
}
