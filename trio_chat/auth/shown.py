"""What somebody shows to be let in, and how HTTP carries it."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import NamedTuple

# A JWT begins with base64 of '{"'. A session token begins with the hexadecimal digits of an id.
JWT = re.compile(r"e[wy][\w-]*\.[\w-]+\.[\w-]*", re.ASCII)


class Shown(NamedTuple):
    """Everything that can let somebody in. ``user`` is whom a trusted proxy has let in."""

    password: str | None = None
    token: str | None = None
    session: str | None = None
    user: str | None = None


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
        is_jwt = JWT.fullmatch(value)
        return Shown(token=value, user=user) if is_jwt else Shown(session=value, user=user)
    return Shown(user=user)


def _password(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
