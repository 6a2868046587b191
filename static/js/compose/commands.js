// Parses and runs commands, which begin with a slash.

import { t } from "../i18n/strings.js";

export const COMMANDS = ["me", "nick", "join", "leave", "topic", "help"];

const COMMAND = /^\/(\p{L}+)(?:\s+|$)/u; // other texts, as /etc/hosts, are no commands
const WORD_JOINER = "\u2060"; // invisible, and not trimmed as a blank would be
const NEEDY = ["me", "join", "topic"]; // these need an argument

/**
 * Returns { name, rest } of a text: a command and its argument; "say" and the text to send; "unknown"
 * and the unknown command; or "missing" and the command whose argument is missing.
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
 * Runs a text by the functions in `acts`: one for each command, which gets the argument, `say`, and
 * `tell` for notices. Returns whether that was possible; an act returns false if it was not.
 */
export function obey(text, acts) {
  const { name, rest } = read(text);
  if (name === "unknown") acts.tell(t("command.unknown", { name: rest }));
  else if (name === "missing") acts.tell(t("command.missing", { usage: t(`command.${rest}`) }));
  else return acts[name](rest) !== false;
  return false;
}

/** Returns a line about each command. */
export function commandLines() {
  return [...COMMANDS.map((name) => t(`command.${name}`)), t("command.slashes")];
}

/** Removes the slash that escapes a command. Pages would show "/me" as an action, so it is masked. */
function unslashed(text) {
  return /^\/\/me\s/.test(text) ? WORD_JOINER + text.slice(1) : text.slice(1);
}
