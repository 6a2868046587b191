// Draws a text as a QR code.

import { encode } from "./qr-code.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const MARGIN = 4; // modules around the code that stay light

/** Returns a picture of the code of a text, with its words for screen readers; empty if it is too long. */
export function drawCode(text, label) {
  const rows = encode(text) ?? [];
  const size = rows.length + 2 * MARGIN;
  const svg = document.createElementNS(NAMESPACE, "svg");
  const path = document.createElementNS(NAMESPACE, "path");
  for (const [name, value] of [["viewBox", `0 0 ${size} ${size}`], ["class", "qr"], ["role", "img"], ["aria-label", label]]) {
    svg.setAttribute(name, value);
  }
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + MARGIN} ${y + MARGIN}h1v1h-1z`] : [])));
  path.setAttribute("d", dark.join(""));
  svg.append(path);
  return svg;
}
