// The menu of a phone: take a photo, choose pictures, choose files.

import { t } from "../i18n/strings.js";
import { icon } from "../log/gallery.js";
import { beside, open } from "../panels/dialog.js";
import { button } from "../panels/make.js";

const WAYS = [
  { name: "camera", words: "fromCamera", how: { accept: "image/*", capture: "environment", multiple: false } },
  { name: "pictures", words: "fromPictures", how: { accept: "image/*" } },
  { name: "file", words: "fromFile", how: {} },
];

/** Opens the menu beside a button; `choose` has the user choose files in one of these ways. */
export function openFileMenu(anchor, choose) {
  const place = anchor.getBoundingClientRect();
  const choices = WAYS.map(({ name, words, how }) => {
    const one = button(t(`files.${words}`), () => {
      dialog.close();
      choose(how);
    });
    one.prepend(icon(name));
    return one;
  });
  const dialog = open("menu of-files", t("composer.attach"), ...choices, button(t("page.close"), () => dialog.close()));
  beside(dialog, place);
  choices[0].focus();
}
