// Makes a picture smaller before it is sent: up to 2,048 px, the right way up, and without what a camera adds.

import { isAnimated, kindOf } from "./picture-kind.js";

const MOST = 2_048; // px of a side
const LOOK = 480; // px of a side of the small copy
const QUALITY = 0.86;
const LOOK_QUALITY = 0.7;
const HEAVY = 1_000_000; // bytes from which on a picture without loss is tried with some
const HEAD = 65_536; // bytes in which a picture tells what it is

/** Whether a file is of a kind that is made smaller. */
export function shrinks({ type }) {
  return /^image\//.test(type) && !/gif|svg/.test(type);
}

/**
 * Returns { blob, name, width?, height?, look? } of a file that is to be sent: the picture made smaller, or the file as it
 * is, if it is none, moves, or would become larger. `look` is a small copy as a data URL.
 */
export async function prepare(file) {
  const same = { blob: file, name: file.name };
  if (!/^image\//.test(file.type)) return same;
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const kind = kindOf(head);
  const bitmap = await read(file);
  if (!bitmap) return same;
  try {
    const { width, height } = bitmap;
    const look = await lookOf(bitmap);
    const isKept = kind === "gif" || isAnimated(head, kind);
    const smaller = isKept ? null : await shrink(bitmap, kind, file.size);
    return { ...same, width, height, look, ...(smaller && { ...smaller, name: renamed(file.name, smaller.blob.type) }) };
  } finally {
    bitmap.close();
  }
}

/** Returns the pixels of a picture, turned as it says; null if the browser cannot read it. */
function read(file) {
  return createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
}

/** Returns the smallest of what the picture can become, as {blob, width, height}; null if it is not smaller. */
async function shrink(bitmap, kind, size) {
  const canvas = draw(bitmap, MOST);
  const { width, height } = canvas;
  const first = await encode(canvas, typeFor(kind));
  const isSmall = first?.size < size || Math.max(bitmap.width, bitmap.height) <= MOST;
  const isHeavy = kind === "png" && (!isSmall || (first?.size ?? size) > HEAVY);
  const second = isHeavy ? await encode(canvas, "image/webp") : null;
  const all = [first, second].filter(Boolean).sort((one, other) => one.size - other.size);
  return all[0]?.size < size ? { blob: all[0], width, height } : null;
}

/** What can be seen through stays so; photos of other kinds become JPEG, which all can show. */
function typeFor(kind) {
  return { png: "image/png", webp: "image/webp", avif: "image/webp" }[kind] ?? "image/jpeg";
}

function draw(bitmap, most) {
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const brush = canvas.getContext("2d");
  brush.imageSmoothingQuality = "high";
  brush.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Returns a canvas as a file of a type; null if the browser cannot write that type. */
async function encode(canvas, type) {
  const blob = await new Promise((done) => canvas.toBlob(done, type, QUALITY));
  return blob?.type === type ? blob : null;
}

async function lookOf(bitmap) {
  const canvas = draw(bitmap, LOOK);
  const url = canvas.toDataURL("image/webp", LOOK_QUALITY);
  return url.startsWith("data:image/webp") ? url : canvas.toDataURL("image/jpeg", LOOK_QUALITY);
}

/** Returns a name with the ending of a type. */
function renamed(name, type) {
  const ending = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp" }[type];
  const isRight = ending === "jpg" ? /\.jpe?g$/i.test(name) : name.toLowerCase().endsWith(`.${ending}`);
  return isRight ? name : `${name.replace(/\.\w{1,5}$/, "")}.${ending}`;
}
