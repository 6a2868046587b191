"""Reads stored events. One that cannot be understood stops nobody: it is told as deleted."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import structlog

from trio_chat.journal.clearings import Clearing, as_told
from trio_chat.protocol.events import (
    AnyStoredEvent,
    Edit,
    Message,
    decode,
    encode,
    without_text,
)

REPORTS = 100  # events that cannot be read, and are logged, in the life of a process

log = structlog.get_logger()

_reported: set[tuple[str, int]] = set()


def report(room: str, seq: int) -> None:
    """Log an event that cannot be read: once, and not too many of them."""
    if (room, seq) not in _reported and len(_reported) < REPORTS:
        _reported.add((room, seq))
        log.error(
            "a stored event is damaged and left out; see docs/operating.md", room=room, seq=seq
        )


def readable(
    rows: Iterable[tuple[int, int, bytes]],
    room: str,
    deleted: frozenset[int],
    clearings: Sequence[Clearing],
    report: Callable[[str, int], None] = report,
) -> Iterator[tuple[int, bytes]]:
    """Yield the encoded events of a room as they may be told.

    Args:
        rows: Their numbers, times and data.
        room: The room's name.
        deleted: Messages of which edits still have a text in the file; it is left out.
        clearings: Of the room; the texts of what they cover are left out, too.
        report: Called with the room and the number of each event that cannot be understood.
    """
    for seq, ts, data in rows:
        event = understood(room, seq, data)
        if event is None:
            report(room, seq)
            yield seq, encode(stand_in(room, seq, ts))
        elif deleted and isinstance(event, Edit) and event.target in deleted:
            yield seq, encode(without_text(event))
        elif clearings and (told := as_told(clearings, event)) is not event:
            yield seq, encode(told)
        else:
            yield seq, data


def understood(room: str, seq: int, data: object) -> AnyStoredEvent | None:
    """Return the event with a number of a room; ``None`` if the data are something else."""
    event = decode(data) if isinstance(data, bytes) else None
    return event if event and event.seq == seq and event.room == room else None


def ids_of(event: AnyStoredEvent | None) -> frozenset[str]:
    """Return the ids of the files that an event has, which is a message then."""
    files = event.files if isinstance(event, Message) else ()
    return frozenset(file.id for file in files)


def stand_in(room: str, seq: int, ts: int) -> Message:
    """Return what is told in the place of an event, so that no number is missing."""
    return Message(room=room, seq=seq, ts=ts, text="", deleted=True)
