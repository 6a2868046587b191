// What the browser remembers from visit to visit: each thing under a name, as JSON.

const PREFIX = "trio-chat.";

/** Returns what was remembered under a name, or `fallback`. */
export function recall(name, fallback = null) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? fallback;
  } catch {
    return fallback; // storage is switched off, or somebody else wrote there
  }
}

/** Remembers something that can be JSON; returns whether the browser let us. */
export function remember(name, value) {
  try {
    const text = JSON.stringify(value);
    if (localStorage.getItem(PREFIX + name) !== text) localStorage.setItem(PREFIX + name, text);
    return true;
  } catch {
    return false; // then the user is asked again next time
  }
}

/** Forgets what was remembered under a name; returns whether it is forgotten. */
export function forget(name) {
  try {
    localStorage.removeItem(PREFIX + name);
    return true;
  } catch {
    return false;
  }
}

/** Calls `onChange` when another tab has remembered something else under a name. */
export function watch(name, onChange) {
  addEventListener("storage", ({ key }) => {
    if (key === PREFIX + name) onChange();
  });
}

/** Returns all names that begin so under which something is remembered. */
export function namesLike(beginning) {
  try {
    const names = Object.keys(localStorage);
    return names
      .filter((name) => name.startsWith(PREFIX + beginning))
      .map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}

/** Returns a new random UUID; `crypto.randomUUID` exists on https and localhost alone. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
