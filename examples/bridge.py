"""A bridge that posts the new lines of a log file to a room.

Usage: python examples/bridge.py FILE [URL [ROOM]]
"""

import sys
from functools import partial

import trio

from trio_chat.remote import connect

INTERVAL = 0.5  # seconds between two reads of the file
LIMIT = 4000  # characters of a message; longer lines are cut


async def main(path: str, url: str = "http://localhost:8080/", name: str = "ops") -> None:
    """Post the lines that are appended to the file until Ctrl-C."""
    async with (
        connect(url, nick="Log") as chat,
        await trio.open_file(path, encoding="utf-8", errors="replace") as file,
    ):
        room = chat.room(name)
        await file.seek(0, 2)  # skip the present lines
        line = ""
        while True:
            line += await file.readline()
            if not line.endswith("\n"):  # the line is not complete yet
                await trio.sleep(INTERVAL)
                continue
            if line.strip():
                await room.send(line.rstrip()[:LIMIT])
            line = ""


if __name__ == "__main__":
    trio.run(partial(main, *sys.argv[1:]))
