// What outlives the page: the service worker, the message cache, the outbox, how far rooms are read.

import { hold } from "./guest.js";
import { Marks } from "./marks.js";
import { MessageCache } from "./message-cache.js";
import { Outbox } from "./outbox.js";

const WORKER = new URL("../../../../worker.js", import.meta.url);

/**
 * Starts the service worker, if the browser has one, and returns { cache, outbox, marks }. `onOpen` gets
 * the room of a notification that was clicked, `onInherit` what other tabs have not sent, `onRead` what they have read.
 */
export function install({ onOpen, onInherit, onRead }) {
  startWorker(onOpen);
  hold();
  return { cache: new MessageCache(), outbox: new Outbox(onInherit), marks: new Marks(onRead) };
}

/** Returns the message cache, for a page that has none yet. */
export function makeCache() {
  return new MessageCache();
}

/** Returns the address in the form that browsers with Trusted Types ask for; there is no other one. */
function trusted({ href }) {
  const policy = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: () => href });
  return policy?.createScriptURL(href) ?? href;
}

function startWorker(onOpen) {
  const { serviceWorker } = navigator;
  // Without one the page works as well; it only needs a network to open.
  serviceWorker?.register(trusted(WORKER)).catch(() => {});
  serviceWorker?.addEventListener("message", ({ data }) => onOpen(data.room));
}
