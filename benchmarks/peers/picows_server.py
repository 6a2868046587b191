"""The picows peer: its listener callbacks on uvloop, one send for each client."""

import asyncio
import sys

import uvloop
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

members: set[WSTransport] = set()


class Chat(WSListener):
    """Holds one client."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take it in."""
        members.add(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Send what it says to everybody."""
        if frame.msg_type == WSMsgType.TEXT:
            payload = frame.get_payload_as_bytes()
            for member in members:
                member.send(WSMsgType.TEXT, payload)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Let it go."""
        members.discard(transport)


def make_listener(_request: WSUpgradeRequest) -> WSListener:
    """Return what handles one connection."""
    return Chat()


async def main() -> None:
    """Serve until killed."""
    server = await ws_create_server(make_listener, "127.0.0.1", int(sys.argv[1]), backlog=65535)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
