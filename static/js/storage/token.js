// The token in the page's address, which says who the user is.

import { remember } from "./storage.js";

const MARK = "#token="; // what comes before it, as boot.js knows, too

/** Takes the token out of the address, and keeps it and the nick that it gives. */
export function keepToken() {
  const token = location.hash.slice(MARK.length);
  history.replaceState(null, "", location.pathname + location.search);
  const access = { token };
  remember("access", access);
  const nick = nickIn(token);
  if (nick) remember("nick", nick);
  return access;
}

/** Returns the nick in a token; `undefined` without one. The server is who checks it. */
function nickIn(token) {
  try {
    const claims = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(claims, (one) => one.charCodeAt(0)))).nick;
  } catch {
    return undefined;
  }
}
