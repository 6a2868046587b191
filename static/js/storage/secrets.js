// Secrets of links in the page's address: to a room, or of an operator.

import { forget, remember } from "./storage.js";

const OPERATOR = "#operator="; // what comes before that of an operator

/**
 * Takes a secret out of the address, and keeps it until it has let the user into a room, which is the
 * one that the address names. Returns the secret.
 */
export function keepSecret(room, { hash } = location) {
  const { pathname, search } = location;
  history.replaceState(null, "", pathname + search);
  const isOperators = hash.startsWith(OPERATOR);
  const secret = hash.slice(isOperators ? OPERATOR.length : 1);
  const name = isOperators ? "operator" : `link.${room}`;
  if (secret) remember(name, secret);
  return secret;
}

/** Forgets the secrets of these rooms, and with `null` that of an operator. */
export function forgetSecrets(rooms) {
  for (const room of rooms) forget(room === null ? "operator" : `link.${room}`);
}
