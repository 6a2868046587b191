"""A small reverse proxy, of the kind that people put in front of a chat without reading on."""

import socket
import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from tests.chat import PATIENCE

END = b"\r\n\r\n"
Change = Callable[[list[bytes]], list[bytes]]  # of the lines of a request's head


@contextmanager
def proxy(port: int, change: Change) -> Iterator[str]:
    """Have a proxy in front of a server for the block; give its address."""

    class Request(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                _pass_on(self.request, port, change)

    class Proxy(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Proxy(("127.0.0.1", 0), Request) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://localhost:{listening.server_address[1]}/"
        listening.shutdown()
        thread.join()


def drop_upgrade(lines: list[bytes]) -> list[bytes]:
    """Leave out what concerns one connection only, as proxies do that nobody has told otherwise."""
    return [line for line in lines if not line.lower().startswith((b"upgrade:", b"connection:"))]


def rewrite_host(to: str) -> Change:
    """Return what puts another host in the place of that which the browser used."""

    def change(lines: list[bytes]) -> list[bytes]:
        others = [line for line in lines if not line.lower().startswith(b"host:")]
        return [others[0], b"Host: " + to.encode(), *others[1:]]

    return change


def _pass_on(browser: socket.socket, port: int, change: Change) -> None:
    """Pass on one request, and what follows it in both directions."""
    browser.settimeout(PATIENCE)
    received = b""
    while END not in received:
        data = browser.recv(65536)
        if not data:
            return
        received += data
    head, _, rest = received.partition(END)
    lines = change(head.split(b"\r\n"))
    if not any(line.lower().startswith(b"upgrade:") for line in lines):
        lines = [line for line in lines if not line.lower().startswith(b"connection:")]
        lines.append(b"Connection: close")
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as server:
        server.sendall(b"\r\n".join(lines) + END + rest)
        back = Thread(target=_copy, args=(server, browser), daemon=True)
        back.start()
        _copy(browser, server)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
