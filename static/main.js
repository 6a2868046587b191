// Puts the page together: the connection feeds the log, the composer feeds the connection.

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Log } from "./log.js";
import { Status } from "./status.js";

const find = (id) => document.getElementById(id);

const log = new Log(find("log"), find("newer"), find("empty"));
const composer = new Composer(find("composer"), (text) => connection.send(text));
const status = new Status(find("status"), find("banner"), () => connection.reconnect());
const connection = new Connection(address(), {
  onMessage: (data) => log.add(data.split("\n")),
  onState: (state) => {
    composer.enabled = state.name === "open";
    status.show(state);
  },
});

find("lifeless").remove();
if ("WebSocket" in window) {
  connection.reconnect();
  addEventListener("online", () => connection.hurry());
  addEventListener("pageshow", () => connection.hurry());
  document.addEventListener("visibilitychange", () => document.hidden || connection.hurry());
} else {
  status.fail("Your browser cannot open WebSockets, and this chat needs them.");
}

/** The WebSocket beside this page, wherever a proxy has put both. */
function address() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
