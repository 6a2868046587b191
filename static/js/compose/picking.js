// Lets the user choose an emoji; the dialog is loaded when it is needed first.

import { t } from "../i18n/strings.js";

let picker = null; // the dialog's module, once it is loaded

/** Opens the dialog beside the element `anchor`; calls `onPick` with an emoji, or `onFault` with words. */
export async function pick(anchor, title, { onPick, onFault }) {
  const place = anchor.getBoundingClientRect(); // it may be removed when it loses the focus
  try {
    picker ??= await import("./picker.js"); // later there is no wait: keys that follow are for the dialog
  } catch {
    onFault(t("page.incomplete"));
    return;
  }
  if (!document.querySelector("dialog[open]")) picker.openPicker(place, title, onPick);
}
