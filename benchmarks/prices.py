"""Measures what each thing that may be asked for costs the server; run by hand.

``python -m benchmarks.prices`` asks for each many times, over a real connection and without any
rate, and prints the CPU of one, and which share of a core one person or address can use at the
default rate. Run it again when a request changes, and set the rates by it.
"""

import json
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

import trustme
from rich.console import Console
from rich.table import Table
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.asked import GOVERNING, MADE, REQUESTS, Asked, Make
from benchmarks.peers import IN_FILE, IN_MEMORY, trio_chat_command
from benchmarks.process import Server
from trio_chat.net.acceptor import FILE_COST
from trio_chat.rates import Rates

LONG_ROOM = 500  # messages in the room that is read
LONGER_ROOM = 3000  # messages in the room that is resumed: two pages more than are at hand
PAGES = 2
RAIDERS = 200  # who have come into a room
TIMEOUT = 60  # seconds
REQUEST = "{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"

SUBPROTOCOL = Subprotocol("trio-chat.v1")
HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"


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
        for asked in REQUESTS:
            with self._chatting("tea") as client:
                self._measure(client, asked)

    def _measure(self, client: ClientConnection, asked: Asked) -> None:
        ask = partial(self._ask, client, asked.make, at_once=asked.at_once)
        self.measure(asked.name, asked.rate, asked.times, ask, asked.cost)

    def _ask(self, client: ClientConnection, make: Make, count: int, at_once: int = 50) -> None:
        """Ask in frames, each as soon as the one before is answered."""
        is_answered = make(0)["t"] != "typing"
        for first in range(0, count, at_once):
            client.send(json.dumps([{"id": n, **make(n)} for n in range(first, first + at_once)]))
            if not is_answered:
                continue
            while not _has_answer(client.recv(TIMEOUT), first + at_once - 1):
                pass

    def by_moderators(self) -> None:
        """Measure what whoever has made a room may ask for there."""
        with self._chatting() as client:
            for asked in GOVERNING:
                if asked.make(0)["t"] == "raid":
                    self._come(MADE, RAIDERS)
                self._measure(client, asked)

    def _come(self, room: str, count: int) -> None:
        """Have so many people come into a room and go."""
        for _ in range(count):
            with self._chatting(room):
                pass

    def by_resuming(self) -> None:
        """Measure pages of missed events; a room has to be open to have the latest at hand."""
        with self._chatting("longer") as client:
            self._ask(
                client, lambda n: {"t": "send", "room": "longer", "text": f"{n}"}, LONGER_ROOM
            )
            resume = partial(self._resume, client)
            self.measure("resume: a page of 1,000", "resume_rate", 100 * PAGES, resume)

    def _resume(self, client: ClientConnection, pages: int) -> None:
        for _ in range(pages // PAGES):
            client.send(json.dumps([{"t": "join", "id": 1, "room": "longer", "last": 0}]))
            while json.loads(client.recv(TIMEOUT))[-1].get("seq") != LONGER_ROOM:
                pass

    def by_tls(self, trust: ssl.SSLContext) -> None:
        """Measure handshakes, with a server that has a certificate."""
        self.measure("TLS handshake", "tls_rate", 500, partial(self._shake_hands, trust))

    def _shake_hands(self, trust: ssl.SSLContext, count: int) -> None:
        for _ in range(count):
            with (
                socket.create_connection(("127.0.0.1", self._server.port), TIMEOUT) as stream,
                trust.wrap_socket(stream, server_hostname="localhost"),
            ):
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
        self.measure("WebSocket and hello", "handshake_rate", 200, partial(self._come, "tea"))
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
        command = [*trio_chat_command(IN_FILE), "--govern-rate=0", "--moderate-rate=0"]
        with Server(command, folder / "log", folder) as server:
            prices = Prices(server)
            prices.by_socket()
            prices.by_moderators()
            prices.by_resuming()
            prices.by_frames()
            prices.by_http()
        authority = trustme.CA()
        certificate, trust = folder / "certificate.pem", ssl.create_default_context()
        issued = authority.issue_cert("localhost")
        issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
        authority.configure_trust(trust)
        secure = [*trio_chat_command(IN_MEMORY), f"--certfile={certificate}"]
        with Server(secure, folder / "log", folder) as server:
            with_tls = Prices(server)
            with_tls.by_tls(trust)
        prices.found += with_tls.found
        prices.show(Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
