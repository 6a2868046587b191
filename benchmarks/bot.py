"""A bot on the Python client, a program: sends many messages, reads them, and prints the rates."""

import json
import sys
import time
from collections import deque

import trio

from trio_chat.remote import Room, Sent, connect

ROOM = "bench"
TEXT = "x" * 64
UNDER_WAY = 200  # messages that wait for their acknowledgement at once; the client allows 256


class Stretch:
    """Measures the time and the CPU of the bot since it was made."""

    def __init__(self) -> None:
        self._clock, self._cpu = time.perf_counter(), time.process_time()

    def figures(self, what: str, count: int) -> dict[str, float]:
        """Return the messages a second, and the CPU for each, up to now."""
        seconds = time.perf_counter() - self._clock
        cpu = time.process_time() - self._cpu
        return {f"{what}_s": count / seconds, f"{what}_cpu_us": cpu / count * 1e6}


async def say(port: int, count: int) -> dict[str, float]:
    """Send messages, wait for the acknowledgement of each, and receive them all."""
    async with connect(f"http://127.0.0.1:{port}/", nick="sayer") as chat:
        room = chat.room(ROOM)
        stretch = Stretch()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hear, room, count)
            await submit(room, count)
        return stretch.figures("sent", count)


async def submit(room: Room, count: int) -> None:
    """Send messages with up to ``UNDER_WAY`` unacknowledged, and wait for the last ones."""
    sent: deque[Sent] = deque()
    for _ in range(count):
        if len(sent) == UNDER_WAY:
            await sent.popleft().kept()
        sent.append(room.submit(TEXT))
    for one in sent:
        await one.kept()


async def hear(room: Room, count: int) -> None:
    """Receive messages, and check that none is missing."""
    numbers = [(await anext(room)).seq for _ in range(count)]
    assert numbers == list(range(1, count + 1)), "something is missing, or came twice"


async def read(port: int, count: int) -> dict[str, float]:
    """Receive all messages as a client that joins later."""
    async with connect(f"http://127.0.0.1:{port}/", nick="reader") as chat:
        stretch = Stretch()
        await hear(chat.room(ROOM, last=0), count)
        return stretch.figures("received", count)


async def main(port: int, count: int) -> None:
    """Print the figures."""
    print(json.dumps({**await say(port, count), **await read(port, count)}))


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), int(sys.argv[2]))
