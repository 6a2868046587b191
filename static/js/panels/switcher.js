// The dialog to go to another one of the user's rooms by a few letters of its name.

import { t } from "../i18n/strings.js";
import { open } from "./dialog.js";
import { joining } from "./find-room.js";
import { button, field, make } from "./make.js";
import { RoomChoice } from "./room-choice.js";

const QUERY = 512; // characters: a link may be pasted

/**
 * Opens the dialog. `find` returns the rooms for a query, {room, label, topic, unread, mentions} each, and
 * `unlisted` the name to join if it is none of them. `onGo` gets the name of a room to go to, `onFind` opens the list of all.
 */
export function openSwitcher({ find, unlisted }, { onGo, onFind }) {
  const [label, query] = field(t("switcher.field"), { type: "search", maxLength: QUERY, dir: "auto", autocomplete: "off" });
  const leave = (act) => (...chosen) => {
    dialog.close();
    act(...chosen);
  };
  const choose = new RoomChoice(query, t("rooms.title"), {
    options: (words) => {
      const name = unlisted(words);
      return [...find(words).map(describe), ...(name ? [joining(name)] : [])];
    },
    onGo: leave(onGo),
  });
  const finding = button(t("finding.title"), leave(onFind));
  const hint = make("p", { className: "keys" }, t("switcher.keys"));
  const dialog = open("finding switcher", t("switcher.title"), label, query, choose.list, choose.rest, finding, hint);
  choose.show();
  query.focus();
}

function describe({ room, label, topic, unread, mentions }) {
  const count = unread > 0 && t("switcher.unread", { count: unread });
  return { room, label, words: topic, facts: [count, mentions > 0 && t("switcher.mentioned")].filter(Boolean) };
}
