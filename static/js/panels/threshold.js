// What somebody who has not said a name yet may know of the room: how many are there, and what it is about.

import { t } from "../i18n/strings.js";
import { urlOf } from "../net/address.js";
import { make } from "./make.js";

const LIMIT = 5_000; // ms for the answer

/** Shows it in `place`, which says whether the server tells it to everybody; nothing of a room that it does not list. */
export async function tellOf(room, place) {
  if (!("open" in place.dataset)) return;
  const found = await find(room).catch(() => null); // there is no answer, or no more open server
  if (!found) return;
  const { members: count, topic = "" } = found;
  const people = t(count ? "threshold.people" : "threshold.nobody", { count, room: found.room });
  place.replaceChildren(people, topic && make("span", { dir: "auto" }, t("threshold.topic", { topic })));
}

async function find(room) {
  const options = { cache: "no-store", signal: AbortSignal.timeout(LIMIT) };
  const { rooms } = await (await fetch(urlOf("api/v1/rooms"), options)).json();
  return rooms.find((one) => one.room === room);
}
