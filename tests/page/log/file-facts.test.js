// Rules of how files are shown: names that cannot lie, sizes, and boxes that do not change.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { speak } from "../../../static/js/i18n/strings.js";
import { boxOf, cleanName, isPicture, shortName, sizeWords } from "../../../static/js/log/file-facts.js";

afterEach(() => speak(["en"]));

test("a name has nothing that changes the order of its letters, or that cannot be seen", () => {
  assert.equal(cleanName("invoice\u202efdp.exe"), "invoicefdp.exe");
  assert.equal(cleanName("\u2066a\u2069\u200b\u0000\n.txt\ud800"), "a.txt");
  assert.equal(cleanName("שלום.pdf"), "שלום.pdf");
  assert.equal(cleanName("👩‍🌾.png"), "👩‍🌾.png");
});

test("a name is no path, and never empty", () => {
  assert.equal(cleanName("../../etc/passwd"), ".._.._etc_passwd");
  assert.equal(cleanName("C:\\a.txt"), "C:_a.txt");
  for (const name of ["", " ", "..", ".", "\u202e", "\u200d."]) assert.equal(cleanName(name), "file", name);
});

test("of a long name the end stays, where its kind is", () => {
  const name = `${"holiday ".repeat(30)}.pdf.exe`;
  assert.ok(shortName(name).endsWith(".pdf.exe"));
  assert.equal([...shortName(name)].length, 44);
  assert.equal(shortName("short.txt"), "short.txt");
});

test("a size is in words of the language", async () => {
  assert.deepEqual([0, 999, 1000, 369_000, 1_400_000, 10_000_000].map(sizeWords), [
    "0 bytes",
    "999 bytes",
    "1 kB",
    "369 kB",
    "1.4 MB",
    "10 MB",
  ]);
  await speak(["de"]);
  assert.equal(sizeWords(1_400_000), "1,4 MB");
});

test("what is of no type that browsers only show is a file to download", () => {
  const types = ["image/png", "image/avif", "image/svg+xml", "text/html", "application/octet-stream"];
  assert.deepEqual(types.map((type) => isPicture({ type })), [true, true, false, false, false]);
});

test("a picture's box has its shape, within bounds", () => {
  const cases = [
    [[800, 600], "416px", "416 / 312"],
    [[600, 6000], "48px", "48 / 320"],
    [[10, 10], "48px", "48 / 48"],
    [[100_000, 10], "416px", "416 / 48"],
    [[undefined, 0], "320px", "320 / 240"],
  ];
  for (const [[width, height], inlineSize, aspectRatio] of cases) {
    assert.deepEqual(boxOf({ width, height }), { inlineSize, aspectRatio });
  }
});
