"""Files as earlier releases left them, with messages that were changed without limit."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from trio_chat.journal.types import Write
from trio_chat.protocol.events import Edit, Message, React, encode

SCRIPTS = Path(__file__).parent / "schemas"
COLUMNS = "INSERT INTO events (room, seq, ts, is_message, target, author, data) VALUES "


def restore(version: int, path: Path) -> None:
    """Make a file as a release with this schema left it."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript((SCRIPTS / f"{version}.sql").read_text(encoding="utf-8"))


def restore_with(path: Path, writes: Iterable[Write], *, last: int = 8) -> None:
    """Make a file of schema 2 in whose room ``jam`` these follow its first message."""
    restore(2, path)
    with closing(sqlite3.connect(path)) as database, database:
        for seq, write in enumerate(writes, 2):
            event, last = write.event, seq
            event.room, event.seq, event.ts = "jam", seq, 1_000_000
            target = event.target if isinstance(event, Edit | React) else None
            is_message = isinstance(event, Message)
            row = (2, seq, event.ts, is_message, target, event.who and event.who.id, encode(event))
            database.execute(COLUMNS + "(?, ?, ?, ?, ?, ?, ?)", row)
        database.execute("UPDATE rooms SET last = ? WHERE id = 2", (last,))
