// The menu at a room in the list: whether it is a favourite, of what to tell, and leaving it.

import { t } from "../i18n/strings.js";
import { isolate } from "../log/narration.js";
import { beside, open } from "./dialog.js";
import { box, button, make } from "./make.js";

/**
 * Opens the menu beside `anchor`. `room` is {label, isTop, tell, canLeave}; `onChange` gets {isTop} or {tell} when it is
 * changed, and `onLeave` is called to leave it.
 */
export function openRoomMenu(anchor, { label, isTop, tell, canLeave }, { onChange, onLeave }) {
  const place = anchor.getBoundingClientRect();
  const name = isolate(label);
  const [favourite, top] = box(t("wish.top"), { checked: isTop });
  top.addEventListener("change", () => onChange({ isTop: top.checked }));
  const ways = ["all", "mentions", "nothing"].map((value) => {
    const control = make("input", { type: "radio", name: "tell", value, checked: value === tell });
    control.addEventListener("change", () => onChange({ tell: value }));
    return make("label", { className: "box" }, control, " ", t(`wish.${value}`));
  });
  const leave = button(t("rooms.leave", { room: name }), () => {
    dialog.close();
    onLeave();
  });
  const telling = make("fieldset", {}, make("legend", {}, t("wish.tell")), ...ways);
  const close = button(t("page.close"), () => dialog.close());
  const who = make("p", { className: "who" }, make("bdi", {}, label));
  const dialog = open("menu of-room", t("rooms.menu", { room: name }), who, favourite, telling, ...[canLeave && leave].filter(Boolean), close);
  beside(dialog, place);
  top.focus();
}
