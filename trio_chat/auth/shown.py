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

    ``links`` are secrets of links to rooms; they let in on a server that is entered by invitation.
    ``key`` makes whoever says hello again the same person, and ``pair`` is a code of another device
    of theirs.
    """

    password: str | None = None
    token: str | None = None
    session: str | None = None
    user: str | None = None
    links: tuple[str, ...] = ()
    key: str | None = None
    pair: str | None = None


NOTHING = Shown()


def shown_by(authorization: Sequence[str], user: str | None = None, link: str = "") -> Shown:
    """Return what the headers of a request show; what is garbage shows nothing.

    Args:
        authorization: Those of that name. The password is that of the scheme ``Basic``, with any
            user name.
        user: Whom a trusted proxy has let in.
        link: The secret of a link that is shown beside a session.
    """
    links = (link,) if link else ()
    scheme, _, value = " ".join(authorization).partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        return Shown(password=_password(value), user=user, links=links)
    if scheme.lower() == "bearer":
        if JWT.fullmatch(value):
            return Shown(token=value, user=user, links=links)
        if LINK.fullmatch(value):
            return Shown(user=user, links=links or (value,))
        return Shown(session=value, user=user, links=links)
    return Shown(user=user, links=links)


def _password(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None
