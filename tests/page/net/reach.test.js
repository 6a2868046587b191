// Rules of what the page finds out about a connection that does not open.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";

import { urlOf } from "../../../static/js/net/address.js";
import { findTrouble } from "../../../static/js/net/reach.js";

const { host: own, hostname: name } = urlOf("");
const WELCOME = { host: own, welcome: true, ignored: false };

/** Has the server answer the question with a status and JSON, and that for a WebSocket with another status. */
function answer(status, told, other = 426) {
  mock.method(globalThis, "fetch", async (url) => {
    const isSocket = url.href === urlOf("ws").href;
    const one = isSocket ? other : status;
    if (!one) throw new TypeError("no network");
    return new Response(typeof told === "string" ? told : JSON.stringify(told), { status: one });
  });
}

afterEach(() => mock.restoreAll());

test("a server that answers, but to no WebSocket, is behind something that drops the upgrade", async () => {
  answer(200, WELCOME);
  assert.deepEqual(await findTrouble(), { trouble: "noUpgrade", own, name });
});

test("a host that is not the page's was rewritten; that a proxy told the true one is told, too", async () => {
  answer(200, { host: "inside", welcome: false, ignored: false });
  assert.deepEqual(await findTrouble(), { trouble: "rewritten", own, name, seen: "inside" });
  answer(200, { host: "inside", welcome: false, ignored: true });
  assert.deepEqual(await findTrouble(), { trouble: "untrusted", own, name, seen: "inside" });
});

test("refusals have their reasons, also where only WebSockets are refused", async () => {
  for (const [status, trouble] of [[421, "unknownHost"], [429, "crowded"], [503, "full"]]) {
    answer(status, "");
    assert.equal((await findTrouble()).trouble, trouble);
    answer(200, WELCOME, status);
    assert.equal((await findTrouble()).trouble, trouble);
  }
});

test("a server that is away is no trouble of a proxy, whatever that answers in its place", async () => {
  for (const [status, told, other] of [[0, ""], [502, ""], [404, "{}"], [200, "<html>"], [200, null], [200, WELCOME, 0]]) {
    answer(status, told, other);
    assert.equal(await findTrouble(), null);
  }
});
