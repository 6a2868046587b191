// The dialog to send a message on to another room.

import { t } from "../i18n/strings.js";
import { open } from "./dialog.js";
import { button, field, make } from "./make.js";
import { RoomChoice } from "./room-choice.js";

/** Opens the dialog with the user's other rooms, of which `ownMatching` finds some; `onGo` gets the name of the one that is chosen. */
export function openForward(rooms, active, { ownMatching, onGo }) {
  const [label, query] = field(t("forward.field"), { type: "search", maxLength: 64, dir: "auto", autocomplete: "off" });
  const choose = new RoomChoice(query, t("rooms.title"), {
    options: (words) =>
      ownMatching(rooms, words)
        .filter(({ room }) => room !== active)
        .map(({ room, label: name, topic }) => ({ room, label: name, words: topic })),
    onGo: (room) => {
      dialog.close();
      onGo(room);
    },
  });
  const none = rooms.size < 2 && make("p", {}, t("forward.none"));
  const close = button(t("page.close"), () => dialog.close());
  const dialog = open("finding switcher", t("forward.title"), label, query, none, choose.list, choose.rest, close);
  choose.show();
  query.focus();
}

/** Returns the text that is sent on: who said it, and all of it as a quote. */
export function forwarded({ text }, nick) {
  const quoted = text ? text.split("\n").map((line) => `\n> ${line}`) : [];
  return t("forward.from", { nick: `**${nick}**` }) + quoted.join("");
}
