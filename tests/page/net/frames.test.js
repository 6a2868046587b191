// Rules of how requests are divided into frames.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FrameLimits, sizeOf } from "../../../static/js/net/frames.js";

let limits;

const text = (length, character = "x") => ({ t: "send", text: character.repeat(length) });
const sizes = ({ frames }) => frames.map((frame) => frame.length);

beforeEach(() => {
  limits = new FrameLimits();
});

test("objects share frames, in order, as far as the server accepts that many bytes", () => {
  const objects = Array.from({ length: 5 }, (_, place) => ({ ...text(4_000, "語"), place }));
  const { frames, excess } = limits.divide(objects);
  assert.deepEqual(frames.flat(), objects);
  assert.deepEqual(excess, []);
  assert(frames.every((frame) => sizeOf(frame) <= 65_536));
  assert.deepEqual(frames.map((frame) => frame.length), [5]);
  limits.learn({ frame: 30_000 });
  assert.deepEqual(sizes(limits.divide(objects)), [2, 2, 1]);
});

test("a frame may be exactly as large as the limit", () => {
  const objects = [text(10), text(10), text(10)];
  limits.learn({ frame: sizeOf(objects) });
  assert.deepEqual(sizes(limits.divide(objects)), [3]);
  limits.learn({ frame: sizeOf(objects) - 1 });
  assert.deepEqual(sizes(limits.divide(objects)), [2, 1]);
});

test("a frame has at most as many objects as the server accepts, 256 if it tells nothing", () => {
  const objects = Array.from({ length: 600 }, (_, id) => ({ t: "rooms", id }));
  limits.learn({});
  assert.deepEqual(sizes(limits.divide(objects)), [256, 256, 88]);
  limits.learn({ requests: 500 });
  assert.deepEqual(sizes(limits.divide(objects)), [500, 100]);
});

test("what is too large for a frame of its own stops nothing else", () => {
  const [one, large, two] = [text(10), text(70_000), text(20)];
  const { frames, excess } = limits.divide([one, large, two]);
  assert.deepEqual([frames, excess], [[[one, two]], [large]]);
});

test("after a close with 1009 the frames are shorter, whatever the server has told", () => {
  const objects = Array.from({ length: 5 }, () => text(10_000));
  for (const expected of [[5], [2, 2, 1], [1, 1, 1, 1, 1]]) {
    const { frames } = limits.divide(objects);
    assert.deepEqual(frames.map((frame) => frame.length), expected);
    frames.forEach((frame) => limits.sent(frame));
    limits.closed({ isTooLarge: true });
    limits.learn({ frame: 65_536 });
  }
  assert.equal(limits.divide(objects).excess.length, 5);
  assert.deepEqual(sizes(limits.divide([text(9_000)])), [1]);
});

test("other closes teach nothing, nor does what was sent on an earlier connection", () => {
  limits.sent([text(10_000), text(10_000)]);
  limits.closed({ isTooLarge: false });
  limits.closed({ isTooLarge: true });
  assert.deepEqual(sizes(limits.divide([text(10_000), text(10_000)])), [2]);
});
