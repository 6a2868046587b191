"""The plain dialect, as the Go example speaks it: a message is a line of text."""

import re
from collections.abc import Sequence

from trio_chat.protocol import events, requests
from trio_chat.protocol.answers import Answer, Error
from trio_chat.protocol.close import NOT_UTF8, TOO_LONG, CloseReason, Violation
from trio_chat.protocol.confusables import COLONS, PARENTHESES
from trio_chat.protocol.dialects.base import text_message
from trio_chat.protocol.person import Person
from trio_chat.protocol.request_texts import Limits
from trio_chat.protocol.text import BYTE_ORDER_MARK, UNSEEN_RANGES, is_blank, without_controls
from trio_chat.protocol.unicode import is_longer

LINE_END = re.compile("\r\n|[\r\n\u2028\u2029]")
COLON = re.compile(f"[{COLONS}][{UNSEEN_RANGES}]+")
# A colon as behind a name, or the parenthesis of the server's own lines.
TELLING = re.compile(
    f"[{COLONS}](?:[{UNSEEN_RANGES}]|$)|^[{UNSEEN_RANGES}]*[{COLONS}{PARENTHESES}]"
)
# What no name begins with: what the server's own lines begin with, and what cannot be seen before.
OPENING = re.compile(f"^[{PARENTHESES}{UNSEEN_RANGES}]+")
# Marks that change the direction of writing may let one of these be seen where it is not.
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TURNED = re.compile(f"[{COLONS}{PARENTHESES})]")

needs_hello = False
knows_numbers = False
only_listens = False


def read(message: str | bytes, limits: Limits) -> list[requests.Understood]:
    """Return a request to send the message as one line; none if it is blank.

    Line ends become spaces, other control characters U+FFFD, and the ends are trimmed. A binary
    message counts as text, as in the Go example.

    Raises:
        Violation: it is longer than a text may be, or not UTF-8.
    """
    if isinstance(message, bytes):
        try:
            message = message.decode()
        except UnicodeDecodeError:
            raise Violation(NOT_UTF8) from None
    line = one_line(message.removeprefix(BYTE_ORDER_MARK))
    if is_longer(line, limits.text_limit):
        raise Violation(TOO_LONG)
    return [] if is_blank(message) else [requests.Send(room="", text=line)]


def one_line(text: str) -> str:
    """Return a text with spaces for line ends, and without other control characters."""
    return without_controls(LINE_END.sub(" ", text).strip())


def join(payloads: Sequence[bytes]) -> bytes:
    """Return the lines, one below the other."""
    return b"\n".join(payloads)


def wrap(payload: bytes) -> bytes:
    """Return the lines in a WebSocket message."""
    return text_message(payload)


def tell(event: events.Event, data: bytes | None) -> bytes | None:  # noqa: ARG001 - lines are no JSON
    """Return a message, as ``nick: text`` if the sender has a nick; other events are left out.

    The name is empty if the sender has none, and the text alone could be taken for what somebody
    with a name, or the server, has said.
    """
    if not isinstance(event, events.Message):
        return None
    names = (f"[{file.name}]" for file in event.files)
    line = " ".join(filter(None, [one_line(event.text), *names]))
    if event.who:
        return f"{_name(event.who)}: {line}".encode()
    return (f": {line}" if is_ambiguous(line) else line).encode()


def is_ambiguous(line: str) -> bool:
    """Whether a line without a name could be taken for one of somebody with a name."""
    is_turned = TURNING.search(line) and TURNED.search(line)
    return bool(is_turned or TELLING.search(line))


def _name(who: Person) -> str:
    """Return a nick that ends at the first colon with a space, and begins with no parenthesis.

    Without these it is the same nick: punctuation makes no difference. Of one that earlier releases
    kept, and of which nothing is left, the person's id is told instead.
    """
    return OPENING.sub("", COLON.sub(":", who.nick)) or who.id


def recall(seq: int, data: bytes) -> bytes:
    """Never called: clients know no numbers."""
    raise NotImplementedError


def answer(answer: Answer) -> bytes | None:
    """Return an error's text in parentheses; other answers are left out."""
    if isinstance(answer, Error):
        return f"({answer.text})".encode()
    return None


def bye(reason: CloseReason) -> bytes | None:  # noqa: ARG001 - the close frame has it
    """Return nothing: the close frame has the reason."""
    return None
