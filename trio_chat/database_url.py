"""The URL of a PostgreSQL database, as ``--database`` has it: which one it is, and how to show it.

A URL may have a password, which is neither logged nor shown.
"""

import re

SCHEMES = ("postgresql://", "postgres://")
HIDDEN = "***"
NEEDS_PSYCOPG = "a database of PostgreSQL needs the package psycopg: trio-chat[postgres]"

_SECRET = re.compile(r"([?&][^=&]*password[^=&]*=)[^&]*", re.IGNORECASE)


def is_url(database: str) -> bool:
    """Whether a database is one of a PostgreSQL server, and no file."""
    return database.startswith(SCHEMES)


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
