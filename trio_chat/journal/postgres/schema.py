"""The schema of a database: it is made once, under a lock, and a newer one is refused."""

import re
from collections.abc import Callable

from trio_chat.journal.moves import INCOMPLETE, MOVING
from trio_chat.journal.postgres.link import Link
from trio_chat.journal.types import JournalError

LOCK = 0x7472696F  # "trio": the first half of all our advisory locks
MAKING = 1  # the second half of the lock under which tables are made

# Each step brings a database from the schema before it to its own; the last is the present one.
# Rooms have space for another version of each row beside it, and no index on what changes. Words
# that wait for their place in the index are looked at by each search, so these are few.
MIGRATIONS = (
    """
    CREATE TABLE meta (key text PRIMARY KEY, value bytea NOT NULL);
    CREATE TABLE rooms (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text COLLATE "C" NOT NULL UNIQUE,
        topic text NOT NULL DEFAULT '',
        last bigint NOT NULL DEFAULT 0,      -- number of its last event
        ts bigint NOT NULL DEFAULT 0,        -- of the last event, in ms since 1970
        unordered bigint NOT NULL DEFAULT 0  -- the last number with a time before the one before it
    ) WITH (fillfactor = 50);
    CREATE TABLE events (
        room integer NOT NULL,
        seq bigint NOT NULL,
        ts bigint NOT NULL,
        kind smallint NOT NULL,  -- 1: message, 2: edit, 3: topic, 4: reaction, 0: any other
        target bigint,           -- number of the message that it changes
        author text COLLATE "C", -- id of the person
        data bytea NOT NULL,     -- as the v1 protocol tells it
        PRIMARY KEY (room, seq)
    );
    CREATE INDEX messages ON events (room, seq) WHERE kind = 1;
    CREATE INDEX changes ON events (room, target) WHERE target IS NOT NULL;
    CREATE TABLE cids (  -- outlives the events: a resend may come late
        room integer NOT NULL,
        cid bytea NOT NULL,  -- a digest of it
        seq bigint NOT NULL,
        ts bigint NOT NULL,
        author text COLLATE "C",
        digest bytea,        -- of the request
        PRIMARY KEY (room, cid)
    );
    CREATE TABLE states (  -- of messages that were changed, as all changes add up
        room integer NOT NULL,
        seq bigint NOT NULL,
        changes integer NOT NULL,  -- how many
        data bytea NOT NULL,
        PRIMARY KEY (room, seq)
    );
    CREATE TABLE scrubs (  -- pruned messages whose edits still have texts
        room integer NOT NULL,
        target bigint NOT NULL,
        PRIMARY KEY (room, target)
    );
    CREATE TABLE forgotten (  -- how far rooms had come that are forgotten
        name_group integer PRIMARY KEY,
        last bigint NOT NULL
    );
    CREATE TABLE clearings (  -- what moderators have cleared, and can still take back
        room integer NOT NULL,
        key text COLLATE "C" NOT NULL,
        seq bigint NOT NULL,    -- of the event that did it
        ts bigint NOT NULL,     -- of that, in ms since 1970
        first bigint NOT NULL,  -- the first number that is cleared
        authors bytea NOT NULL, -- a JSON array of ids, and of numbers
        PRIMARY KEY (room, key)
    );
    CREATE TABLE words (  -- of messages that have a text, and their authors
        room integer NOT NULL,
        seq bigint NOT NULL,
        words tsvector NOT NULL,
        PRIMARY KEY (room, seq)
    );
    CREATE INDEX search ON words USING gin (words) WITH (gin_pending_list_limit = 256);
    CREATE TABLE people (id text COLLATE "C" PRIMARY KEY, data bytea NOT NULL);
    CREATE TABLE visits (room text COLLATE "C" PRIMARY KEY, ts bigint NOT NULL);
    """,
    """
    CREATE TABLE nodes (  -- servers that run, or have ended without a word
        id bytea PRIMARY KEY,        -- of a server's run
        until timestamptz NOT NULL,  -- when it is gone unless it says otherwise before
        version bigint NOT NULL DEFAULT 0  -- counts changes of who is in its rooms
    );
    CREATE UNLOGGED TABLE here (  -- who is in which rooms, by which nodes
        room text COLLATE "C" NOT NULL,
        node bytea NOT NULL,
        person text COLLATE "C" NOT NULL,
        nick text NOT NULL,
        quiet boolean NOT NULL,
        PRIMARY KEY (room, node, person)
    );
    CREATE INDEX here_of_nodes ON here (node);
    ALTER TABLE people ADD COLUMN xid xid8 NOT NULL DEFAULT '0';  -- the last one that wrote it
    CREATE INDEX people_changes ON people (xid);
    """,
    """
    CREATE UNLOGGED TABLE nicks (  -- which are held now, by which nodes; with a mark of all
        folded text COLLATE "C" PRIMARY KEY,  -- empty: the mark, which goes with what is lost
        person text COLLATE "C" NOT NULL,     -- id
        nodes bytea[] NOT NULL,
        since timestamptz                     -- of the mark
    );
    INSERT INTO nicks (folded, person, nodes, since) VALUES ('', '', '{}', '-infinity');
    """,
    """
    CREATE UNLOGGED TABLE held (  -- messages that wait for approval; number 0: the mark of all
        number bigint PRIMARY KEY,
        data bytea NOT NULL
    );
    INSERT INTO held (number, data) VALUES (0, '');
    """,
    """
    CREATE TABLE terms (  -- in each of which nothing is lost; the last one is the present one
        term bigint PRIMARY KEY,
        token text NOT NULL,  -- random; clients know it as the epoch
        place text NOT NULL,  -- the system, its timeline, and the table of the mark
        since timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    ALTER TABLE rooms ADD COLUMN terms bigint[] NOT NULL DEFAULT '{}';  -- each, its first number
    """,
)
SCHEMA = len(MIGRATIONS)
NUMBER = re.compile(rb"[1-9][0-9]{0,8}")  # of a schema, as it is kept
OTHERS = "the database has tables of another program"
TABLES = ("events", "words", "states", "cids", "rooms")  # which grow with what is said


