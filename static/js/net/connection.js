// Keeps one WebSocket open: comes back by itself, unless the server says to stay away.

const PROTOCOL = "trio-chat.v1";
const FIRST_CEILING = 500; // ms; the pause before an attempt is random below its ceiling,
const LAST_CEILING = 20_000; // ms; which doubles up to this
const OPENING_LIMIT = 10_000; // ms for an attempt
const PROVEN_AFTER = 5_000; // ms open, and the next loss counts as the first again
const SILENCE = 2.5; // ping intervals without a word, and the connection counts as lost,
const LEAST_SILENCE = 30_000; // ms; but not before this,
const ANSWER_LIMIT = 15_000; // ms; unless something was sent: then a word must come by this,
const PROOF_LIMIT = 4_000; // ms; or by this, when there is reason to doubt the line
const STALE = 2_000; // ms; an attempt that has taken longer is made anew when there is a reason

const COME_BACK = new Set([1001, 1006, 1009, 1011, 1012, 1013]); // after 1009 with shorter frames

/** Whether a close code invites the client to come back. */
export function comesBack(code) {
  return COME_BACK.has(code) || (code >= 4000 && code <= 4499);
}

/** How many ms to wait before an attempt; the first is number 0. */
export function pauseBefore(attempt, random = Math.random) {
  return random() * Math.min(LAST_CEILING, FIRST_CEILING * 2 ** attempt);
}

/**
 * One WebSocket after the other to the same URL. Each message on it is an array of objects.
 *
 * Its state, given to `onState` at every change, is one of
 *   { name: "connecting", attempt }
 *   { name: "open" }
 *   { name: "waiting", attempt, until, code }  lost with a close code; comes back at `until`, in
 *                                              ms as of Date.now()
 *   { name: "stopped", reason }          was told to stay away; `reconnect` is the user's to call
 *   { name: "idle" }                     was closed by us
 *
 * where `attempt` counts the attempts since the connection was lost, and is 0 for the very first.
 */
export class Connection {
  #url;
  #onState;
  #onObjects;
  #socket = null;
  #timer = null; // for whichever of attempt, pause or proof is under way
  #watchdog = null;
  #patience = 0; // ms of silence until the watchdog barks; 0 for ever
  #barksAt = Infinity; // when that is, as of Date.now()
  #begunAt = 0; // when the attempt under way was begun, as of Date.now()
  #attempt = 0;
  #rest = 0; // ms that the server asked us to stay away
  #notBefore = 0; // until when that is, as of Date.now()

  constructor(url, { onState, onObjects }) {
    this.#url = url;
    this.#onState = onState;
    this.#onObjects = onObjects;
  }

  /** Connects now, if there is no connection and none is being made. */
  reconnect() {
    if (this.#socket) return;
    const socket = new WebSocket(this.#url, PROTOCOL);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#begunAt = Date.now();
    this.#schedule(() => this.#giveUp(), OPENING_LIMIT);
    this.#onState({ name: "connecting", attempt: this.#attempt });
  }

  /**
   * Connects now, as there may be a network again: ends a pause, unless the server asked for it,
   * and an attempt that hangs.
   */
  hurry() {
    if (this.#timer === null || Date.now() < this.#notBefore) return;
    const isAttempt = this.#socket?.readyState === WebSocket.CONNECTING;
    if (isAttempt && Date.now() - this.#begunAt > STALE) this.#drop();
    this.reconnect();
  }

  /** From now on the server must be heard soon; what it will answer is the caller's to ask. */
  doubt() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#watchFor(PROOF_LIMIT);
  }

  /** Closes the connection, or makes no further attempt, until `reconnect`. */
  close() {
    this.#drop();
    this.#onState({ name: "idle" });
  }

  /** Sends objects as one message; returns whether there was a connection to send it on. */
  send(objects) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(objects));
    if (objects.some(({ id }) => id !== undefined)) this.#watchFor(ANSWER_LIMIT);
    return true;
  }

  /** From now on something must be heard from the server, which pings in this interval (s). */
  expectPings(interval) {
    this.#patience = interval ? Math.max(LEAST_SILENCE, interval * 1000 * SILENCE) : 0;
    this.#watch();
  }

  #opened() {
    this.#schedule(() => {
      this.#attempt = 0;
    }, PROVEN_AFTER);
    this.#onState({ name: "open" });
  }

  #heard(data) {
    this.#watch();
    const objects = parse(data);
    for (const { t, retry_ms: rest } of objects) if (t === "bye") this.#rest = rest ?? 0;
    this.#onObjects(objects);
  }

  #closed(code, reason) {
    this.#forget();
    if (!comesBack(code)) {
      this.#onState({ name: "stopped", reason: reason || `code ${code}` });
      return;
    }
    // The random part comes on top: all of us were asked to stay away for as long.
    const pause = this.#rest + pauseBefore(this.#attempt++);
    const attempt = this.#attempt;
    this.#notBefore = Date.now() + this.#rest;
    this.#rest = 0;
    this.#schedule(() => this.reconnect(), pause);
    this.#onState({ name: "waiting", attempt, until: Date.now() + pause, code });
  }

  /** An attempt that takes too long, or a line gone dead: the browser would wait for minutes. */
  #giveUp() {
    const socket = this.#socket;
    this.#closed(1006, "");
    socket.close();
  }

  #drop() {
    const socket = this.#socket;
    this.#forget();
    socket?.close(1000);
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#patience = 0;
    this.#watch();
    const socket = this.#socket;
    this.#socket = null;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#barksAt = Infinity;
    if (this.#patience) this.#watchFor(this.#patience);
  }

  /** Has the watchdog bark after some ms without a word, unless it does so before. */
  #watchFor(patience) {
    const time = Date.now() + patience;
    if (time >= this.#barksAt) return;
    clearTimeout(this.#watchdog);
    this.#barksAt = time;
    this.#watchdog = setTimeout(() => this.#giveUp(), patience);
  }

  #schedule(action, delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      action();
    }, delay);
  }
}

/** The objects in a message; none if it is not what the protocol says. */
function parse(data) {
  try {
    const objects = JSON.parse(data);
    return Array.isArray(objects) ? objects.filter((one) => one && typeof one === "object") : [];
  } catch {
    return [];
  }
}
