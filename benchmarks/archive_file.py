"""Makes a database file of many messages, once, in the cache."""

import os
import random
import shutil
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path

from benchmarks.toolchain import CACHE
from trio_chat.journal.sqlite import states
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.sqlite.reindex import KEY, VERSION, bring_in_step
from trio_chat.journal.sqlite.schema import SCHEMA
from trio_chat.protocol.events import AnyStoredEvent, Message, Person, React, encode, target_of

NAME = "chat.db"  # in its folder, as in the command of the peer
ROOMS = 20  # of the same length
PEOPLE = [Person(f"{number:020x}", f"person {number}") for number in range(100)]
WORDS = 20_000  # of the vocabulary; the n-th is n times less frequent than the first
LENGTH = 9  # words of a message
BEGIN = 1_700_000_000_000  # ms since 1970
REACTED = 20  # one message in so many has a reaction, which history has to find
BATCH = 50_000  # events in a transaction


def room_name(number: int) -> str:
    """Return the name of a room in the file."""
    return f"room{number}"


def word(number: int) -> str:
    """Return the word of a rank; frequent words are short, as in any language."""
    letters = ""
    while number or not letters:
        number, consonant = divmod(number, 16)
        number, vowel = divmod(number, 5)
        letters += "bcdfghjklmnprstv"[consonant] + "aeiou"[vowel]
    return letters


def find_or_make(messages: int) -> Path:
    """Return the folder of a file of so many messages; make it if it is missing."""
    folder = CACHE / f"archive-{messages}-schema{SCHEMA}-index{VERSION.decode()}"
    if not folder.exists():
        making = folder.with_name(f"{folder.name}-making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        _make(making / NAME, messages)
        making.rename(folder)
    return folder


def leave_memory(folder: Path) -> None:
    """Drop a file from the kernel's cache, so that it is read from the disk again."""
    for path in folder.glob(f"{NAME}*"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # only what is on the disk can be dropped
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _make(path: Path, messages: int) -> None:
    file = JournalFile(path)
    try:
        file.writer.execute("PRAGMA synchronous = OFF")
        file.writer.execute("PRAGMA cache_size = -200000")  # KiB
        for number in range(ROOMS):
            _fill_room(file, number + 1, room_name(number), messages // ROOMS)
        states.migrate(file.writer)
        file.writer.execute("DELETE FROM meta WHERE key = ?", (KEY,))
        bring_in_step(file.writer)  # the events above were written without states and index
        file.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        file.close()


def _fill_room(file: JournalFile, room: int, name: str, messages: int) -> None:
    events = _events(name, messages)
    last = 0
    while batch := list(islice(events, BATCH)):
        last = batch[-1].seq
        file.writer.execute("BEGIN")
        file.writer.executemany(
            "INSERT INTO events (room, seq, ts, is_message, target, author, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    room,
                    event.seq,
                    event.ts,
                    isinstance(event, Message),
                    target_of(event),
                    event.who and event.who.id,
                    encode(event),
                )
                for event in batch
            ],
        )
        file.writer.executemany(
            "INSERT INTO cids (room, cid, seq, ts, author) VALUES (?, ?, ?, ?, ?)",
            [(room, event.cid, event.seq, event.ts, event.who and event.who.id) for event in batch],
        )
        file.writer.execute("COMMIT")
    file.writer.execute(
        "INSERT INTO rooms (id, name, last, ts) VALUES (?, ?, ?, ?)",
        (room, name, last, BEGIN + last * 1000),
    )


def _events(name: str, messages: int) -> Iterator[AnyStoredEvent]:
    """Yield so many numbered messages, with reactions among them."""
    seq = 0
    choice = random.Random(name)  # noqa: S311 - nothing secret
    words = [word(number) for number in range(WORDS)]
    shares = list(accumulate(1 / (number + 1) for number in range(WORDS)))
    for number in range(messages):
        seq += 1
        who = PEOPLE[number % len(PEOPLE)]
        common = {"room": name, "seq": seq, "ts": BEGIN + seq * 1000, "who": who}
        text = " ".join(choice.choices(words, cum_weights=shares, k=LENGTH))
        yield Message(**common, cid=_cid(seq), text=text)  # type: ignore[arg-type]
        if number % REACTED == 0:
            seq += 1
            yield React(
                room=name,
                seq=seq,
                ts=BEGIN + seq * 1000,
                who=who,
                cid=_cid(seq),
                target=seq - 1,
                emoji="👍",
            )


def _cid(seq: int) -> str:
    """Return an id that begins with the time, like a UUID of version 7."""
    return f"{seq:012x}-7000-8000-000000000000"
