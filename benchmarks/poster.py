"""Posters, a program: posts messages over HTTP on a few connections, and prints the times.

With a rate they post at fixed times, and each time counts from when a post was due.
"""

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

TEXT = b"x" * 64
TIMEOUT = 20.0  # seconds for one post
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "


def post(port: int, messages: int, pause: float, delay: float) -> list[float]:
    """Post messages, one after the other on one connection, at fixed times if there is a pause.

    The first of these times is later by ``delay``, so that connections take turns.

    Returns:
        The milliseconds until each was kept.
    """
    head = (
        "POST /api/v1/rooms/bench/messages HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\n"
        "Content-Type: text/plain\r\n"
        f"Content-Length: {len(TEXT)}\r\n\r\n"
    ).encode()
    times = []
    connection = connect(port)
    due_at = time.perf_counter() + delay
    for _ in range(messages):
        due_at += pause
        time.sleep(max(0.0, due_at - time.perf_counter()) if pause else 0.0)
        began = due_at if pause else time.perf_counter()
        connection.sendall(head + TEXT)
        answer = receive(connection)
        times.append((time.perf_counter() - began) * 1000)
        if not answer.startswith(b"HTTP/1.1 201 "):
            raise SystemExit(f"not kept: {answer!r}")
        if b"connection: close" in answer.lower():
            connection.close()
            connection = connect(port)
    connection.close()
    return times


def connect(port: int) -> socket.socket:
    """Return a new connection to the server."""
    return socket.create_connection(("127.0.0.1", port), TIMEOUT)


def receive(connection: socket.socket) -> bytes:
    """Return an answer, as far as its head says it goes."""
    answer = b""
    while True:
        data = connection.recv(4096)
        if not data:
            return answer
        answer += data
        head, end, body = answer.partition(END_OF_HEAD)
        _, _, rest = head.lower().partition(LENGTH)
        if end and len(body) >= int(rest.partition(b"\r\n")[0]):
            return answer


def main(port: int, posters: int, messages: int, rate: int = 0) -> None:
    """Print the seconds that all took, and the milliseconds of each."""
    began = time.perf_counter()
    pause = posters / rate if rate else 0.0
    delays = [number * pause / posters for number in range(posters)]
    with ThreadPoolExecutor(posters) as pool:
        kept = pool.map(partial(post, port, messages // posters, pause), delays)
        times = [one for each in kept for one in each]
    print(json.dumps({"seconds": time.perf_counter() - began, "times": times}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
