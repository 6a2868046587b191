// What a written text asks for: to be said, or one of the commands that begin with a slash. Pure.

export const COMMANDS = ["me", "nick", "join", "leave", "topic", "help"];

const COMMAND = /^\/(\p{L}+)(?:\s+|$)/u; // what goes on otherwise is a path, or a sum
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

/** A text without the slash that kept it from being a command. "/me" would be one to readers, too. */
function unslashed(text) {
  return /^\/\/me\s/.test(text) ? ` ${text.slice(1)}` : text.slice(1);
}
