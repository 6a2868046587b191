// Rules of QR codes. The codes that are expected were read by another program (ZXing).

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { encode } from "../../../static/js/panels/qr-code.js";

const HELLO = `
111111100110001111111
100000101100001000001
101110100101101011101
101110100011001011101
101110101100101011101
100000100000101000001
111111101010101111111
000000000011100000000
101010100101000010010
001011000010001000011
010100101110100011111
110010000000001000010
011010110010101010000
000000001111010100111
111111100011011100111
100000100011110110000
101110101011011100011
101110100100001100110
101110101110100010101
100000100100001010010
111111101110101100011`;
const LINK = `https://chat.example.org/r/~abcdefghijklmnopqrstuvwxyz#${"R7HmrHOF2J4YWX_-".repeat(4)}`;
const DIGEST = "e9d5a412034fb83a3a0e4642e96a23dd82f5b1dc3dd484c85dc5fb4ba53cbac1";

const drawn = (text) => encode(text).map((row) => row.map(Number).join("")).join("\n");

test("a short text has the smallest code", () => {
  assert.equal(`\n${drawn("hello")}`, HELLO);
});

test("a link to a private room has a code with several blocks and the number of its version", () => {
  assert.equal(encode(LINK).length, 45);
  assert.equal(createHash("sha256").update(drawn(LINK)).digest("hex"), DIGEST);
});

test("a text has the smallest code that it fits into, and none if it is too long", () => {
  const sizes = [14, 15, 26, 27, 180, 181, 213].map((length) => encode("x".repeat(length)).length);
  assert.deepEqual(sizes, [21, 25, 25, 29, 53, 57, 57]);
  assert.equal(encode("x".repeat(214)), null);
  assert.equal(encode("☕".repeat(72)), null); // of 3 bytes each
});
