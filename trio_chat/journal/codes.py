"""What is kept of codes by which other devices come, where other nodes are to know them.

They are kept with the records of people, by keys that are nobody's id; of each code a digest.
"""

from contextlib import suppress

import msgspec

from trio_chat.journal.arrivals import BETWEEN, MARK

BEGIN = f"{MARK}pair{BETWEEN}"


class CodeRecord(msgspec.Struct, omit_defaults=True):
    """Who comes by a code, and until when; without a person it is used, or over.

    Times are in ms since 1970; ``seen`` is when it was written, ``since`` of the person.
    """

    person: str = ""
    seen: int = 0
    since: int = 0
    until: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(CodeRecord).decode


def encode(record: CodeRecord) -> bytes:
    """Return a record as it is kept."""
    return _encode(record)


def decode(data: bytes) -> CodeRecord | None:
    """Return a record that was kept; ``None`` if it is damaged."""
    with suppress(msgspec.MsgspecError):
        return _decode(data)
    return None


def key_of(digest: str) -> str:
    """Return the key of the record of a code."""
    return BEGIN + digest


def digest_in(key: str) -> str | None:
    """Return the digest of a code; ``None`` if it is the key of something else."""
    return key.removeprefix(BEGIN) if key.startswith(BEGIN) else None
