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
