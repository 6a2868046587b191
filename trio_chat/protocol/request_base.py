"""What all requests of clients have in common."""

from typing import Annotated

import msgspec

from trio_chat.protocol.text import UNSEEN_BESIDES_BLANKS, without_controls

SECRET_LIMIT = 64  # characters; the secret of a link has 32
ID_LIMIT = 64  # characters of the id of a request
WHY_LIMIT = 250  # characters of a reason
# What clients make up to tell things by: blanks, and characters that can be seen. Others are told
# them, and logs, terminals and headers take them as they are.
VISIBLE = f"^[^{UNSEEN_BESIDES_BLANKS}]*\\Z"
_NO_MATCH = "matching regex"  # says msgspec; no other pattern is asked for
_ENDS_EARLY = "Input data was truncated"  # says msgspec
LAST_TIME = 253_402_300_799_999  # milliseconds since 1970, at the end of the year 9999

Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Time = Annotated[int, msgspec.Meta(ge=0, le=LAST_TIME)]  # which every calendar has
Count = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Why = Annotated[str, msgspec.Meta(max_length=WHY_LIMIT)]
VisibleText = Annotated[str, msgspec.Meta(pattern=VISIBLE)]
LinkSecret = Annotated[str, msgspec.Meta(max_length=SECRET_LIMIT)]


def is_not_utf_8(error: Exception) -> bool:
    """Whether bytes could not be decoded as they are not UTF-8; msgspec 0.23 has an own error."""
    is_own = isinstance(error, msgspec.DecodeError) and str(error).startswith("Invalid UTF-8")
    return is_own or isinstance(error, UnicodeDecodeError)


def complaint(error: Exception) -> str:
    """Return which field of something is wrong, and why, in words that can be shown.

    Whoever has to see which characters cannot be seen gets no pattern that holds them. Half of a
    character that is escaped by two numbers is called an early end by msgspec, too.
    """
    text = without_controls(str(error))
    if text == _ENDS_EARLY:
        return "the JSON ends early, or holds half of an escaped character"
    if _NO_MATCH not in text:
        return text
    return f"Expected `str` of what can be seen - at {text.rpartition(' - at ')[2]}"


class Request(msgspec.Struct, tag_field="t", kw_only=True):
    """A request; the answer repeats its ``id``."""

    id: Number | Annotated[VisibleText, msgspec.Meta(max_length=ID_LIMIT)] | None = None
