// The service worker: opens the page where there is no network, and answers clicks on notifications.
//
// The server puts FILES before this, the paths of all files of its version. They are put away as
// soon as a version is seen. The page itself is asked for each time, so a new version is there with
// the next load; only without an answer it is the one that was put away.

const PAGE = "r/"; // the same for all rooms
const PREFIX = "trio-chat ";
const VERSION = FILES[0].split("/")[1];
const CACHE = PREFIX + VERSION;
const VERSIONS = 2; // that are kept: a page that is open may still want files of the one before
const PATIENCE = 4_000; // ms for the page to come from the server

const within = (path) => new URL(path, registration.scope).href;

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { url, method, mode } = event.request;
  if (method !== "GET") return;
  if (mode === "navigate" && url.startsWith(within(PAGE))) event.respondWith(page(event.request));
  else if (url.startsWith(within("static/"))) event.respondWith(file(event.request));
});
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data?.room ?? ""));
});

async function install() {
  const cache = await caches.open(CACHE);
  const page = await fetch(within(PAGE), { cache: "reload" });
  const text = page.ok ? await page.clone().text() : "";
  // The server may have become another one between the two questions; then there will be a third.
  if (!text.includes(VERSION)) throw new Error("the page is of another version");
  await cache.addAll(FILES.map(within));
  await cache.put(within(PAGE), page);
  await skipWaiting();
}

async function activate() {
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const others = ours.filter((name) => name !== CACHE);
  await Promise.all(others.slice(0, 1 - VERSIONS || undefined).map((name) => caches.delete(name)));
  await clients.claim();
}

/** The page as the server has it, or the one that was put away. */
async function page(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(within(PAGE));
  if (!kept) return fetch(request);
  try {
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
    const answer = await Promise.race([fetch(request), late]);
    return answer.status < 500 ? answer : kept;
  } catch {
    return kept;
  }
}

/** A file never changes: its path has a hash of what is in it. */
async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** Goes to a room in a window that is open, or in a new one. */
async function show(room) {
  const [open] = await clients.matchAll({ type: "window" });
  if (!open) return clients.openWindow(within(PAGE + encodeURIComponent(room)));
  open.postMessage({ room });
  return open.focus();
}
