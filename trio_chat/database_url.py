"""The URL of a PostgreSQL database, as ``--database`` has it: which one it is, and how to show it.

A URL may have a password, which is neither logged nor shown.
"""

import re

SCHEMES = ("postgresql://", "postgres://")
HIDDEN = "***"
NEEDS_PSYCOPG = "a database of PostgreSQL needs the package psycopg: trio-chat[postgres]"

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SECRET = re.compile(r"([?&][^=&]*password[^=&]*=)[^&]*", re.IGNORECASE)


def is_url(database: str) -> bool:
    """Whether a database is one of a PostgreSQL server, and no file."""
    return database.startswith(SCHEMES)


def check_scheme(database: str) -> None:
    """See that a database is no URL of something else, which would be taken for a file's name.

    Raises:
        ValueError: it is; the message does not repeat it, as it may have a password.
    """
    found = _URL.match(database)
    if found and not is_url(database):
        raise ValueError(
            f"database must be a file, ':memory:' or postgresql://…; {found[0]} is not known"
        )


def shown(database: str) -> str:
    """Return the name of a database without a password."""
    if not is_url(database):
        return database
    scheme, _, rest = database.partition("://")
    place, question, query = rest.partition("?")
    login, at, host = place.rpartition("@")
    user, colon, _ = login.partition(":")
    named = f"{scheme}://{user}{colon and f':{HIDDEN}'}{at}{host}{question}{query}"
    return _SECRET.sub(rf"\1{HIDDEN}", named)
