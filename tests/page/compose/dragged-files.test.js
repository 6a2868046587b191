// Rules of what a clipboard or a drag brings, and of what can go with a message.

import assert from "node:assert/strict";
import { test } from "node:test";

import { admit, droppedFiles } from "../../../static/js/compose/admission.js";
import { bringsFiles, pastedFiles } from "../../../static/js/compose/dragged-files.js";

const file = (name, size = 10, type = "") => ({ name, size, type });
const clipboard = (files, text = "") => ({ files, getData: () => text });

test("a picture alone is pasted as a file", () => {
  const picture = file("image.png");
  assert.deepEqual(pastedFiles(clipboard([picture])), [picture]);
});

test("where there is a text beside a picture of it, the text is meant", () => {
  assert.deepEqual(pastedFiles(clipboard([file("image.png")], "a\tb\nc\td")), []);
  assert.deepEqual(pastedFiles(clipboard([], "words")), []);
  assert.deepEqual(pastedFiles(null), []);
});

test("the names of copied files are no text of their own", () => {
  const files = [file("one.pdf"), file("two.pdf")];
  for (const text of ["one.pdf\ntwo.pdf", "/home/ann/one.pdf\r\n/home/ann/two.pdf", "C:\\one.pdf"]) {
    assert.deepEqual(pastedFiles(clipboard(files, text)), files, text);
  }
});

test("a drag of text or of a link brings no files", () => {
  assert.equal(bringsFiles({ types: ["text/plain", "text/uri-list"] }), false);
  assert.equal(bringsFiles({ types: ["Files"] }), true);
  assert.equal(bringsFiles(null), false);
});

test("folders are counted, not taken", () => {
  const entry = (isDirectory, one) => ({
    kind: "file",
    webkitGetAsEntry: () => ({ isDirectory }),
    getAsFile: () => one,
  });
  const photo = file("photo.jpg");
  const items = [entry(false, photo), entry(true, file("holiday", 4096)), { kind: "string" }];
  assert.deepEqual(droppedFiles({ items }), { files: [photo], folders: 1 });
  assert.deepEqual(droppedFiles({ files: [photo] }), { files: [photo], folders: 0 });
});

test("what is empty, too large or one too many is left out, and the rest is taken", () => {
  const files = [file("empty.txt", 0), file("a"), file("huge.zip", 101), file("b"), file("c"), file("d")];
  const limits = { count: 7, most: 10, bytes: 100, shrinks: () => false };
  const { taken, faults } = admit(files, limits);
  assert.deepEqual(taken.map(({ name }) => name), ["a", "b", "c"]);
  assert.deepEqual(
    faults.map(({ fault, name }) => [fault, name]),
    [["empty", "empty.txt"], ["large", "huge.zip"], ["many", "d"]],
  );
});

test("a large photo is taken: it gets smaller before it is sent", () => {
  const photo = file("photo.jpg", 12_000_000);
  const { taken } = admit([photo], { count: 0, most: 10, bytes: 10_000_000, shrinks: () => true });
  assert.deepEqual(taken, [photo]);
});
