// The button that copies the link to the room.

import { t } from "../i18n/strings.js";
import { linkTo } from "../net/address.js";

/** Lets `button` copy the link to the room that `roomShown` returns; calls `tell` with the result. */
export function offerLink(button, roomShown, tell) {
  button.addEventListener("click", async () => {
    const link = linkTo(roomShown());
    tell((await copy(link)) ? t("link.copied") : t("link.byHand", { link }));
  });
}

/** Copies a text, and returns whether that was possible; over plain http, except on localhost, only the old way works. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "spoken";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  before?.focus();
  return isCopied;
}
