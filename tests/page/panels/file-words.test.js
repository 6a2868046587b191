// Rules of why a file cannot be sent: each fault in words, with what the user needs to know.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { learn } from "../../../static/js/i18n/files.js";
import { learn as learnRest } from "../../../static/js/i18n/later.js";
import { speak } from "../../../static/js/i18n/strings.js";
import { UploadError } from "../../../static/js/net/tus.js";
import { canRetry, faultWords, refusalWords } from "../../../static/js/panels/file-words.js";
import { releaseClock, stopClock } from "../clock.js";

const LIMITS = { most: 10, bytes: 10_000_000 };
const error = (status, code = "", after = null) =>
  new UploadError({ status, json: { code, detail: "the server’s own words" }, header: () => after });
const plain = (words) => words.replace(/[\u2068\u2069]/g, "");

await Promise.all([learn("en"), learnRest("en")]);
beforeEach(() => {
  stopClock();
  return speak(["en"]);
});
afterEach(releaseClock);

test("a file that is too large is told with its size and the limit", () => {
  const words = plain(faultWords([{ fault: "large", name: "film.mp4", size: 41_000_000 }], 0, LIMITS));
  assert.equal(words, "film.mp4 is too large: it has 41 MB, and a file may have 10 MB.");
});

test("of many faults a few are told, and how many there are", () => {
  const faults = Array.from({ length: 6 }, (_, place) => ({ fault: "empty", name: `${place}.txt`, size: 0 }));
  const words = plain(faultWords([...faults, { fault: "many", name: "x", size: 1 }], 1, LIMITS));
  assert.match(words, /^0.txt is empty. 1.txt is empty. 2.txt is empty. And 3 more files cannot be sent. Up to 10 /);
  assert.match(words, /A folder cannot be sent/);
  assert.equal(faultWords([], 0, LIMITS), "");
});

test("each refusal of the server has words of its own, else its own ones", () => {
  const words = (...about) => refusalWords(error(...about), 10_000_000);
  assert.equal(words(413, "too_long"), "This is too large: a file may have 10 MB.");
  assert.match(words(507, "storage_full"), /no space for more files/);
  assert.match(words(401, "unauthorized"), /does not know you/);
  assert.match(words(403, "no_files"), /newcomers cannot send files/);
  assert.match(words(429, "too_many_files"), /wait for a message/);
  assert.match(words(429, "too_fast", "7200"), /Try again in 2 hours/);
  assert.match(words(415), /cannot read this picture/);
  assert.match(words(0), /did not get through/);
  assert.equal(words(403, "strange"), "The server’s own words.");
  assert.match(refusalWords(error(413)), /something in front of it/);
});

test("what is wrong with the file itself is not tried again", () => {
  assert.deepEqual([413, 415, 422].map((status) => canRetry(error(status))), [false, false, false]);
  assert.deepEqual([0, 403, 429, 507].map((status) => canRetry(error(status))), [true, true, true, true]);
});
