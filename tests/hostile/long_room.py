"""A database with a long room, made once by the server's own import and copied from then on."""

import json
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.hostile.attack import LONG

EVENTS = 20_000  # messages of the long room
BEGIN = 1_700_000_000_000  # ms since 1970
EPOCH = "0" * 16
AUTHOR = {"id": "0" * 20, "nick": "Scribe"}


def put_into(folder: Path) -> None:
    """Put the database into a folder."""
    shutil.copy(_made() / "chat.db", folder / "chat.db")


@cache
def _made() -> Path:
    """Return a folder with the database; it is deleted when the program ends."""
    keeper = tempfile.TemporaryDirectory(prefix="hostile-long-")
    _keepers.append(keeper)
    folder = Path(keeper.name)
    lines = folder / "long.jsonl"
    lines.write_text("".join(f"{json.dumps(line)}\n" for line in _lines()))
    subprocess.run(
        [
            *(sys.executable, "-m", "trio_chat", "import", lines),
            *("--database", folder / "chat.db"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


_keepers: list[tempfile.TemporaryDirectory[str]] = []


def _lines() -> list[dict[str, object]]:
    return [
        {"t": "export", "format": 1, "ts": BEGIN, "epoch": EPOCH, "rooms": 1, "events": EVENTS},
        {"t": "room", "room": LONG, "first": 1, "last": EVENTS, "ts": BEGIN, "topic": ""},
        *map(_message, range(1, EVENTS + 1)),
    ]


def _message(seq: int) -> dict[str, object]:
    return {
        "t": "msg",
        "room": LONG,
        "seq": seq,
        "ts": BEGIN + seq,
        "from": AUTHOR,
        "text": f"green tea number {seq} is ready",
    }
