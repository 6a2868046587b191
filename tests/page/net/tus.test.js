// Rules of uploads: pieces, going on after a cut, and which errors are final.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { TusUpload, UploadError } from "../../../static/js/net/tus.js";

const URL_OF_ROOM = "http://chat.example/api/v1/rooms/tea/files";
const MIB = 1_048_576;

let server;
let asked; // the requests, as [method, path, offset]

/** A server that keeps one upload, and answers with `faults` first. */
class Server {
  length = null;
  bytes = 0;
  faults = [];

  answer(status, headers = {}, json = null) {
    return { status, json, header: (name) => headers[name] ?? null };
  }

  take({ method, headers, body }) {
    if (method === "POST") {
      this.length = Number(headers["Upload-Length"]);
      this.bytes = 0;
      return this.answer(201, { Location: "/api/v1/rooms/tea/files/up1" });
    }
    if (this.length === null) return this.answer(404);
    if (method === "HEAD") return this.answer(200, { "Upload-Offset": String(this.bytes) });
    if (Number(headers["Upload-Offset"]) !== this.bytes) return this.answer(409);
    this.bytes += body.size;
    const isOver = this.bytes === this.length;
    return this.answer(isOver ? 200 : 204, { "Upload-Offset": String(this.bytes) }, isOver ? { file: { id: "f1" } } : null);
  }
}

async function exchange(request) {
  asked.push([request.method, new URL(request.url).pathname.split("/").pop(), request.headers["Upload-Offset"]]);
  const fault = server.faults.shift();
  return fault ? fault(request) : server.take(request);
}

const upload = (size, about = {}) =>
  new TusUpload(exchange, { url: URL_OF_ROOM, name: "Käse.jpg", blob: new Blob(["x".repeat(size)]), headers: () => ({}), ...about });

beforeEach(() => {
  server = new Server();
  asked = [];
});

test("a file goes in pieces of a mebibyte, and its name in UTF-8", async () => {
  const names = [];
  server.faults.push((request) => {
    names.push(Buffer.from(request.headers["Upload-Metadata"].split(" ")[1], "base64").toString());
    return server.take(request);
  });
  const shares = [];
  assert.deepEqual(await upload(2 * MIB + 1, { onProgress: (share) => shares.push(share) }).run(), { id: "f1" });
  assert.deepEqual(names, ["Käse.jpg"]);
  assert.deepEqual(asked, [
    ["POST", "files", undefined],
    ["PATCH", "up1", "0"],
    ["PATCH", "up1", String(MIB)],
    ["PATCH", "up1", String(2 * MIB)],
  ]);
  assert.deepEqual(shares.map((share) => Math.round(100 * share)), [0, 50, 100]);
});

test("after a cut it goes on where the server is", async () => {
  const one = upload(2 * MIB);
  const isTakenAndLost = (request) => (server.take(request), server.answer(0));
  server.faults.push(null, isTakenAndLost);
  await assert.rejects(one.run(), { status: 0, code: "unreachable", wait: 0 });
  assert.deepEqual(await one.run(), { id: "f1" });
  assert.deepEqual(asked.slice(2), [["HEAD", "up1", undefined], ["PATCH", "up1", String(MIB)]]);
});

test("an upload of an earlier visit goes on, and one that is gone begins anew", async () => {
  let location;
  await upload(MIB, { onLocation: (one) => (location = one) }).run();
  server.bytes = MIB / 2;
  asked = [];
  await upload(MIB, { location }).run();
  assert.deepEqual(asked, [["HEAD", "up1", undefined], ["PATCH", "up1", String(MIB / 2)]]);
  server.length = null;
  asked = [];
  await upload(10, { location }).run();
  assert.deepEqual(asked.map(([method]) => method), ["HEAD", "POST", "PATCH"]);
});

test("if the answer to the last piece is lost, the file is asked for by a piece without bytes", async () => {
  const one = upload(10);
  server.faults.push(null, (request) => (server.take(request), server.answer(0)));
  await assert.rejects(one.run());
  assert.deepEqual(await one.run(), { id: "f1" });
  assert.deepEqual(asked.at(-1), ["PATCH", "up1", "10"]);
});

test("an upload that the server has lost meanwhile begins anew", async () => {
  const one = upload(10);
  server.faults.push(null, () => server.answer(404));
  await assert.rejects(one.run(), { status: 404, wait: 0 });
  assert.deepEqual(await one.run(), { id: "f1" });
  assert.deepEqual(asked.map(([method]) => method), ["POST", "PATCH", "POST", "PATCH"]);
});

test("a server that takes all and tells nothing of the file is not asked for ever", async () => {
  const one = upload(10);
  server.faults.push(null, () => server.answer(204, { "Upload-Offset": "10" }));
  await assert.rejects(one.run(), { wait: 0 });
});

test("errors say whether trying again may help, and when", () => {
  const error = (status, after) => new UploadError(server.answer(status, { "Retry-After": after }, { code: "c", detail: "d" }));
  for (const status of [413, 415, 422, 401, 403, 507]) assert.equal(error(status).wait, null, status);
  for (const status of [0, 409, 429, 502, 503]) assert.equal(error(status).wait, 0, status);
  assert.equal(error(429, "30").wait, 30_000);
  assert.equal(error(429, "40000").wait, null); // the day's share is used up
  assert.deepEqual([error(507).code, error(507).text], ["c", "d"]);
});
