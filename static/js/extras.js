// Dialogs that are loaded when they are wanted, and what follows from them: forwarding, help, settings; and what other tabs do.

import { commandLines } from "./compose/commands.js";
import { t } from "./i18n/strings.js";
import { loadDialog } from "./panels/dialog-loading.js";
import { watch } from "./storage/storage.js";

const ROOM = "room."; // under this and its name, a room is stored

/** Sends the message of an entry on to another room, if the user chooses one. */
export async function forward(page, entry) {
  (await load(import("./forwarding.js"), page.notice)).forward(page, entry);
}

/** Opens the texts that a message of the shown room had before; resolves to what closes them if it is deleted. */
export async function openEdits({ notice, session, store }, seq) {
  const { room } = store;
  const request = (wanted) => (store.isWelcome ? session.request(wanted) : { t: "error", code: "lost" });
  const dialog = (await load(import("./panels/edits.js"), notice)).openEdits(room.name, seq, request);
  return () => room.history.find(seq)?.deleted && dialog.close();
}

/** Opens the help with writing. */
export async function openHelp({ notice }) {
  (await load(import("./panels/help.js"), notice)).openHelp(commandLines());
}

/** Opens the settings; `attention` plays the sound. */
export async function openPreferences({ notice }, attention) {
  const { openPreferences: open } = await load(import("./panels/preferences.js"), notice);
  open({ onVolume: () => attention.play(), onReload: () => location.reload() });
}

/**
 * Joins the rooms that another tab joins, and leaves those that it leaves, but for the shown one and what is not sent.
 * Returns what to call after other changes by another tab.
 */
export function watchRooms({ store, update }) {
  watch(ROOM, (key, isGone) => {
    const name = key.slice(ROOM.length);
    const room = store.rooms.get(name);
    if (!isGone && !room) update(() => store.enter(name));
    const isIdle = room && name !== store.active && !room.queue.entries.length;
    if (isGone && isIdle && store.session) update(() => store.leave(name));
  });
  return () => update(() => {});
}

/** Shows all of a long message, given the button for it. */
export function unfold(button) {
  const row = button.closest(".message");
  row.querySelector(".folded").classList.remove("folded");
  button.remove();
  row.focus({ preventScroll: true });
}

function load(loading, notice) {
  return loadDialog(loading, () => notice.tell(t("page.incomplete")));
}
