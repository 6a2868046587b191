"""Parts of files: which bytes a ``Range`` header asks for (RFC 9110, 14.1.2)."""

import re

ONE_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """A range has no byte of the file."""


def wanted_part(given: str, size: int) -> tuple[int, int] | None:
    """Return the part of a file that a header asks for; ``None`` for the whole file.

    The whole file is also the answer to several ranges, and to what is no range: a server may
    ignore them. So it is to the last bytes of an empty file, since ``Content-Range`` cannot tell
    of no bytes.

    Args:
        given: The value of the header.
        size: Bytes of the file.

    Returns:
        The first byte, and the one behind the last.

    Raises:
        Unsatisfiable: the range begins behind the end of the file, or is the last no bytes.
    """
    found = ONE_RANGE.fullmatch(given)
    if not found:
        return None
    try:
        first, last, suffix = (int(digits) if digits else None for digits in found.groups())
    except ValueError:  # more digits than Python reads
        return None
    if suffix is not None:
        return _last_bytes(suffix, size)
    assert first is not None
    if last is not None and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return first, size if last is None else min(last + 1, size)


def _last_bytes(count: int, size: int) -> tuple[int, int] | None:
    if not count:
        raise Unsatisfiable
    return (max(size - count, 0), size) if size else None
