"""The folder beside a database for a PostgreSQL of the workers' own: its name, and its URL."""

import os
from pathlib import Path
from urllib.parse import quote

from trio_chat.config import IN_MEMORY, Config
from trio_chat.database_url import is_url

ENDING = ".postgres"  # of the folder, behind the name of the database
ROLE = "trio-chat"
PORT = "5432"  # a part of the socket's name; it is no port of the network


def private_folder(config: Config) -> Path | None:
    """Return the folder of a PostgreSQL of our own; ``None`` if the settings name a database."""
    if is_url(config.database) or config.database == IN_MEMORY:
        return None
    # What is wrong with a path that cannot be followed is told by whoever opens the file.
    path = Path(os.path.realpath(config.database))
    return Path(f"{path}{ENDING}")


def url_of(folder: Path) -> str:
    """Return the URL of the database that is in a folder, while its PostgreSQL runs."""
    return f"postgresql://{ROLE}@/postgres?host={quote(str(folder))}&port={PORT}"
