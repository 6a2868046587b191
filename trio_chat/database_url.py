"""The URL of a PostgreSQL database, as ``--database`` has it: which one it is, and how to show it.

A URL may have a password, which is neither logged nor shown.
"""

import re

SCHEMES = ("postgresql://", "postgres://")
HIDDEN = "***"
NEEDS_PSYCOPG = "a database of PostgreSQL needs the package psycopg: trio-chat[postgres]"

_URL = re.compile(r"\s*([a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_PAIRS = re.compile(  # libpq's other form
    r"\s*([a-z_]+\s*=.*\s)?(host|hostaddr|dbname|user|password|service)\s*=", re.DOTALL
)
_SECRET = re.compile(r"([?&][^=&]*password[^=&]*=)[^&]*", re.IGNORECASE)
_FORM = "database must be a file, ':memory:' or postgresql://…"


def is_url(database: str) -> bool:
    """Whether a database is one of a PostgreSQL server, and no file."""
    return database.startswith(SCHEMES)


def check_scheme(database: str) -> None:
    """See that a database is nothing else that would be taken for a file's name: no other URL.

    Raises:
        ValueError: it is; the message does not repeat it, as it may have a password.
    """
    if is_url(database):
        return
    found = _URL.match(database)
    if found and found[1].lower() in SCHEMES:
        raise ValueError(f"{_FORM}, which begins so, in small letters")
    if found:
        raise ValueError(f"{_FORM}; {found[1]} is not known")
    if _PAIRS.match(database):
        raise ValueError(f"{_FORM}; pairs such as host=… are not known")


def shown(database: str) -> str:
    """Return the name of a database without a password.

    That may have any characters, even where a URL wants them encoded, so it ends before the last
    ``@``: of a URL with one elsewhere less is shown.
    """
    if not is_url(database):
        return database
    scheme, _, rest = database.partition("://")
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    named = f"{scheme}://{user}{colon and f':{HIDDEN}'}{at}{place}"
    return _SECRET.sub(rf"\1{HIDDEN}", named)
