// Finds out why no WebSocket opens although there is a server: asks it by HTTP.

import { urlOf } from "./address.js";

const LIMIT = 5_000; // ms for each question
const BY_STATUS = { 421: "unknownHost", 429: "crowded", 503: "full" };

/**
 * Returns what is in the way, or null if no server answers; `own` and `name` are the page's host and its name:
 *   { trouble: "unknownHost", own, name }   the server does not have that name
 *   { trouble: "rewritten", own, name, seen }   a proxy puts the host `seen` in the place of the page's
 *   { trouble: "untrusted", own, name, seen }   likewise, and it tells which it was, but is not trusted
 *   { trouble: "noUpgrade", own, name }   a proxy does not pass on WebSockets
 *   { trouble: "crowded", own, name }   there are too many connections from here
 *   { trouble: "full", own, name }   the server takes nobody at present
 */
export async function findTrouble() {
  const { host: own, hostname: name, origin } = urlOf("");
  const found = (trouble, seen) => ({ trouble, own, name, ...(seen !== undefined && { seen }) });
  const answer = await ask(`api/v1/reachable?origin=${encodeURIComponent(origin)}`);
  const refusal = BY_STATUS[answer?.status];
  if (refusal) return found(refusal);
  const reach = answer?.ok ? await answer.json().catch(() => null) : null;
  if (typeof reach?.host !== "string") return null; // nobody's answer, or a proxy's own
  if (!reach.welcome) return found(reach.ignored ? "untrusted" : "rewritten", reach.host);
  // The way is open to HTTP. What opens WebSockets may have refused this one for another reason.
  const other = await ask("ws");
  return other && found(BY_STATUS[other.status] ?? "noUpgrade");
}

/** Asks for a path of the server; returns null if there is no answer. */
function ask(path) {
  return fetch(urlOf(path), { cache: "no-store", signal: AbortSignal.timeout(LIMIT) }).catch(() => null);
}
