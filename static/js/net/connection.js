// Keeps one WebSocket open: reconnects by itself, unless the close code forbids it.

const PROTOCOL = "trio-chat.v1";
const FIRST_CEILING = 500; // ms; the pause before an attempt is random below its ceiling,
const LAST_CEILING = 20_000; // ms; which doubles up to this
const OPENING_LIMIT = 10_000; // ms for an attempt
const PROVEN_AFTER = 5_000; // ms open, after which the next loss counts as the first again
const SILENCE = 2.5; // ping intervals without data after which the connection counts as lost,
const LEAST_SILENCE = 30_000; // ms; but not before this,
const ANSWER_LIMIT = 15_000; // ms; after a request, data must come within this,
const PROBE_LIMIT = 4_000; // ms; or within this, when the network may have changed
const STALE = 2_000; // ms; an older attempt is restarted when the network may have changed

// After 1009 with shorter frames, after 4503 to the other rooms.
const COME_BACK = new Set([1001, 1006, 1009, 1011, 1012, 1013, 4503]);

/** Whether a client should reconnect after a close code. */
export function comesBack(code) {
  return COME_BACK.has(code) || (code >= 4000 && code <= 4499);
}

/** Returns the ms to wait before an attempt; the first is number 0. */
export function pauseBefore(attempt, random = Math.random) {
  return random() * Math.min(LAST_CEILING, FIRST_CEILING * 2 ** attempt);
}

/**
 * One WebSocket after the other to the same URL. Each frame is an array of objects.
 *
 * Its state, given to `onState` at every change, is one of
 *   { name: "connecting", attempt }
 *   { name: "open" }
 *   { name: "waiting", attempt, until, code, failed }   closed with `code`; reconnects at `until`, in ms
 *   { name: "stopped", reason, code }   the code forbids to reconnect; only the user may do so
 *   { name: "idle" }   closed by the page
 *
 * where `attempt` counts the attempts since the connection was lost, and is 0 for the very first;
 * `failed` counts those in a row that have not opened.
 * All times are as of Date.now().
 */
export class Connection {
  #url;
  #onState;
  #onObjects;
  #socket = null;
  #timer = null; // of the attempt, the pause, or the time until PROVEN_AFTER
  #watchdog = null;
  #silence = 0; // ms without data until the connection counts as lost; 0 if unlimited
  #silentUntil = Infinity; // when the watchdog fires
  #begunAt = 0; // when the current attempt began
  #attempt = 0;
  #failed = 0;
  #rest = 0; // ms to wait before reconnecting, as `bye` told
  #notBefore = 0; // when that time is over

  constructor(url, { onState, onObjects }) {
    this.#url = url;
    this.#onState = onState;
    this.#onObjects = onObjects;
  }

  /** Connects now, if there is no connection and none is being made. */
  reconnect() {
    if (this.#socket) return;
    this.#failed += 1; // until it opens
    const socket = new WebSocket(this.#url, PROTOCOL);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#begunAt = Date.now();
    this.#schedule(() => this.#giveUp(), OPENING_LIMIT);
    this.#onState({ name: "connecting", attempt: this.#attempt });
  }

  /** Connects now, as the network may be back: ends a pause of ours, and an attempt that takes long. */
  hurry() {
    if (this.#timer === null || Date.now() < this.#notBefore) return;
    const isAttempt = this.#socket?.readyState === WebSocket.CONNECTING;
    if (isAttempt && Date.now() - this.#begunAt > STALE) this.#drop();
    this.reconnect();
  }

  /** Expects data within PROBE_LIMIT; the caller must make a request. */
  probe() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#watchFor(PROBE_LIMIT);
  }

  /** Closes the connection, or makes no further attempt, until `reconnect`. */
  close() {
    this.#drop();
    this.#onState({ name: "idle" });
  }

  /** Sends objects as one frame; returns whether the connection was open. */
  send(objects) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(objects));
    if (objects.some(({ id }) => id !== undefined)) this.#watchFor(ANSWER_LIMIT);
    return true;
  }

  /** Expects data regularly, from a server that pings at this interval (s). */
  expectPings(interval) {
    this.#silence = interval ? Math.max(LEAST_SILENCE, interval * 1000 * SILENCE) : 0;
    this.#watch();
  }

  #opened() {
    this.#failed = 0;
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
      this.#onState({ name: "stopped", reason: reason || `code ${code}`, code });
      return;
    }
    // The random part is added, since the server told all clients the same time.
    const pause = this.#rest + pauseBefore(this.#attempt++);
    const attempt = this.#attempt;
    this.#notBefore = Date.now() + this.#rest;
    this.#rest = 0;
    this.#schedule(() => this.reconnect(), pause);
    this.#onState({ name: "waiting", attempt, until: Date.now() + pause, code, failed: this.#failed });
  }

  /** Ends an attempt that takes too long, or a dead connection: a browser would wait for minutes. */
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
    this.#silence = 0;
    this.#watch();
    const socket = this.#socket;
    this.#socket = null;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#silentUntil = Infinity;
    if (this.#silence) this.#watchFor(this.#silence);
  }

  /** Lets the watchdog fire after some ms without data, unless it is due before. */
  #watchFor(limit) {
    const time = Date.now() + limit;
    if (time >= this.#silentUntil) return;
    clearTimeout(this.#watchdog);
    this.#silentUntil = time;
    this.#watchdog = setTimeout(() => this.#giveUp(), limit);
  }

  #schedule(action, delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      action();
    }, delay);
  }
}

/** Returns the objects in a frame; none if it is not valid. */
function parse(data) {
  try {
    const objects = JSON.parse(data);
    return Array.isArray(objects) ? objects.filter((one) => one && typeof one === "object") : [];
  } catch {
    return [];
  }
}
