"""Posters, a program: posts messages over HTTP on a few connections, and prints the times."""

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

TEXT = b"x" * 64
TIMEOUT = 20.0  # seconds for one post
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "


def post(port: int, messages: int) -> list[float]:
    """Post messages, one after the other on one connection.

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
    for _ in range(messages):
        began = time.perf_counter()
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


def main(port: int, posters: int, messages: int) -> None:
    """Print the seconds that all took, and the milliseconds of each."""
    began = time.perf_counter()
    with ThreadPoolExecutor(posters) as pool:
        kept = pool.map(post, [port] * posters, [messages // posters] * posters)
        times = [one for each in kept for one in each]
    print(json.dumps({"seconds": time.perf_counter() - began, "times": times}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
