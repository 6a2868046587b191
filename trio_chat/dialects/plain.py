"""The plain dialect, as the Go example speaks it: a message is a line of text."""

from collections.abc import Sequence

from trio_chat.endings import NOT_UTF8, TOO_LONG, Violation


def read(message: str | bytes, text_limit: int) -> str | None:
    """Return one line of text: newlines become spaces, the ends are trimmed; ``None`` if blank.

    A binary message counts as text, as in the Go example.

    Raises:
        Violation: the line is longer than ``text_limit`` characters, or is not UTF-8.
    """
    if isinstance(message, bytes):
        try:
            message = message.decode()
        except UnicodeDecodeError:
            raise Violation(NOT_UTF8) from None
    line = message.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").strip()
    if len(line) > text_limit:
        raise Violation(TOO_LONG)
    return line or None


def join(payloads: Sequence[bytes]) -> bytes:
    """Return the lines, one below the other, as one payload."""
    return b"\n".join(payloads)
