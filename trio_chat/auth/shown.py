"""What somebody shows to be let in, and how HTTP carries it."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import NamedTuple

# A JWT begins with base64 of '{"'. A session token begins with the hexadecimal digits of an id.
LINK = re.compile(r"[\w-]{32}", re.ASCII)  # the secret of a link has no dots, unlike a session
JWT = re.compile(r"e[wy][\w-]*\.[\w-]+\.[\w-]*", re.ASCII)


class Shown(NamedTuple):
    """Everything that can let somebody in. ``user`` is whom a trusted proxy has let in.

    ``link`` is the secret of a link to a room: it lets in there, and not on the server.
    """

    password: str | None = None
    token: str | None = None
    session: str | None = None
    user: str | None = None
    link: str | None = None


NOTHING = Shown()


def shown_by(authorization: Sequence[str], user: str | None = None) -> Shown:
    """Return what the ``Authorization`` headers of a request show; what is garbage shows nothing.

    The password is that of the scheme ``Basic``, with any user name.
    """
    scheme, _, value = " ".join(authorization).partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        return Shown(password=_password(value), user=user)
    if scheme.lower() == "bearer":
        if JWT.fullmatch(value):
            return Shown(token=value, user=user)
        is_link = LINK.fullmatch(value)
        return Shown(link=value, user=user) if is_link else Shown(session=value, user=user)
    return Shown(user=user)


def _password(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
