// The room in the page's address, /r/ROOM, and the browser's history of rooms.

export const LOBBY = "lobby"; // the room of an address that names none

const ROOT = new URL("../../../../", import.meta.url); // of the chat, under whatever path a proxy serves it
const ROOMS = new URL("r/", ROOT);
// The parts of a link's end. The group is what mailers and chats leave behind a link, as it is or escaped,
// and no name ends with. A name may end with a dot, which is escaped in links to it.
const LINK_PARTS =
  /([\s/.,;:!?)\]}>'"\u2019\u201d\u00bb\u2026]|%(?:0[9AD]|2[0-279CF]|3[ABEF]|5D|7D)|%E2%80%(?:99|9D|A6)|%C2%BB)|./gi;

/** Returns the URL of a path of the server. */
export function urlOf(path) {
  return new URL(path, ROOT);
}

/** Returns the URL for WebSockets. */
export function socketUrl() {
  const url = urlOf("ws");
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

/** Returns the address of a room, or of the message there with the number `at`. */
export function linkTo(room, at = null) {
  const link = ROOMS.href + encodeURIComponent(room).replace(/\.$/, "%2E"); // as it is, it would be a sentence's
  return at === null ? link : `${link}?at=${at}`;
}

/** Returns the number of the message that an address names; null if it names none. */
export function messageIn({ search }) {
  const [at = ""] = /^[1-9]\d{0,15}/.exec(new URLSearchParams(search).get("at") ?? "") ?? [];
  return at && Number.isSafeInteger(Number(at)) ? Number(at) : null;
}

/**
 * Returns the end of a link, still escaped, without what only follows the link in a text. It stays as it
 * is if nothing else is left. The server's language does the same (trio_chat/protocol/names.py).
 */
export function trimLink(end) {
  let kept = 0;
  for (const part of end.matchAll(LINK_PARTS)) if (part[1] === undefined) kept = part.index + part[0].length;
  return end.slice(0, kept) || end;
}

/** Returns the room that an address names: empty if none, not decoded if it cannot be. */
export function roomIn({ pathname }) {
  const name = trimLink(pathname.slice(ROOMS.pathname.length));
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/**
 * Keeps the page's address and the shown room the same. Calls `onRoom` when the user goes to a
 * room: by the browser's buttons, by a link with `data-room`, or by `go`.
 */
export class Address {
  #onRoom;
  #named = null; // the room that the address names; null if the address must be updated

  constructor(onRoom) {
    this.#onRoom = onRoom;
    addEventListener("popstate", () => this.#went(roomIn(location)));
    document.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Goes to a room, and adds it to the browser's history. */
  go(room) {
    if (room !== this.#named) history.pushState(null, "", linkTo(room));
    this.#went(room);
  }

  /** Lets the address name the shown room. */
  show(room) {
    if (room === this.#named) return;
    if (location.href !== linkTo(room)) history.replaceState(null, "", linkTo(room));
    this.#named = room;
  }

  #went(room) {
    this.#named = null; // the server may give the room another name, in lower case for one
    this.#onRoom(room);
  }

  /** Follows a link to a room, unless the user opens it in another tab or window. */
  #clicked(event) {
    const room = event.target.closest?.("a[data-room]")?.dataset.room;
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!room || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    this.go(room);
  }
}
