"""What is kept of people, in the file: names, sessions and marks.

They are rows of ``meta``: the key is ``PREFIX`` and the id of the person. Earlier releases kept the
nick alone, in rows with another prefix.
"""

import sqlite3
from collections.abc import Mapping

import structlog

from trio_chat.journal.people import NOBODY, PersonRecord, encode, head_of
from trio_chat.journal.sqlite import erasing
from trio_chat.journal.sqlite.transaction import transaction

PREFIX = "person:"
END = "person;"  # the first key behind those with the prefix
NICK = "nick:"
NICK_END = "nick;"
FIRST = NOBODY  # behind which all people are
STEP = 1000  # rows that are looked at in one transaction

log = structlog.get_logger()


def load(database: sqlite3.Connection, now: int) -> dict[str, bytes]:
    """Return all records, encoded, by the person's id, and see that each can be read.

    Those with a nick alone are kept like others then.

    Args:
        database: The file, open to write.
        now: The time in ms since 1970, at which those were seen as far as is known.
    """
    take_over_nicks(database, now)
    rows = database.execute("SELECT key, value FROM meta WHERE key >= ? AND key < ?", (PREFIX, END))
    records = {key.removeprefix(PREFIX): bytes(data) for key, data in rows}
    damaged = [id for id, data in records.items() if head_of(data) is None]
    for id in damaged:
        del records[id]
    if damaged:
        log.error("what is kept of people is damaged", people=len(damaged))
    return records


def take_over_nicks(database: sqlite3.Connection, now: int) -> None:
    """Keep people of whom there is a nick alone like others, as seen now."""
    rows = database.execute(
        "SELECT key, value FROM meta WHERE key >= ? AND key < ?", (NICK, NICK_END)
    ).fetchall()
    if not rows:
        return
    nicks = {key.removeprefix(NICK): nick for key, nick in rows}
    with transaction(database):
        keep(
            database, {id: encode(PersonRecord(nick=nick, seen=now)) for id, nick in nicks.items()}
        )
        database.execute("DELETE FROM meta WHERE key >= ? AND key < ?", (NICK, NICK_END))


def keep(database: sqlite3.Connection, changes: Mapping[str, bytes | None]) -> None:
    """Write records down; ``None``: there is none any more. Nicks that are gone are noted."""
    if any(_loses_nick(database, id, data) for id, data in changes.items()):
        erasing.note_rows(database)
    database.executemany(
        "DELETE FROM meta WHERE key = ?",
        [(PREFIX + id,) for id, data in changes.items() if data is None],
    )
    database.executemany(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
        [(PREFIX + id, data) for id, data in changes.items() if data is not None],
    )


def _loses_nick(database: sqlite3.Connection, id: str, data: bytes | None) -> bool:
    """Whether the nick of somebody's record is not in the new one."""
    row = database.execute("SELECT value FROM meta WHERE key = ?", (PREFIX + id,)).fetchone()
    before = head_of(bytes(row[0])) if row else None
    if before is None or not before.nick:
        return False
    after = head_of(data) if data is not None else None
    return after is None or after.nick != before.nick


def forget_step(
    database: sqlite3.Connection, before_ts: int, after: str
) -> tuple[list[str], str | None]:
    """Delete some records of people who were not seen since a time.

    Args:
        database: The file, open to write.
        before_ts: The time, in ms since 1970.
        after: The id behind which it goes on.

    Returns:
        The ids of these people, and behind which id there may be more.
    """
    with transaction(database):
        rows = database.execute(
            "SELECT key, value FROM meta WHERE key > ? AND key < ? ORDER BY key LIMIT ?",
            (PREFIX + after, END, STEP),
        ).fetchall()
        read = [(key.removeprefix(PREFIX), head_of(bytes(data))) for key, data in rows]
        gone = [id for id, head in read if head is None or head.seen < before_ts]
        keep(database, dict.fromkeys(gone))
    return gone, read[-1][0] if len(read) == STEP else None
