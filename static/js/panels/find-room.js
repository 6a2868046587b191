// The dialog with all rooms that the user may see, to find one and join it.

import { locale, reasonOf, t } from "../i18n/strings.js";
import { isolate } from "../log/narration.js";
import { open } from "./dialog.js";
import { button, choice, field, make, teller } from "./make.js";
import { RoomChoice } from "./room-choice.js";

const QUERY = 512; // characters: a link may be pasted
const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]]; // in ms
const LONG = 30; // days, after which the date is told

/**
 * Opens the dialog. `directory` has `ORDERS`, `all` with the rooms of a list, `matching` and `unlisted`; `request`
 * makes a request and returns the answer, `onGo` gets the name of a room to go to.
 */
export function openFinder(directory, request, onGo) {
  const [label, query] = field(t("finding.field"), { type: "search", maxLength: QUERY, dir: "auto", autocomplete: "off" });
  const orders = Object.keys(directory.ORDERS).map((order) => [order, t(`order.${order}`)]);
  const [orderLabel, order] = choice(t("finding.sort"), orders);
  const [line, tell] = teller();
  const listed = [];
  const rooms = () => directory.all(listed);
  const choose = new RoomChoice(query, t("finding.title"), {
    options: (words) => {
      const found = directory.matching(rooms(), words).sort(directory.ORDERS[order.value]);
      const name = directory.unlisted(rooms(), words);
      tell(t("finding.count", { count: found.length }));
      return [...found.map(describe), ...(name ? [joining(name)] : [])];
    },
    onGo: (room) => {
      dialog.close();
      onGo(room);
    },
  });
  const more = button(t("finding.more"), () => load());
  more.hidden = true;
  order.addEventListener("change", () => choose.show());
  const close = button("×", () => dialog.close(), "close plain");
  close.ariaLabel = t("page.close");
  const fields = make("div", { className: "fields" }, make("div", {}, label, query), make("div", {}, orderLabel, order));
  const dialog = open("finding", t("finding.title"), close, make("h2", {}, t("finding.title")), fields, line, choose.list, choose.rest, more);

  /** Loads the next page of the list. */
  async function load() {
    tell(t("settings.looking"));
    const answer = await request({ t: "rooms", skip: listed.length });
    listed.push(...(answer.rooms ?? []));
    more.hidden = !answer.more;
    choose.show();
    if (answer.t === "error") tell(reasonOf(answer));
  }
  choose.show();
  query.focus();
  load();
}

/** Returns the option to join a room that no list has. */
export function joining(name) {
  return { room: name, label: t("finding.join", { room: isolate(name) }), className: "new" };
}

function describe({ room, label, topic, members, ts, isJoined }) {
  const here = t("finding.here", { count: members });
  const facts = [isJoined && t("finding.joined"), here, ts ? ago(ts, Date.now()) : t("finding.quiet")];
  return { room, label, words: topic, facts: facts.filter(Boolean) };
}

/** Returns in words how long ago a time was, in ms; the date if that is long. */
function ago(ts, now) {
  const past = Math.max(0, now - ts);
  const [unit, size] = UNITS.find(([, one]) => past >= one) ?? ["second", Infinity];
  const count = Math.floor(past / size);
  if (unit === "day" && count > LONG) return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(ts);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-count, unit);
}
