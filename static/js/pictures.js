// Shows the files of messages, and has pictures opened; loaded with the first of them.

import { learn } from "./i18n/files.js";
import { t } from "./i18n/strings.js";
import { cleanName, isPicture } from "./log/file-facts.js";
import { askAgain, fill } from "./log/gallery.js";
import { gallery } from "./log/row.js";
import { urlOf } from "./net/address.js";

await learn();

/** Returns the address of a file that the server has. */
export function addressOf({ id, name }) {
  return urlOf(`files/${encodeURIComponent(id)}/${encodeURIComponent(cleanName(name))}`).href;
}

/** Shows what waits to be shown, and all that comes from now on; `onShown` is called when rows have grown. */
export function begin(store, onShown) {
  gallery.fill = (place, item) => fill(place, item, addressOf);
  for (const one of gallery.waiting.splice(0)) gallery.fill(...one);
  onShown();
  const lines = document.getElementById("lines");
  lines.addEventListener("click", ({ target }) => {
    const button = target.closest(".picture");
    if (button) void open(store, button);
  });
  const status = document.getElementById("status");
  const hasChanged = new MutationObserver(() => status.matches(".open") && askAgain(lines));
  hasChanged.observe(status, { attributeFilter: ["class"] });
}

/** Shows a picture large, among all of the room. */
async function open(store, button) {
  askAgain(button.parentNode);
  const { openLightbox } = await import("./panels/lightbox.js").catch(() => ({}));
  const id = button.dataset.file;
  const pictures = () => picturesIn(store.room, store.ignored);
  if (!openLightbox || document.querySelector("dialog[open]") || !pictures().some((one) => one.id === id)) return;
  openLightbox(pictures, id, { addressOf, onClose: (last) => giveBack(button, last) });
}

/** Returns the pictures of the messages that are known of a room, each with its author, but for those who are ignored. */
function picturesIn(room, ignored) {
  return room.messages.filter(({ from }) => !ignored.has(from?.id)).flatMap(({ files = [], from, ts }) =>
    files.filter(isPicture).map((file) => ({ ...file, from, ts })),
  );
}

/** Gives the focus to the picture that was seen last, if it is in the log, or to the one that was opened. */
function giveBack(button, id) {
  const shown = [...document.querySelectorAll("#lines .picture")].find(({ dataset }) => dataset.file === id);
  const target = shown ?? button;
  target.focus({ preventScroll: true });
  target.scrollIntoView?.({ block: "nearest" });
}
