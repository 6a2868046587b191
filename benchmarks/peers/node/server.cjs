// The Node peer: the ws package, one send of the same string for each client.
"use strict";

const { WebSocketServer, WebSocket } = require(process.argv[3]);

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  path: "/ws",
  backlog: 65535,
  perMessageDeflate: false,
});

server.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    const text = data.toString();
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(text);
    }
  });
});

server.on("listening", () => console.log("listening"));
