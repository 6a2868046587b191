"""What is kept of who came into which room, and from where: a record for each of these.

They are kept with the records of people, by keys that are nobody's id.
"""

from contextlib import suppress

import msgspec

MARK = "@"  # begins the key of each, and no id
BETWEEN = "\n"  # is in no name of a room, and in no id


class ArrivalRecord(msgspec.Struct, omit_defaults=True):
    """Who came, and from where; ``first`` and ``seen`` (last) are in ms since 1970."""

    nick: str = ""
    seen: int = 0
    first: int = 0
    address: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ArrivalRecord).decode


def encode(record: ArrivalRecord) -> bytes:
    """Return a record as it is kept."""
    return _encode(record)


def decode(data: bytes) -> ArrivalRecord | None:
    """Return a record that was kept; ``None`` if it is damaged."""
    with suppress(msgspec.MsgspecError):
        return _decode(data)
    return None


def key_of(room: str, person_id: str, place: str) -> str:
    """Return the key of the record for a person in a room; ``place`` for whoever has no name."""
    return MARK + BETWEEN.join((room, person_id, place))


def parts_of(key: str) -> tuple[str, str, str] | None:
    """Return a room, an id and a place; ``None`` if it is the key of something else."""
    parts = key.removeprefix(MARK).split(BETWEEN)
    if not key.startswith(MARK) or len(parts) != 3:  # noqa: PLR2004 - as many as ``key_of`` joins
        return None
    return parts[0], parts[1], parts[2]
