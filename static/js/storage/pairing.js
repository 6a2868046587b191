// The code in the page's address, by which the user goes on as the person of another device.

const MARK = "#pair="; // what comes before it, as boot.js knows, too

/** Takes the code out of the address, and returns it; it is stored nowhere. */
export function takeCode() {
  const code = location.hash.slice(MARK.length);
  history.replaceState(null, "", location.pathname + location.search);
  return code;
}
