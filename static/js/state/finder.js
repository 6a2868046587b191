// A search under way: what is looked for in which room, and what was found so far. Pure.

const PAGE = 20; // hits asked for at once

/** `state` is "idle", "wanted", "asked", "done" or "failed"; then `reason` is the server's error. */
export class Finder {
  state = "idle";
  room = null;
  query = "";
  narrowing = {}; // {from?, since?, until?}: whose and of when
  hits = []; // {seq, ts, from?, snippet, marks}, the latest first
  more = false;
  reason = null;
  #asked = null; // the request under way

  /** Looks for something else; for nothing, if `query` is empty. */
  find(room, query, narrowing = {}) {
    Object.assign(this, { room, query, narrowing, hits: [], more: false, reason: null });
    this.state = query ? "wanted" : "idle";
  }

  /** Looks on, behind what was found. */
  goOn() {
    if (this.state === "done" && this.more) this.state = "wanted";
  }

  /** The requests to make now; null if there are none. */
  due() {
    if (this.state !== "wanted") return null;
    this.state = "asked";
    const before = this.hits.at(-1)?.seq;
    const { room, query, narrowing } = this;
    this.#asked = { t: "search", room, query, ...narrowing, limit: PAGE, ...(before && { before }) };
    return [this.#asked];
  }

  /** Takes in hits, unless something else is looked for by now. */
  found(request, { hits, more }) {
    if (!this.#isAbout(request)) return;
    Object.assign(this, { hits: [...this.hits, ...hits], more, state: "done" });
  }

  failed(request, reason) {
    if (this.#isAbout(request)) Object.assign(this, { state: "failed", reason });
  }

  /** Takes in that there will be no answer: it has to be asked for again. */
  release() {
    if (this.state === "asked") this.state = "wanted";
  }

  #isAbout(request) {
    return this.state === "asked" && request === this.#asked;
  }
}
