// A WebSocket client (RFC 6455) on Node's own http module, as far as a client of the chat needs one.

import { createHash, randomBytes } from "node:crypto";
import http from "node:http";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Opens a WebSocket; calls `onText` with each message, and `onEnd` once with the close code, if any. */
export function open(url, subprotocol, { onOpen, onText, onEnd }) {
  const key = randomBytes(16).toString("base64");
  const request = http.get(url.replace("ws:", "http:"), {
    agent: false,
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Key": key,
      "Sec-WebSocket-Version": 13,
      "Sec-WebSocket-Protocol": subprotocol,
    },
  });
  let code = null;
  let isOver = false;
  const end = () => {
    if (!isOver) onEnd(code);
    isOver = true;
  };
  request.on("error", end);
  request.on("response", end);
  request.on("upgrade", (response, socket, head) => {
    const digest = createHash("sha1").update(key + GUID).digest("base64");
    if (response.headers["sec-websocket-accept"] !== digest) throw new Error("no WebSocket");
    if (response.headers["sec-websocket-protocol"] !== subprotocol) throw new Error("no subprotocol");
    socket.on("error", end);
    socket.on("close", end);
    const send = (opcode, payload) => socket.writable && socket.write(masked(opcode, payload));
    const read = reader((opcode, payload) => {
      if (isOver) return;
      if (opcode === TEXT) onText(payload.toString());
      if (opcode === PING) send(PONG, payload);
      if (opcode !== CLOSE) return;
      code = payload.length ? payload.readUInt16BE() : null;
      send(CLOSE, payload.subarray(0, 2));
      socket.end();
    });
    socket.on("data", read);
    onOpen({
      send: (text) => send(TEXT, Buffer.from(text)),
      cut: () => {
        end();
        socket.destroy();
      },
    });
    read(head);
  });
}

function masked(opcode, payload) {
  const { length } = payload;
  const extended = length > 65535 ? 8 : length > 125 ? 2 : 0;
  const head = Buffer.alloc(2 + extended);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (extended === 8 ? 127 : extended === 2 ? 126 : length);
  if (extended === 2) head.writeUInt16BE(length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, place) => byte ^ mask[place % 4])]);
}

/** Returns a function that takes received bytes and calls `onFrame` with each whole frame. */
function reader(onFrame) {
  let received = Buffer.alloc(0);
  return (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      if (received.length < 2) return;
      let size = 2;
      let length = received[1];
      if (length > 127) throw new Error("a masked frame of a server");
      if (length === 126) [size, length] = [4, received.length < 4 ? Infinity : received.readUInt16BE(2)];
      else if (length === 127)
        [size, length] = [10, received.length < 10 ? Infinity : Number(received.readBigUInt64BE(2))];
      if (received.length < size + length) return;
      const frame = received.subarray(0, size + length);
      received = received.subarray(size + length);
      if (!(frame[0] & 0x80)) throw new Error("a fragment, which nobody asked for");
      onFrame(frame[0] & 0x0f, frame.subarray(size));
    }
  };
}
