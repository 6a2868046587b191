// Puts words where the user writes, so that they can be undone; and the button that does with emoji.

import { t } from "../i18n/strings.js";
import { icon } from "../log/bar.js";
import { pick } from "./picker.js";

/** Puts a word into a field, in the place of what is between two places in its text. */
export function insert(field, word, start, end) {
  field.setSelectionRange(start, end);
  // It is deprecated, and the only way that the user can undo.
  if (document.execCommand("insertText", false, word)) return;
  field.setRangeText(word, start, end, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Adds a button behind a field that puts an emoji into it, where the cursor is. */
export function offerEmoji(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain emoji";
  button.ariaLabel = button.title = t("composer.emoji");
  button.append(icon("react"));
  button.addEventListener("click", () =>
    pick(button, t("composer.emoji"), (emoji) => {
      field.focus();
      insert(field, emoji, field.selectionStart, field.selectionEnd);
    }),
  );
  field.after(button);
}
