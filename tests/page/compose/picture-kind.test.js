// Rules of what the first bytes of a picture tell.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isAnimated, kindOf } from "../../../static/js/compose/picture-kind.js";

const bytes = (...parts) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...part].map((one) => one.charCodeAt(0)) : [part])));

const GIF = bytes("GIF89a");
const JPEG = bytes(0xff, 0xd8, 0xff, 0xe1);
const PNG = bytes(0x89, "PNG\r\n", 0x1a, "\n....IHDR....IDAT..acTL in the pixels");
const MOVING_PNG = bytes(0x89, "PNG\r\n", 0x1a, "\n....IHDR....acTL....IDAT");
const webp = (flags) => bytes("RIFF....WEBPVP8X....", flags);
const AVIF = bytes(0, 0, 0, 0x20, "ftypavif....mif1avifmiaf");
const MOVING_AVIF = bytes(0, 0, 0, 0x20, "ftypavis....mif1avifmiaf");

test("the kind is in the bytes, whatever the name says", () => {
  const pictures = [GIF, JPEG, PNG, webp(0), AVIF, bytes("<svg>"), bytes()];
  assert.deepEqual(pictures.map(kindOf), ["gif", "jpeg", "png", "webp", "avif", "other", "other"]);
});

test("a picture that moves is told from one that does not", () => {
  const pictures = [PNG, MOVING_PNG, webp(0x10), webp(0x12), AVIF, MOVING_AVIF, JPEG];
  assert.deepEqual(
    pictures.map((one) => isAnimated(one, kindOf(one))),
    [false, true, false, true, false, true, false],
  );
});
