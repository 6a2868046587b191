"""An echo server for the conformance suite: the real acceptor, client and WebSocket, no chat.

Every message comes back to its sender as it was, text as text and binary as binary.
"""

import argparse
from collections.abc import Awaitable, Sequence

import trio
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

from tests.gates import open_gate
from tests.rates import NO_RATES
from trio_chat.client.client import Client
from trio_chat.client.lookups import make_context
from trio_chat.config import Config
from trio_chat.core.inbox import Inbox
from trio_chat.core.messages import Asked, Unregister
from trio_chat.delivery.frames import Frame
from trio_chat.journal.history import History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.limits.limits import Limits
from trio_chat.net.acceptor import Acceptor
from trio_chat.net.head import Head
from trio_chat.net.listeners import open_tcp, port_of
from trio_chat.net.streams import Stream
from trio_chat.net.visitor import Visitor
from trio_chat.net.websocket import WebSocket
from trio_chat.protocol import answers, events, request_texts, requests
from trio_chat.protocol.close import CloseReason
from trio_chat.web.static_files import Files

TEXT, BINARY = "text", "binary"
NEVER = float("inf")


class Unchanged:
    """A dialect that leaves messages as they are: what was said is the text of a request."""

    needs_hello = False
    knows_numbers = False
    only_listens = False

    def read(self, message: str | bytes, limits: request_texts.Limits) -> list[requests.Understood]:
        # Binary messages are told from text by the room, which nobody looks at here.
        if isinstance(message, bytes):
            return [requests.Send(room=BINARY, text=message.decode("latin-1"))]
        return [requests.Send(room=TEXT, text=message)]

    def join(self, payloads: Sequence[bytes]) -> bytes:
        raise AssertionError("echoes are never joined")

    def wrap(self, payload: bytes) -> bytes:
        raise AssertionError("echoes are framed here")

    def tell(self, event: events.Event, data: bytes | None) -> bytes | None:
        raise AssertionError("nothing happens here")

    def recall(self, seq: int, data: bytes) -> bytes:
        raise AssertionError("nobody comes back")

    def answer(self, answer: answers.Answer) -> bytes | None:
        raise AssertionError("nothing is answered here")

    def bye(self, reason: CloseReason) -> bytes | None:
        return None


class Echo:
    """Stands where the hub does, for one client."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._history = History(MemoryJournal(), config, dict)

    async def on_websocket(
        self, stream: Stream, websocket: WebSocket, answer: bytes, head: Head, visitor: Visitor
    ) -> Awaitable[None]:
        return self._serve(stream, websocket, answer, head.rest)

    async def _serve(
        self, stream: Stream, websocket: WebSocket, answer: bytes, already_read: bytes
    ) -> None:
        inbox = Inbox(1)
        context = make_context(inbox, self._config, self._history, Limits(self._config))
        client = Client(stream, websocket, Unchanged(), context)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._answer, inbox)
            client.deliver(Frame(answer))
            await client.run(already_read)
            nursery.cancel_scope.cancel(reason="the client is gone")

    async def on_events(
        self,
        stream: Stream,
        wish: requests.Join,
        answer: bytes,
        already_read: bytes,
        visitor: Visitor,
    ) -> Awaitable[None]:
        raise AssertionError("the suite follows nothing")

    async def on_http(self, stream: Stream, head: Head, visitor: Visitor) -> bytes | None:
        raise AssertionError("the suite asks for WebSockets only")

    async def _answer(self, inbox: Inbox) -> None:
        while True:
            for message in await inbox.take(until=NEVER):
                match message:
                    case Unregister(client):
                        client.close()
                    case Asked():
                        _echo(message)


def _echo(asked: Asked) -> None:
    while asked.requests:
        wish = asked.requests.popleft()
        assert isinstance(wish, requests.Send)
        asked.client.deliver(_frame(wish))
    asked.finish()


def _frame(wish: requests.Send) -> Frame:
    binary = wish.room == BINARY
    payload = wish.text.encode("latin-1" if binary else "utf-8")
    opcode = Opcode.BINARY if binary else Opcode.TEXT
    return Frame(WireFrame(opcode, payload).serialize(mask=False))


async def serve(port: int, frame_limit: int) -> None:
    """Echo until cancelled; prints the address when ready."""
    config = Config(
        **NO_RATES,
        host="127.0.0.1",
        port=port,
        frame_limit=frame_limit,
        fragment_limit=1_000_000,
        outbox_bytes=4 * frame_limit,
        page_bytes=frame_limit,
        outbox_frames=10_000,
        ping_interval=0,  # the suite cannot take a ping in the midst of a frame that it sends
    )
    echo = Echo(config)
    listeners = await open_tcp(config.host, config.port, config)
    print(f"echo at ws://127.0.0.1:{port_of(listeners[0])}/ws", flush=True)
    acceptor = Acceptor(
        config,
        Limits(config),
        Files({}).answer,
        echo.on_websocket,
        echo.on_events,
        echo.on_http,
        gate=open_gate(),
    )
    await trio.serve_listeners(acceptor.answer, listeners)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--frame-limit", type=int, default=64 * 1024)
    options = parser.parse_args()
    trio.run(serve, options.port, options.frame_limit)


if __name__ == "__main__":
    main()
