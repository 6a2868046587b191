// Inserts text into a field so that it can be undone, and the button that inserts emoji.

import { t } from "../i18n/strings.js";
import { icon } from "../log/bar.js";
import { pick } from "./picking.js";

/** Replaces the text of a field between two places. */
export function insert(field, word, start, end) {
  field.setSelectionRange(start, end);
  // It is deprecated, but the only way that the user can undo.
  if (document.execCommand("insertText", false, word)) return;
  field.setRangeText(word, start, end, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Adds a button after a field that inserts an emoji at the cursor; `onFault` gets words if it cannot. */
export function offerEmoji(field, onFault) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain emoji";
  button.ariaLabel = button.title = t("composer.emoji");
  button.append(icon("react"));
  const onPick = (emoji) => {
    field.focus();
    insert(field, emoji, field.selectionStart, field.selectionEnd);
  };
  button.addEventListener("click", () => pick(button, t("composer.emoji"), { onPick, onFault }));
  field.after(button);
}
