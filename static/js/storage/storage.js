// Values that outlive the page, in localStorage, or in that of a guest window: each under a name, as JSON.
//
// Tabs share the storage, and no lock protects it: what two tabs may change at once has a name of
// its own for each part (a room's mark, a room's draft), so that neither overwrites the other's.

import { isGuest } from "./guest.js";

const PREFIX = "trio-chat.";

const place = () => (isGuest ? sessionStorage : localStorage); // which may be forbidden

let isClosed = false;

/** Returns the value under a name; `fallback` if there is none or it cannot be read. */
export function recall(name, fallback = null) {
  try {
    return JSON.parse(place().getItem(PREFIX + name)) ?? fallback;
  } catch {
    return fallback; // storage is switched off, or the value is not ours
  }
}

/** Stores a value; returns whether the browser has stored it, or need not any more. */
export function remember(name, value) {
  if (isClosed) return true;
  try {
    const text = JSON.stringify(value);
    if (place().getItem(PREFIX + name) !== text) place().setItem(PREFIX + name, text);
    return true;
  } catch {
    return false; // storage is switched off or full
  }
}

/** Removes the value under a name; returns whether it is removed. */
export function forget(name) {
  try {
    place().removeItem(PREFIX + name);
    return true;
  } catch {
    return false;
  }
}

/** Whether a value is a list of files as a draft and an entry of the queue have it: other programs may write here. */
export function areFiles(list) {
  return Array.isArray(list) && list.every((one) => typeof one?.key === "string" && typeof one.name === "string");
}

/** Lets this page store nothing any more. */
export function close() {
  isClosed = true;
}

/** Returns the names with a prefix under which there is a value. */
export function namesWith(prefix) {
  try {
    const names = Object.keys(place());
    return names
      .filter((name) => name.startsWith(PREFIX + prefix))
      .map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}

/** Returns the values whose names have a prefix, as pairs of the rest of the name and the value. */
export function recallAll(prefix) {
  return namesWith(prefix).map((name) => [name.slice(prefix.length), recall(name)]);
}

/** Calls `onChange` with the name, and whether it is gone, when another tab changes a value whose name has a prefix. */
export function watch(prefix, onChange) {
  if (isGuest) return; // there is no other one
  addEventListener("storage", ({ key, newValue }) => {
    if (key?.startsWith(PREFIX + prefix)) onChange(key.slice(PREFIX.length), newValue === null);
  });
}
