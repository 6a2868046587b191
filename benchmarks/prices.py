"""Measures what each thing that may be asked for costs the server; run by hand.

``python -m benchmarks.prices`` asks for each many times, over a real connection and without any
rate, and prints the CPU of one, and which share of a core one person or address can use at the
default rate. Run it again when a request changes, and set the rates by it.
"""

import json
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.peers import IN_FILE, trio_chat_command
from benchmarks.process import Server
from trio_chat.net.acceptor import FILE_COST
from trio_chat.rates import Rates

BATCH = 50  # requests in a frame
LONG_ROOM = 500  # messages in the room that is read
TIMEOUT = 60  # seconds
REQUEST = "{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"

SUBPROTOCOL = Subprotocol("trio-chat.v1")
HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"

Object = dict[str, Any]
Make = Callable[[int], Object]

TEXT = {"room": "tea", "text": "hello, this is a line of a chat"}
SEARCH = {"t": "search", "room": "long", "query": "line"}
REACTION = {"t": "react", "room": "tea", "seq": 2, "emoji": "👍"}
# The name, the rate, how often it is asked for, and what makes the request of each number.
REQUESTS: tuple[tuple[str, str, int, Make], ...] = (
    ("send", "send_rate", 5000, lambda _: {"t": "send", **TEXT}),
    ("send with cid", "send_rate", 5000, lambda n: {"t": "send", "cid": f"cid-{n:08}", **TEXT}),
    ("edit", "change_rate", 900, lambda _: {"t": "edit", "seq": 1, **TEXT}),
    ("react", "change_rate", 900, lambda n: {**REACTION, "on": n % 2 == 0}),
    ("topic", "topic_rate", 2000, lambda n: {"t": "topic", "room": "tea", "text": f"topic {n}"}),
    ("nick", "nick_rate", 2000, lambda n: {"t": "nick", "nick": f"Other {n}"}),
    ("join again", "join_rate", 2000, lambda _: {"t": "join", "room": "tea"}),
    ("typing", "typing_rate", 5000, lambda _: {"t": "typing", "room": "tea"}),
    ("history, 100 messages", "history_rate", 300, lambda _: {"t": "history", "room": "long"}),
    ("search, 20 hits", "search_rate", 300, lambda _: SEARCH),
    ("list of rooms", "list_rate", 300, lambda _: {"t": "rooms"}),
    ("a faulty request", "invalid_rate", 5000, lambda _: {"t": "join"}),
)


class Price(NamedTuple):
    """What one request costs."""

    name: str
    rate: str  # the setting that limits it
    cost: float  # of its rate
    microseconds: float


