// The dialog for somebody who is in as many rooms as the server allows, to leave one for another.

import { t } from "../i18n/strings.js";
import { isolate } from "../log/narration.js";
import { open } from "./dialog.js";
import { button, make } from "./make.js";

/**
 * Opens the dialog about a `room` that cannot be joined, where `limit` is how many may be. `rooms` returns those of the
 * user, {name, label} each; `onLeave` leaves one and resolves then, `onGo` goes to the room.
 */
export function openTooMany({ room, limit, rooms }, { onLeave, onGo }) {
  const name = isolate(room);
  const list = make("ul");
  const close = button("×", () => dialog.close(), "close plain");
  close.ariaLabel = t("page.close");
  const going = button(t("many.go", { room: name }), () => {
    dialog.close();
    onGo(room);
  }, "");
  const words = make("p", {}, t("many.why", { room: name, count: limit }));
  const dialog = open("finding many", t("many.title"), close, make("h2", {}, t("many.title")), words, list, going);

  function show() {
    list.replaceChildren(...rooms().map(item));
    going.hidden = rooms().length >= limit;
    (going.hidden ? list.querySelector("button") : going).focus();
  }

  function item(one) {
    const leaving = button(t("many.leave"), () => onLeave(one.name).then(show));
    leaving.ariaLabel = t("rooms.leave", { room: isolate(one.label) });
    return make("li", {}, make("b", {}, make("bdi", {}, one.label)), leaving);
  }
  show();
}
