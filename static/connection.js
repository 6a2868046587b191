// Keeps one WebSocket open: comes back by itself, unless the server says to stay away.

const FIRST_CEILING = 500; // ms; the pause before an attempt is random below its ceiling,
const LAST_CEILING = 20_000; // ms; which doubles up to this
const OPENING_LIMIT = 10_000; // ms for an attempt
const PROVEN_AFTER = 5_000; // ms open, and the next loss counts as the first again

const COME_BACK = new Set([1001, 1006, 1011, 1012, 1013]);

/** Whether a close code invites the client to come back. */
export function comesBack(code) {
  return COME_BACK.has(code) || (code >= 4000 && code <= 4499);
}

/** How many ms to wait before an attempt; the first is number 0. */
export function pauseBefore(attempt, random = Math.random) {
  return random() * Math.min(LAST_CEILING, FIRST_CEILING * 2 ** attempt);
}

/**
 * One WebSocket after the other to the same URL.
 *
 * Its state, given to `onState` at every change, is one of
 *   { name: "connecting" }
 *   { name: "open" }
 *   { name: "waiting", until }   comes back at `until`, in ms as of Date.now()
 *   { name: "stopped", reason }  was told to stay away; `reconnect` is the user's to call
 */
export class Connection {
  #url;
  #onState;
  #onMessage;
  #socket = null;
  #timer = null; // for whichever of attempt, pause or proof is under way
  #attempt = 0;

  constructor(url, { onState, onMessage }) {
    this.#url = url;
    this.#onState = onState;
    this.#onMessage = onMessage;
  }

  /** Connects now, if there is no connection and none is being made. */
  reconnect() {
    if (this.#socket) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#onMessage(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#schedule(() => this.#giveUp(), OPENING_LIMIT);
    this.#onState({ name: "connecting" });
  }

  /** Connects now, if it only waits for the next attempt. */
  hurry() {
    if (this.#timer !== null) this.reconnect();
  }

  /** Sends a message; returns whether there was a connection to send it on. */
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  #opened() {
    this.#schedule(() => {
      this.#attempt = 0;
    }, PROVEN_AFTER);
    this.#onState({ name: "open" });
  }

  #closed(code, reason) {
    this.#forget();
    if (!comesBack(code)) {
      this.#onState({ name: "stopped", reason: reason || `code ${code}` });
      return;
    }
    const pause = pauseBefore(this.#attempt++);
    this.#schedule(() => this.reconnect(), pause);
    this.#onState({ name: "waiting", until: Date.now() + pause });
  }

  /** An attempt that takes too long: the browser itself would wait for minutes. */
  #giveUp() {
    const socket = this.#socket;
    this.#closed(1006, "");
    socket.close();
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = this.#socket;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
  }

  #schedule(action, delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      action();
    }, delay);
  }
}
