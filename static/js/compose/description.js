// The dialog in which a picture is described, for people who cannot see it.

import { t } from "../i18n/strings.js";
import { nameOf } from "../log/gallery.js";
import { open } from "../panels/dialog.js";
import { button, field, make } from "../panels/make.js";

const MOST = 500; // characters of a description

/** Opens the dialog about a file, with its small copy; calls `onDone` with the text, or an empty one. */
export function openDescription({ name, alt = "", look }, onDone) {
  const [label, area] = field(t("files.describe"), { value: alt, maxLength: MOST, rows: 3, dir: "auto" }, "textarea");
  const why = make("p", { className: "why" }, t("files.describeWhy"));
  const image = look && make("img", { src: look, alt: "" });
  const cancel = button(t("files.cancel"), () => dialog.close());
  const form = make("form", { autocomplete: "off" });
  const answers = make("p", { className: "answers" }, cancel, make("button", { type: "submit" }, t("files.keep")));
  form.append(...[image, make("p", { className: "of" }, nameOf({ name })), label, area, why, answers].filter(Boolean));
  const dialog = open("description", t("files.describeTitle"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onDone(area.value.replace(/[\s\p{Cc}]+/gu, " ").trim());
    dialog.close();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  area.focus();
}
