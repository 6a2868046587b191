// The dialog that makes a room, and shows its links.

import { reasonOf, t } from "../i18n/strings.js";
import { open } from "./dialog.js";
import { newLink } from "./links.js";
import { button, field, make, teller } from "./make.js";

const NAME = 100; // characters

/** Opens the dialog; `request` makes a request and returns the answer, `onEnter` gets the room made. */
export function openNewRoom(request, onEnter) {
  const [label, name] = field(t("room.name"), { required: true, maxLength: NAME, dir: "auto" });
  const [everybody] = kind("public", true);
  const [withLink, isPrivate] = kind("private", false);
  const kinds = make("fieldset", {}, make("legend", {}, t("room.kind")), everybody, withLink);
  const fault = make("p", { className: "fault", role: "alert", hidden: true });
  const form = make("form", { autocomplete: "off" }, label, name, kinds, fault, make("button", {}, t("room.make")));
  const dialog = open("new-room", t("room.new"), make("h2", {}, t("room.new")), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await request({ t: "create", name: name.value.trim(), private: isPrivate.checked });
    fault.hidden = answer.t !== "error";
    if (answer.t === "error") fault.textContent = reasonOf(answer);
    else showMade(dialog, answer, onEnter);
  });
}

function kind(value, checked) {
  const control = make("input", { type: "radio", name: "kind", value, checked });
  return [make("label", { className: "box" }, control, " ", t(`room.${value}`)), control];
}

function showMade(dialog, { room, links, title }, onEnter) {
  const [line, tell] = teller();
  const open = title ? [] : [{ right: "open" }];
  const enter = button(t("room.enter"), () => {
    dialog.close();
    onEnter(room);
  }, "");
  dialog.replaceChildren(
    make("h2", {}, t("room.made")),
    make("p", {}, t("room.keep")),
    make("ul", {}, ...[...open, ...links].map((link) => newLink(room, link, tell))),
    line,
    make("p", { className: "answers" }, enter),
  );
  enter.focus();
}
