// A terminal client for any server of the Go chat example's kind: `node client.js URL`.
// Lines of standard input are sent; lines of the chat are printed; both end together.

import { createInterface } from "node:readline";
import WebSocket from "ws";

const socket = new WebSocket(process.argv[2]);

socket.on("open", () => {
  console.log("* open");
  const input = createInterface({ input: process.stdin });
  input.on("line", (line) => socket.send(line));
  input.on("close", () => socket.close(1000));
});
socket.on("message", (data) => console.log(data.toString()));
socket.on("error", (error) => console.log(`* error ${error.message}`));
socket.on("close", (code) => {
  console.log(`* closed ${code}`);
  process.exit();
});