def migrate(link: Link, be_alone: Callable[[], None], *, may_be_incomplete: bool = False) -> bool:
    """Make the tables, or bring them to the present schema, in one transaction.

    Args:
        link: To the database; nothing may have been looked up in it, as it remembers that.
        be_alone: Is called before tables are changed; it has everybody else kept out.
        may_be_incomplete: Whether it may have a part of what is being moved there.

    Returns:
        Whether ``be_alone`` was called.

    Raises:
        JournalError: they belong to another program, or to a newer release.
    """
    with link.transaction():
        link.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, MAKING))
        present = version(link, may_be_incomplete=may_be_incomplete)
        has_older = 0 < present < SCHEMA
        if has_older:
            be_alone()
        for script in MIGRATIONS[present:]:
            link.run_script(script)
        if present < SCHEMA:
            put(link, "schema", str(SCHEMA).encode())
    return has_older


def version(link: Link, *, may_be_incomplete: bool = False) -> int:
    """Return which schema there is, of those that are known; 0 for none.

    Args:
        link: To the database.
        may_be_incomplete: Whether it may have a part of what is being moved there.

    Raises:
        JournalError: there are tables of others with our names, or of a newer release, or no place
            for ours.
    """
    if link.value("SELECT current_schema() IS NULL"):
        raise JournalError("the database has no schema for tables: see its search_path")
    if link.value("SELECT to_regclass('meta') IS NULL"):
        if link.value("SELECT to_regclass('events') IS NOT NULL"):
            raise JournalError(OTHERS)
        return 0
    is_ours = link.value(
        "SELECT count(*) = 2 FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND table_name = 'meta' AND (column_name, data_type) IN"
        " (('key', 'text'), ('value', 'bytea'))"
    )
    noted = get(link, "schema") if is_ours else None
    if noted is None or not NUMBER.fullmatch(noted):
        raise JournalError(OTHERS)
    present = int(noted)
    if present > SCHEMA:
        raise JournalError(
            f"the database was written by a newer trio-chat: its schema is {present}, "
            f"this one knows {SCHEMA}"
        )
    if link.value("SELECT to_regclass('rooms') IS NULL OR to_regclass('events') IS NULL"):
        raise JournalError(OTHERS)
    if not may_be_incomplete and get(link, MOVING) is not None:
        raise JournalError(f"the database {INCOMPLETE}")
    return present


def get(link: Link, key: str) -> bytes | None:
    """Return a value of ``meta``."""
    row = link.one("SELECT value FROM meta WHERE key = %s", (key,))
    return row[0] if row else None


def put(link: Link, key: str, value: bytes) -> None:
    """Keep a value in ``meta``."""
    link.execute(
        "INSERT INTO meta (key, value) VALUES (%s, %s)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
