// A search: the query, its room or rooms, and the hits so far. Pure.

const PAGE = 20; // hits of a request
const FEW = 5; // of each room, when several are searched
const MOST_ROOMS = 32; // of these, the ones that the user has joined last

/** `state` is "idle", "wanted", "asked", "done", or "failed" with the server's error as `reason`. */
export class Finder {
  state = "idle";
  room = null;
  query = "";
  narrowing = {}; // {from?, since?, until?}: author and time
  isWide = false; // whether several rooms are searched, one after the other
  hits = []; // {room, seq, ts, from?, snippet, marks}, the latest first
  more = false;
  reason = null;
  #asked = null; // the request without an answer yet
  #rest = []; // the rooms that are searched next

  /** Begins a new search, also in `others` if rooms are given; none, if `query` is empty. */
  find(room, query, narrowing = {}, others = []) {
    this.#rest = [room, ...others.filter((other) => other !== room).slice(1 - MOST_ROOMS).reverse()];
    Object.assign(this, { room, query, narrowing, isWide: others.length > 0, hits: [], more: false, reason: null });
    this.state = query ? "wanted" : "idle";
  }

  /** Requests more hits. */
  goOn() {
    if (this.state === "done" && this.more) this.state = "wanted";
  }

  /** Returns the requests to make now, which count as made; null if there are none. */
  due() {
    if (this.state !== "wanted") return null;
    this.state = "asked";
    const before = this.isWide ? null : this.hits.at(-1)?.seq;
    const { query, narrowing } = this;
    const limit = this.isWide ? FEW : PAGE;
    this.#asked = { t: "search", room: this.#rest[0], query, ...narrowing, limit, ...(before && { before }) };
    return [this.#asked];
  }

  /** Handles an answer, unless another search has begun meanwhile. */
  found(request, { hits, more }) {
    if (!this.#isAbout(request)) return;
    const all = [...this.hits, ...hits.map((hit) => ({ ...hit, room: request.room }))];
    if (this.isWide) all.sort((one, other) => other.ts - one.ts);
    Object.assign(this, { hits: all, more: more && !this.isWide });
    this.#next();
  }

  failed(request, reason) {
    if (!this.#isAbout(request)) return;
    if (this.isWide) this.#next(); // there are others
    else Object.assign(this, { state: "failed", reason });
  }

  /** Goes on with the next room, if there is one. */
  #next() {
    if (this.isWide) this.#rest.shift();
    this.state = this.isWide && this.#rest.length ? "wanted" : "done";
  }

  /** Handles that there will be no answer: the request is made again. */
  release() {
    if (this.state === "asked") this.state = "wanted";
  }

  #isAbout(request) {
    return this.state === "asked" && request === this.#asked;
  }
}
