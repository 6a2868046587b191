// What a picture's first bytes tell: its kind, and whether it moves. Pure.

const VP8X_MOVES = 0x02; // a flag in the first chunk of a WebP
const VP8X_FLAGS = 20; // its place in the file

/** Returns "jpeg", "png", "gif", "webp", "avif", or "other". */
export function kindOf(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return "jpeg";
  if (textAt(bytes, 1, 3) === "PNG") return "png";
  if (textAt(bytes, 0, 3) === "GIF") return "gif";
  if (textAt(bytes, 0, 4) === "RIFF" && textAt(bytes, 8, 4) === "WEBP") return "webp";
  const brands = textAt(bytes, 4, 4) === "ftyp" ? textAt(bytes, 8, 32) : "";
  return /avi[fs]/.test(brands) ? "avif" : "other";
}

/** Whether a picture of a kind that may move does; it would stand still if it were drawn anew. */
export function isAnimated(bytes, kind) {
  if (kind === "webp") return textAt(bytes, 12, 4) === "VP8X" && Boolean(bytes[VP8X_FLAGS] & VP8X_MOVES);
  if (kind === "avif") return textAt(bytes, 8, 4) === "avis";
  if (kind !== "png") return false;
  // The chunk that tells it stands before the first pixels.
  const text = textAt(bytes, 0, bytes.length);
  const pixels = text.indexOf("IDAT");
  return text.slice(0, pixels < 0 ? undefined : pixels).includes("acTL");
}

function textAt(bytes, start, count) {
  let text = "";
  for (const byte of bytes.subarray(start, start + count)) text += String.fromCharCode(byte);
  return text;
}
