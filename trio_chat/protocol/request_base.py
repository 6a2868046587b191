"""What all requests of clients have in common."""

from typing import Annotated

import msgspec

from trio_chat.protocol.text import UNSEEN_RANGES

SECRET_LIMIT = 64  # characters; the secret of a link has 32
ID_LIMIT = 64  # characters of the id of a request
WHY_LIMIT = 250  # characters of a reason
# What clients make up to tell things by: blanks, and characters that can be seen. Others are told
# them, and logs, terminals and headers take them as they are.
VISIBLE = f"^(?:[^{UNSEEN_RANGES}]| )*\\Z"
LAST_TIME = 253_402_300_799_999  # milliseconds since 1970, at the end of the year 9999

Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Time = Annotated[int, msgspec.Meta(ge=0, le=LAST_TIME)]  # which every calendar has
Count = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Why = Annotated[str, msgspec.Meta(max_length=WHY_LIMIT)]
VisibleText = Annotated[str, msgspec.Meta(pattern=VISIBLE)]
LinkSecret = Annotated[str, msgspec.Meta(max_length=SECRET_LIMIT)]


class Request(msgspec.Struct, tag_field="t", kw_only=True):
    """A request; the answer repeats its ``id``."""

    id: Number | Annotated[VisibleText, msgspec.Meta(max_length=ID_LIMIT)] | None = None
