// What the page knows of a person in a room, in words.

import { t } from "../i18n/strings.js";
import { when } from "../log/row.js";

/** Returns lines about a person: whether they are there and since when, and when they wrote last. */
export function factsOf({ id }, room) {
  return [presence(id, room), latest(id, room)].filter(Boolean);
}

function presence(id, { members, since }) {
  if (!members.has(id)) return t("person.away");
  return since.has(id) ? t("person.since", { time: when(since.get(id), "clock") }) : t("person.here");
}

function latest(id, { history }) {
  const message = history.latest.findLast(({ from, deleted }) => from?.id === id && !deleted);
  return message && t("person.wrote", { time: when(message.ts, "short") });
}
