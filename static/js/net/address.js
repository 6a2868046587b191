// The room in the address, /r/ROOM: a link is an invitation, and the way back leads through rooms.

export const LOBBY = "lobby"; // where everybody is who has no other room in the address

const ROOT = new URL("../../../../", import.meta.url); // of the chat, wherever a proxy has put it
const ROOMS = new URL("r/", ROOT);

/** Where the server takes WebSockets. */
export function socketUrl() {
  const url = new URL("ws", ROOT);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

/** Returns the address of a room. */
export function linkTo(room) {
  return ROOMS.href + encodeURIComponent(room);
}

/** The room that an address names; empty if none, and as it stands if it cannot be read. */
export function roomIn({ pathname }) {
  const name = pathname.slice(ROOMS.pathname.length);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/**
 * Keeps the page's address and the room that is shown the same. Calls `onRoom` when the user goes
 * to a room: by the browser's buttons, by a link that has `data-room`, or by `go`.
 */
export class Address {
  #onRoom;
  #named = null; // the room that the address names, unless that has to be seen to

  constructor(onRoom) {
    this.#onRoom = onRoom;
    addEventListener("popstate", () => this.#went(roomIn(location)));
    document.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Goes to a room, from where the way back leads to the one before. */
  go(room) {
    if (room !== this.#named) history.pushState(null, "", linkTo(room));
    this.#went(room);
  }

  /** Lets the address name a room, but does not undo what the user has just put there. */
  show(room) {
    if (room === this.#named) return;
    if (location.href !== linkTo(room)) history.replaceState(null, "", linkTo(room));
    this.#named = room;
  }

  #went(room) {
    this.#named = null; // until the page shows it: it may be called something else there
    this.#onRoom(room);
  }

  /** A link opened in another tab or window is the browser's business. */
  #clicked(event) {
    const room = event.target.closest?.("a[data-room]")?.dataset.room;
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!room || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    this.go(room);
  }
}
