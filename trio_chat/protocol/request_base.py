"""What all requests of clients have in common."""

from typing import Annotated

import msgspec

SECRET_LIMIT = 64  # characters; the secret of a link has 32

Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
LinkSecret = Annotated[str, msgspec.Meta(max_length=SECRET_LIMIT)]


class Request(msgspec.Struct, tag_field="t", kw_only=True):
    """A request; the answer repeats its ``id``."""

    id: Number | Annotated[str, msgspec.Meta(max_length=64)] | None = None
