"""Frames: what the hub sends, ready for the wire, and how many of them become few."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from trio_chat.protocol.dialects.base import Dialect

MERGE_LIMIT = 64 * 1024  # bytes of payload in one merged message: small enough for any client


class Frame(NamedTuple):
    """One frame ready for the wire, the same bytes for every peer.

    ``payload`` is what it says, so that frames that wait together can be merged; ``None`` for
    what must go out as it is: control frames, and the rest of a half-written one.
    """

    wire: bytes
    payload: bytes | None = None


def frame_of(payload: bytes, dialect: Dialect) -> Frame:
    """Prepare a frame that carries a payload."""
    return Frame(dialect.wrap(payload), payload)


def pack(payloads: Iterable[bytes], dialect: Dialect) -> Iterator[Frame]:
    """Yield few and large frames that say what ``payloads`` say, in order."""
    for batch in batches(payloads):
        yield frame_of(dialect.join(batch), dialect)


def batches(payloads: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the payloads of one frame after the other, in order."""
    waiting: list[bytes] = []
    size = 0
    for payload in payloads:
        if waiting and size + len(payload) > MERGE_LIMIT:
            yield waiting
            waiting, size = [], 0
        waiting.append(payload)
        size += len(payload)
    if waiting:
        yield waiting


def coalesce(frames: Iterable[Frame], dialect: Dialect) -> Iterator[bytes]:
    """Yield the wire bytes of ``frames``, in order, those with a payload merged."""
    for has_payload, run in groupby(frames, lambda frame: frame.payload is not None):
        ready = pack((frame.payload or b"" for frame in run), dialect) if has_payload else run  # noqa: B031 - one of them
        yield from (frame.wire for frame in ready)
