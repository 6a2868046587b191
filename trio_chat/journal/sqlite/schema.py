"""The schema of a database file: whose file it is, and how an older one becomes the present one."""

import sqlite3
from contextlib import suppress
from pathlib import Path

from trio_chat.journal.moves import INCOMPLETE, MOVING
from trio_chat.journal.sqlite import states
from trio_chat.journal.types import JournalError

APPLICATION_ID = 0x7472696F  # "trio"; tells our files from those of other programs

# Each step brings a file from the schema before it to its own; the last is the present one.
MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE rooms (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        topic TEXT NOT NULL DEFAULT '',
        last INTEGER NOT NULL DEFAULT 0,  -- number of its last event
        ts INTEGER NOT NULL DEFAULT 0     -- of the last event, in ms since 1970
    );
    CREATE TABLE events (
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        ts INTEGER NOT NULL,
        is_message INTEGER NOT NULL,
        target INTEGER,      -- number of the message that it changes
        author TEXT,         -- id of the person
        data BLOB NOT NULL,  -- as the v1 protocol tells it
        PRIMARY KEY (room, seq)
    ) WITHOUT ROWID;
    CREATE INDEX changes ON events (room, target) WHERE target IS NOT NULL;
    CREATE TABLE cids (  -- outlives the events: a resend may come late
        room INTEGER NOT NULL,
        cid TEXT NOT NULL,
        seq INTEGER NOT NULL,
        ts INTEGER NOT NULL,
        author TEXT,
        PRIMARY KEY (room, cid)
    ) WITHOUT ROWID;
    """,
    # Since this one there is an index of words, which earlier releases would not keep in step.
    "",
    """
    CREATE INDEX messages ON events (room, seq) WHERE is_message;
    CREATE TABLE states (  -- of messages that were changed, as all changes add up
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        changes INTEGER NOT NULL,  -- how many
        data BLOB NOT NULL,
        PRIMARY KEY (room, seq)
    ) WITHOUT ROWID;
    CREATE TABLE scrubs (  -- deleted messages whose old texts are still in the file
        room INTEGER NOT NULL,
        target INTEGER NOT NULL,
        before INTEGER NOT NULL,  -- the changes from this number on have no text any more
        PRIMARY KEY (room, target)
    ) WITHOUT ROWID;
    ALTER TABLE cids ADD COLUMN digest BLOB;  -- of the request
    -- The last number whose time is before that of the one before it.
    ALTER TABLE rooms ADD COLUMN unordered INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE forgotten (  -- how far rooms had come that are forgotten
        name_group INTEGER PRIMARY KEY,
        last INTEGER NOT NULL
    );
    CREATE TABLE clearings (  -- what moderators have cleared, and can still take back
        room INTEGER NOT NULL,
        key TEXT NOT NULL,
        seq INTEGER NOT NULL,   -- of the event that did it
        ts INTEGER NOT NULL,    -- of that, in ms since 1970
        first INTEGER NOT NULL, -- the first number that is cleared
        authors BLOB NOT NULL,  -- a JSON array of ids
        PRIMARY KEY (room, key)
    ) WITHOUT ROWID;
    """,
)
FILLERS = {3: states.migrate}  # what fills new tables, in the transaction that makes them
SCHEMA = len(MIGRATIONS)


def migrate(database: sqlite3.Connection) -> None:
    """Bring a file to the present schema, one step in each transaction."""
    present = pragma(database, "user_version")
    for version, script in enumerate(MIGRATIONS[present:], present + 1):
        database.executescript(
            f"BEGIN IMMEDIATE; {script} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {version};"
        )
        if version in FILLERS:
            FILLERS[version](database)
        database.execute("COMMIT")


def check_whose_it_is(
    database: sqlite3.Connection, path: Path, *, may_be_incomplete: bool = False
) -> None:
    """See that a file is one of ours, or an empty one, and no part of one unless it may be.

    Raises:
        JournalError: it is not.
    """
    (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and pragma(database, "application_id") != APPLICATION_ID:
        raise JournalError(f"{path} belongs to another program")
    schema = pragma(database, "user_version")
    if schema > SCHEMA:
        raise JournalError(
            f"{path} was written by a newer trio-chat: its schema is {schema}, "
            f"this one knows {SCHEMA}"
        )
    if schema and not may_be_incomplete:
        _refuse_incomplete(database, path)


def _refuse_incomplete(database: sqlite3.Connection, path: Path) -> None:
    with suppress(sqlite3.OperationalError):  # without that table it is damaged; others say so
        if database.execute("SELECT 1 FROM meta WHERE key = ?", (MOVING,)).fetchone():
            raise JournalError(f"{path} {INCOMPLETE}")


def pragma(database: sqlite3.Connection, name: str) -> int:
    """Return the value of a pragma that is a number."""
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])
