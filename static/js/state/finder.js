// A search: the query, its room, and the hits so far. Pure.

const PAGE = 20; // hits of a request

/** `state` is "idle", "wanted", "asked", "done", or "failed" with the server's error as `reason`. */
export class Finder {
  state = "idle";
  room = null;
  query = "";
  narrowing = {}; // {from?, since?, until?}: author and time
  hits = []; // {seq, ts, from?, snippet, marks}, the latest first
  more = false;
  reason = null;
  #asked = null; // the request without an answer yet

  /** Begins a new search; none, if `query` is empty. */
  find(room, query, narrowing = {}) {
    Object.assign(this, { room, query, narrowing, hits: [], more: false, reason: null });
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
    const before = this.hits.at(-1)?.seq;
    const { room, query, narrowing } = this;
    this.#asked = { t: "search", room, query, ...narrowing, limit: PAGE, ...(before && { before }) };
    return [this.#asked];
  }

  /** Handles an answer, unless another search has begun meanwhile. */
  found(request, { hits, more }) {
    if (!this.#isAbout(request)) return;
    Object.assign(this, { hits: [...this.hits, ...hits], more, state: "done" });
  }

  failed(request, reason) {
    if (this.#isAbout(request)) Object.assign(this, { state: "failed", reason });
  }

  /** Handles that there will be no answer: the request is made again. */
  release() {
    if (this.state === "asked") this.state = "wanted";
  }

  #isAbout(request) {
    return this.state === "asked" && request === this.#asked;
  }
}
