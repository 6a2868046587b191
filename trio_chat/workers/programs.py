"""PostgreSQL's programs on this machine, and the user that may run them."""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from trio_chat.config import ConfigError

USUAL = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin")  # below the root
NEEDED = ("postgres", "initdb", "pg_ctl", "pg_isready")
OLDEST = 13
USER = "postgres"  # as the packages make it; the programs refuse root
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
TIMEOUT = 10.0  # seconds for a program to tell its version


def find_programs(version: str | None = None) -> Path | None:
    """Return the folder of the programs; ``None`` for none. It waits for them, briefly.

    Args:
        version: Of the data that there is, such as ``15``; else the newest that there is counts.
    """
    found: dict[int, Path] = {}
    for folder in _folders():
        if all(os.access(folder / name, os.X_OK) for name in NEEDED):
            found.setdefault(_version_of(folder), folder)
    if version is not None:
        return found.get(int(version))
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST else None


def _folders() -> list[Path]:
    known = shutil.which("initdb")
    first = [Path(known).resolve().parent] if known else []
    return first + [path for place in USUAL for path in sorted(Path("/").glob(place))]


def _version_of(folder: Path) -> int:
    told = subprocess.run(  # noqa: S603 - found where packages put it
        [folder / "postgres", "--version"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    found = VERSION.search(told.stdout)
    return int(found[1]) if found else 0


def user_for_programs() -> str:
    """Return the name of the user that has to run the programs; empty for the one that we are.

    Raises:
        ConfigError: we are root, and there is no other one for that.
    """
    if os.geteuid():
        return ""
    try:
        return pwd.getpwnam(USER).pw_name
    except KeyError:
        raise ConfigError(
            f"PostgreSQL refuses root, and there is no user {USER!r} here: start the chat as "
            "another user, or give --database postgresql://…"
        ) from None
