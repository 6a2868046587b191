// What is shown of a file: its name, which cannot lie, its size, and the room that its picture takes. Pure.

import { locale } from "../i18n/strings.js";

// What changes the order of letters, ends lines, or cannot be seen.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const JOINERS = /[\u200c\u200d]/g; // which letters and emoji need
const NAME = 44; // characters of a name that are shown
const NAME_END = 14; // of these at the end, where the kind of the file is
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"];
const WIDEST = 416; // px of a picture alone in its message
const HIGHEST = 320; // px
const UNKNOWN = [320, 240]; // px of a box for a picture whose size the server does not tell
const LEAST = 48; // px of a side, so that it can be hit

/** Returns a file's name without what could make it look like another one; `other` if nothing is left. */
export function cleanName(name, other = "file") {
  const kept = String(name).replace(UNSEEN, (one) => (one.match(JOINERS) ? one : "")).replace(/[\\/]/g, "_").trim();
  return /^[.\s\u200c\u200d]*$/.test(kept) ? other : kept;
}

/** Returns a clean name of so many characters at most: without its middle, so that the kind of the file stays in sight. */
export function shortName(name, most = NAME) {
  const characters = [...cleanName(name)];
  if (characters.length <= most) return characters.join("");
  return [...characters.slice(0, most - NAME_END - 1), "…", ...characters.slice(-NAME_END)].join("");
}

/** Returns a number of bytes in words, "1.4 MB" for instance. */
export function sizeWords(bytes) {
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 0), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  const digits = value < 10 && power ? 1 : 0;
  const form = { style: "unit", unit: UNITS[power], unitDisplay: power ? "short" : "long", maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), form).format(value);
}

/** Whether a file is shown as a picture: the server has found one in it. */
export function isPicture({ type }) {
  return PICTURES.includes(type);
}

/** Returns the width of a picture alone in its message, in px, and the shape of its box, as a style. */
export function boxOf({ width, height }) {
  if (!(width > 0 && height > 0)) return { inlineSize: `${UNKNOWN[0]}px`, aspectRatio: UNKNOWN.join(" / ") };
  const scale = Math.min(1, WIDEST / width, HIGHEST / height);
  const [wide, high] = [width, height].map((side) => Math.max(Math.round(side * scale), LEAST));
  return { inlineSize: `${wide}px`, aspectRatio: `${wide} / ${high}` };
}