class Prices:
    """Measures one thing after the other.

    Args:
        server: That is asked.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._url = f"ws://127.0.0.1:{server.port}/ws"
        self._names = count()
        self.found: list[Price] = []

    def measure(
        self, name: str, rate: str, count: int, ask: Callable[[int], None], cost: float = 1
    ) -> None:
        """Ask for something so many times, and note what one costs."""
        before = self._server.cpu()
        ask(count)
        microseconds = (self._server.cpu() - before) / count * 1_000_000
        self.found.append(Price(name, rate, cost, microseconds))

    # By the socket

    @contextmanager
    def _chatting(self, *rooms: str) -> Iterator[ClientConnection]:
        with connect(self._url, subprotocols=[SUBPROTOCOL], max_size=None) as client:
            wanted = [{"room": room} for room in rooms]
            client.send(
                json.dumps([{"t": "hello", "nick": f"Nick{next(self._names)}", "rooms": wanted}])
            )
            for _ in range(1 + len(rooms)):
                client.recv(TIMEOUT)
            yield client

    def by_socket(self) -> None:
        """Measure what a client of the v1 protocol asks for."""
        with self._chatting("long") as writer:
            self._ask(
                writer, lambda n: {"t": "send", "room": "long", "text": f"line {n}"}, LONG_ROOM
            )
        for name, rate, times, make in REQUESTS:
            with self._chatting("tea") as client:
                self.measure(name, rate, times, partial(self._ask, client, make))

    def _ask(self, client: ClientConnection, make: Make, count: int) -> None:
        """Ask in frames, each as soon as the one before is answered."""
        is_answered = make(0)["t"] != "typing"
        size = 10 if make(0)["t"] in ("history", "search", "rooms") else BATCH
        for first in range(0, count, size):
            client.send(json.dumps([{"id": n, **make(n)} for n in range(first, first + size)]))
            if not is_answered:
                continue
            last = first + size - 1
            while not _has_answer(client.recv(TIMEOUT), last):
                pass

    def by_frames(self) -> None:
        """Measure frames that carry no request."""
        for name, opcode, rate in (
            ("ping", 0x89, "control_rate"),
            ("empty text frame", 0x81, "frame_rate"),
        ):
            with self._handshake() as stream:
                frame = bytes([opcode, 0x80, 0, 0, 0, 0])
                self.measure(name, rate, 20_000, partial(_exchange, stream, frame))

    @contextmanager
    def _handshake(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self._server.port), TIMEOUT) as stream:
            stream.sendall(HANDSHAKE.encode())
            stream.recv(4096)
            yield stream

    # By HTTP

    def by_http(self) -> None:
        """Measure what comes on a connection of its own."""
        file = "GET /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self.measure("connect and hang up", "connect_rate", 500, partial(self._send, ""))
        self.measure("a file of the page", "http_rate", 500, partial(self._send, file), FILE_COST)
        self.measure("WebSocket and hello", "handshake_rate", 200, self._hello)
        for name, method, path, body in (
            ("HTTP: nothing there", "GET", "/nothing", ""),
            ("HTTP: history, 100", "GET", "/rooms/long/messages", ""),
            ("HTTP: search, 20 hits", "GET", "/rooms/long/search?q=line", ""),
            ("HTTP: post", "POST", "/rooms/tea/messages?from=Bot", "hello"),
        ):
            wire = REQUEST.format(method=method, path=path, size=len(body)) + body
            self.measure(name, "http_rate", 200, partial(self._send, wire))

    def _send(self, wire: str, count: int) -> None:
        """Send this so many times, each on a connection of its own."""
        for _ in range(count):
            with socket.create_connection(("127.0.0.1", self._server.port), TIMEOUT) as stream:
                stream.sendall(wire.encode())
                stream.shutdown(socket.SHUT_WR)
                while stream.recv(65536):
                    pass

    def _hello(self, count: int) -> None:
        for _ in range(count):
            with self._chatting("tea"):
                pass

    def show(self, console: Console) -> None:
        """Print the prices, and what they come to at the default rates."""
        table = Table("asked for", "µs of CPU", "rate", "a core at that rate", "at once", box=None)
        for price in self.found:
            rate = getattr(Rates, price.rate)
            seconds = price.microseconds / 1_000_000 / price.cost
            table.add_row(
                price.name,
                f"{price.microseconds:,.0f}",
                f"{price.rate} {rate}",
                f"{seconds * rate.per_second:.2%}",
                f"{seconds * rate.burst * 1000:,.0f} ms",
            )
        console.print(table)


def _has_answer(message: str | bytes, id: int) -> bool:
    return any(entry.get("id") == id for entry in json.loads(message))


def _exchange(stream: socket.socket, frame: bytes, count: int) -> None:
    """Send a frame so many times, and a close frame; read until its answer."""
    stream.sendall(frame * count + CLOSE)
    while stream.recv(1 << 20):
        pass


def main() -> int:
    """Measure all, and print it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Server(trio_chat_command(IN_FILE), folder / "log", folder) as server:
            prices = Prices(server)
            prices.by_socket()
            prices.by_frames()
            prices.by_http()
            prices.show(Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
