// What makes the page open without a network: the service worker, and a shelf with the latest lines.

import { MessageCache } from "./message-cache.js";

const WORKER = new URL("../../../../worker.js", import.meta.url);

/**
 * Starts the service worker, where the browser has any, and returns the shelf. `onOpen` gets the
 * room of a notification that was clicked while no window was in front.
 */
export function install(onOpen) {
  const { serviceWorker } = navigator;
  // Without one the page works as well; it only needs a network to open.
  serviceWorker?.register(WORKER).catch(() => {});
  serviceWorker?.addEventListener("message", ({ data }) => onOpen(data.room));
  return new MessageCache();
}
