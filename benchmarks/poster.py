"""Posters, a program: posts messages over HTTP, a few at a time, and prints the times."""

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TEXT = b"x" * 64
TIMEOUT = 20.0  # seconds for one post


def post(port: int) -> float:
    """Post a message on a connection of its own; return the milliseconds until it is kept."""
    head = (
        "POST /api/v1/rooms/bench/messages HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\n"
        "Content-Type: text/plain\r\n"
        f"Content-Length: {len(TEXT)}\r\n\r\n"
    ).encode()
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.sendall(head + TEXT)
        answer = b""
        while data := connection.recv(4096):
            answer += data
    if not answer.startswith(b"HTTP/1.1 201 "):
        raise SystemExit(f"not kept: {answer!r}")
    return (time.perf_counter() - began) * 1000


def main(port: int, posters: int, messages: int) -> None:
    """Print the seconds that all took, and the milliseconds of each."""
    began = time.perf_counter()
    with ThreadPoolExecutor(posters) as pool:
        times = list(pool.map(post, repeat(port, messages)))
    print(json.dumps({"seconds": time.perf_counter() - began, "times": times}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
