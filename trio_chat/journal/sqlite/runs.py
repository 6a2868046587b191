"""Runs of servers on a file: tells whether it is as the last one left it.

Each run has a random id, which is kept in the file and in the lock file beside it. When they
differ, the file was restored from a copy, or moved here without its lock file. A backup has a mark,
and so has what a move has left behind.
After the end of the machine, the last commits of a run without ``--sync full`` may be missing. In
each case numbers that clients know may be given to something else: from then on they belong to
another epoch.
"""

import os
import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path

import structlog

from trio_chat.journal.sqlite.transaction import transaction

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Marks of files whose numbers end, and why; any other mark is that of a backup.
MOVED, MENDED = "moved", "mended"
REASONS = {
    MOVED: "migrate has moved it to another database",
    MENDED: "rooms were further than their events, and were set right",
}
LOCK_BYTES = 4096  # of a lock file that are read; two ids have 65

log = structlog.get_logger()


def boot_id() -> str:
    """Return an id of the time since the machine was started; empty if the system has none."""
    with suppress(OSError):
        return BOOT_ID.read_text().strip()
    return ""


def begin(database: sqlite3.Connection, lock: int, boot: str, *, sync: bool) -> None:
    """Begin the run of a server, in another epoch if numbers may have been lost.

    Args:
        database: The file, open to write.
        lock: Descriptor of its lock file.
        boot: What ``boot_id`` returns.
        sync: Whether commits of this run survive the end of the machine.

    Raises:
        OSError: the lock file cannot be written.
    """
    last = _last_run(database)
    run = secrets.token_hex(16)
    reason = _lost_numbers(last, _read_lock(lock), boot)
    # Both ids hold until both files have the new one: a crash in between changes nothing.
    _write_lock(lock, [last["run"], run] if "run" in last else [run])
    _write_run(database, run, boot, is_new=reason is not None, sync=sync)
    _write_lock(lock, [run])
    if reason:
        log.warning("numbers begin a new epoch", reason=reason)


def lost_numbers(database: sqlite3.Connection, lock: int) -> bool:
    """Whether a server that opens the file begins another epoch; ``lock`` is that of its lock."""
    return _lost_numbers(_last_run(database), _read_lock(lock), boot_id()) is not None


def mark_copy(database: sqlite3.Connection, mark: str = "1") -> None:
    """Let whichever server opens this copy of a file begin another epoch; the mark says why."""
    database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('restored', ?)", (mark,))


def end(database: sqlite3.Connection) -> None:
    """End the run in order: nothing of it can be lost any more."""
    database.execute("PRAGMA synchronous = FULL")
    database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('clean', '1')")


def _last_run(database: sqlite3.Connection) -> dict[str, str]:
    return dict(
        database.execute(
            "SELECT key, value FROM meta WHERE key IN ('run', 'boot', 'sync', 'clean', 'restored')"
            " AND typeof(value) = 'text'"
        )
    )


def _lost_numbers(last: dict[str, str], locks: list[str], boot: str) -> str | None:
    """Return why numbers of the last run may be missing; ``None`` if they are not."""
    if "restored" in last:
        return REASONS.get(last["restored"], "this is a backup")
    if "run" not in last:  # a new file, or one of an earlier release
        return None
    if last["run"] not in locks:
        return "the file was restored or copied, or its lock file is gone"
    if "clean" not in last and last.get("boot") != boot and last.get("sync") != "full":
        return "the machine ended, and the last commits may be lost (--sync full keeps them)"
    return None


def _write_run(
    database: sqlite3.Connection, run: str, boot: str, *, is_new: bool, sync: bool
) -> None:
    rows = {"run": run, "boot": boot, "sync": "full" if sync else "normal"}
    database.execute("PRAGMA synchronous = FULL")
    with transaction(database):
        put = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"
        database.executemany(put, rows.items())
        database.execute("DELETE FROM meta WHERE key IN ('clean', 'restored')")
        if is_new:
            database.execute(put, ("epoch", secrets.token_bytes(32)))
    database.execute(f"PRAGMA synchronous = {'FULL' if sync else 'NORMAL'}")


def _read_lock(lock: int) -> list[str]:
    return os.pread(lock, LOCK_BYTES, 0).decode("ascii", "replace").split()


def _write_lock(lock: int, runs: list[str]) -> None:
    os.truncate(lock, 0)
    os.pwrite(lock, "\n".join(runs).encode() + b"\n", 0)
    os.fsync(lock)
