// Whether this window is a guest's: somebody else than the browser's own person, and as long as the window is open.
//
// What a guest window stores is in its sessionStorage, which outlives a reload and ends with the window.

/** The end of an address that makes a guest window of the one in which it is opened. */
export const GUEST = "#guest";

const MARK = "trio-chat guest"; // in sessionStorage; the worker looks for a lock of this name

export const isGuest = begin();

function begin() {
  try {
    if (location.hash === GUEST) {
      sessionStorage.setItem(MARK, "yes");
      history.replaceState(null, "", location.pathname + location.search);
    }
    return sessionStorage.getItem(MARK) !== null;
  } catch {
    return false; // the browser stores nothing, for nobody
  }
}

/** Lets the service worker know which windows are those of guests, as long as this one is open. */
export function hold() {
  if (isGuest) navigator.locks?.request(MARK, { mode: "shared" }, () => new Promise(() => {})).catch(() => {});
}
