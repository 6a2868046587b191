// Removes what the browser stores for the chat, of somebody who is signed out here.

import { isGuest } from "./guest.js";
import { close, forget, namesWith, remember } from "./storage.js";

const FILES = "trio-chat "; // how the names of the service worker's caches begin, as worker.js has it
const UNSENT = "trio-chat files"; // the database of file-store.js
const LIMIT = 3_000; // ms that this may take; the rest is done by the browser

/**
 * Removes everything but stores the values in `kept`, by name; resolves within LIMIT. The page has to be
 * loaded again then. `cache` is the message cache of the page, if it has one already. `isAway`: without a
 * connection the page's files stay, which tell nothing of anybody, as it could not be loaded again.
 */
export async function forgetAll(cache, kept, isAway) {
  clear(kept);
  if (isGuest) return; // the rest is not the guest's
  const files = isAway ? [] : [removeFiles(), removeWorker()];
  const parts = [removeLines(cache), removeUnsent(), ...files];
  const late = new Promise((resolve) => setTimeout(resolve, LIMIT));
  await Promise.race([Promise.allSettled(parts), late]);
}

/** Removes all values but stores those in `kept`; then this page stores nothing any more. */
export function clear(kept) {
  const gone = namesWith("").filter((name) => !Object.hasOwn(kept, name)); // a session is never gone in between
  gone.forEach(forget);
  for (const [name, value] of Object.entries(kept)) remember(name, value);
  close();
}

async function removeLines(cache) {
  const lines = cache ?? (await import("./installed.js")).makeCache();
  await lines.clear();
}

/** Removes the files that were not sent. */
function removeUnsent() {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(UNSENT);
    request.onsuccess = request.onerror = resolve;
  });
}

async function removeFiles() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(FILES)).map((name) => caches.delete(name)));
}

async function removeWorker() {
  const registration = await navigator.serviceWorker.getRegistration();
  await registration?.unregister();
}
