// The Bun peer: its own server, whose publish fans out in native code.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch(request, server) {
    const isChat = new URL(request.url).pathname === "/ws";
    if (isChat && server.upgrade(request)) return undefined;
    return new Response("not found", { status: 404 });
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      socket.subscribe("chat");
    },
    message(_socket, text) {
      server.publish("chat", text); // to all, the sender too
    },
  },
});

console.log("listening");
