// The service worker: opens the page without a network, and handles clicks on notifications.
//
// The server puts FILES before this, the paths of all files of its version. The worker caches them
// when it is installed. The page itself is requested each time, so a new version shows with the next
// load; the cached page is used only without an answer.

const PAGE = "r/"; // the same page for all rooms
const PREFIX = "trio-chat ";
const VERSION = FILES[0].split("/")[1];
const CACHE = PREFIX + VERSION;
const VERSIONS = 2; // that stay cached: an open page may still need files of the previous one
const GUEST = "trio-chat guest"; // a lock that guest windows hold, as storage/guest.js has it
const ANSWER_LIMIT = 4_000; // ms for the server to answer

const within = (path) => new URL(path, registration.scope).href;

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { url, method, mode } = event.request;
  if (method !== "GET") return;
  if (mode === "navigate" && url.startsWith(within(PAGE))) event.respondWith(page(event.request));
  else if (mode === "navigate" && url === within("")) event.respondWith(root(event.request));
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
  // The server may have been updated between two requests; the browser then installs again later.
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

/** Returns the server's page, or the cached one. */
async function page(request) {
  const cache = await caches.open(CACHE);
  const cached = await cache.match(within(PAGE));
  return cached ? fetchOr(request, cached) : fetch(request);
}

/** Returns the server's redirect to the page, or one of our own. */
function root(request) {
  return fetchOr(request, Response.redirect(within(PAGE)));
}

/** Returns the server's answer; `other` if it is late, fails, or has a status from 500 on. */
async function fetchOr(request, other) {
  try {
    const late = new Promise((resolve) => setTimeout(resolve, ANSWER_LIMIT, other));
    const answer = await Promise.race([fetch(request), late]);
    return answer.status < 500 ? answer : other;
  } catch {
    return other;
  }
}

/** Returns a file, cached if possible: its path has a hash, so it never changes. */
async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** Shows a room in an open window that is no guest's, or in a new one. */
async function show(room) {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  const guests = held.filter(({ name }) => name === GUEST).map(({ clientId }) => clientId);
  const windows = await clients.matchAll({ type: "window" });
  const open = windows.find(({ id }) => !guests.includes(id));
  if (!open) return clients.openWindow(within(PAGE + encodeURIComponent(room)));
  open.postMessage({ room });
  return open.focus();
}
