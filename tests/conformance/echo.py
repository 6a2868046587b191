"""An echo server for the conformance suite: the real door, client and WebSocket, no chat.

Every message comes back to its sender as it was, text as text and binary as binary.
"""

import argparse
from collections.abc import Sequence
from typing import cast

import trio
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

from trio_chat.client import Client
from trio_chat.config import Config
from trio_chat.dialects import Dialect
from trio_chat.door import Door
from trio_chat.hub import Broadcast, Request, Unregister
from trio_chat.listeners import open_listeners, port_of
from trio_chat.outbox import Readiness
from trio_chat.streams import Stream
from trio_chat.websocket import Frame, WebSocket


class Unchanged:
    """A dialect that leaves messages as they are."""

    def read(self, message: str | bytes, text_limit: int) -> str | bytes | None:
        return message

    def join(self, payloads: Sequence[bytes]) -> bytes:
        raise AssertionError("echoes are never joined")


class Echo:
    """Stands where the hub does, for one client."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def on_websocket(
        self, stream: Stream, websocket: WebSocket, answer: bytes, already_read: bytes
    ) -> None:
        inbox, requests = trio.open_memory_channel[Request](1)
        dialect = cast("Dialect", Unchanged())  # its lines may be bytes, which only we take
        client = Client(stream, websocket, inbox, self._config, dialect, Readiness())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._answer, requests, client)
            with inbox:
                client.deliver(Frame(answer))
                await client.run(already_read)

    async def on_http(self, stream: Stream, already_read: bytes) -> None:
        raise AssertionError("the suite asks for WebSockets only")

    async def _answer(self, requests: trio.MemoryReceiveChannel[Request], client: Client) -> None:
        async for request in requests:
            match request:
                case Unregister():
                    client.close()
                case Broadcast(messages):
                    for message in messages:
                        client.deliver(_frame(message))


def _frame(message: str | bytes) -> Frame:
    opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
    payload = message.encode() if isinstance(message, str) else message
    return Frame(WireFrame(opcode, payload).serialize(mask=False))


async def serve(port: int, frame_limit: int) -> None:
    """Echo until cancelled; prints the address when ready."""
    config = Config(
        host="127.0.0.1",
        port=port,
        frame_limit=frame_limit,
        fragment_limit=1_000_000,
        outbox_bytes=4 * frame_limit,
        outbox_frames=10_000,
        ping_interval=0,  # the suite cannot take a ping in the midst of a frame that it sends
    )
    echo = Echo(config)
    listeners = await open_listeners(config)
    print(f"echo at ws://127.0.0.1:{port_of(listeners[0])}/ws", flush=True)
    door = Door(config, echo.on_websocket, echo.on_http)
    await trio.serve_listeners(door.answer, listeners)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--frame-limit", type=int, default=64 * 1024)
    options = parser.parse_args()
    trio.run(serve, options.port, options.frame_limit)


if __name__ == "__main__":
    main()
