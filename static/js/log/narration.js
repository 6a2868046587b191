// What moderators did, in words.

import { locale, t } from "../i18n/strings.js";

const NAMED = 3; // people; of more only the number
const UNITS = [["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]]; // in s
const NEARLY = 0.95; // of a unit counts as one

/** Returns a time in words, in one unit. */
export function duration(seconds) {
  const [unit, size] = UNITS.find(([, one]) => seconds >= NEARLY * one) ?? UNITS.at(-1);
  const form = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(locale(), form).format(Math.round((10 * seconds) / size) / 10);
}

/** Returns a line about an event; `before` are the rules before it, `nickOf` returns a name by an id. */
export function narrate(event, before, nickOf) {
  const who = isolate(event.from?.nick ?? t("row.nameless"));
  const line = LINES[event.t]?.(event, who, before, nickOf);
  return line && because(line, event.why);
}

/** Returns a line with the reason that was given, if there is one. */
export function because(line, why) {
  return why ? `${line}: ${isolate(why)}` : `${line}.`;
}

const LINES = {
  created: ({ private: isPrivate }, who) => t(isPrivate ? "act.createdPrivate" : "act.created", { who }),
  rules: ({ rules }, who, before) => t("act.rules", { who, what: changes(rules, before) }),
  moderated: ({ act, people, count, until, ts }, who) => done(act, { who, people: few(people, count) }, ts, until),
  clear: ({ authors }, who, _, nickOf) => {
    const people = authors.slice(0, NAMED).map((id) => ({ nick: nickOf(id) }));
    return t("act.clear", { who, people: few(people, authors.length) });
  },
  restore: (_, who) => t("act.restore", { who }),
};

/** Returns that somebody did something to people, for some time if it has an end. */
export function done(act, values, ts, until) {
  const isBounded = until && ["mute", "ban"].includes(act);
  return isBounded ? t(`act.${act}For`, { ...values, time: duration((until - ts) / 1000) }) : t(`act.${act}`, values);
}

/** Returns in words what differs between some rules and those before. */
export function changes(rules, before = {}) {
  const names = ["closed", "slow", "newcomers", "members", "hold_links", "no_files"];
  const others = names.filter((name) => (rules[name] || 0) !== (before[name] || 0));
  return others.map((name) => rule(name, rules[name])).join("; ") || t("rules.same");
}

function rule(name, value) {
  if (!value) return t(`rules.${name}Off`);
  if (value === true) return t(`rules.${name}On`);
  return name === "members" ? t("rules.membersOn", { count: value }) : t(`rules.${name}On`, { time: duration(value) });
}

/** Returns the first names of some people, `named` at most, and how many others there are. */
export function names(people, count = people.length, named = NAMED) {
  const shown = people.slice(0, named).map(({ nick }) => isolate(nick || t("row.nameless")));
  const others = count - shown.length;
  const parts = others > 0 ? [...shown, t("act.others", { count: others })] : shown;
  return new Intl.ListFormat(locale(), { type: "conjunction" }).format(parts);
}

/** Returns the names of some people; of a crowd only how many they are, as raiders choose what they are called. */
function few(people, count = people.length) {
  return count > NAMED ? t("act.people", { count }) : names(people, count);
}

/** Returns what is said of a message, with the files beside its text. */
export function withFiles(words, { text, files = [] }) {
  return text && files.length ? `${words} (${files.map(({ alt, name }) => alt || name).join(", ")})` : words;
}

/** Keeps the direction of a text from the words around it. */
export function isolate(text) {
  return `\u2068${text}\u2069`;
}
