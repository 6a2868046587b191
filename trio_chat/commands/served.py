"""Sees that a command would use the files of a database that its server has, and not others.

SQLite finds the log of a database and its index by their names. Where one was removed, moved away
or replaced, it would begin another one beside a server that still has the first open: what is
written there is of a state without the newest messages, and the server does not see it.
"""

from pathlib import Path

from trio_chat import server_file
from trio_chat.journal.sqlite.guard import inodes
from trio_chat.journal.sqlite.place import resolved
from trio_chat.journal.types import JournalError


def check_files(path: Path) -> None:
    """See that the files of a database are those that its server has open, if one runs.

    Raises:
        JournalError: one of them is not.
    """
    database = resolved(path)
    notice = server_file.read(database)
    there = inodes(database)
    for ending, inode in notice.files.items() if notice else ():
        if there.get(ending) != inode:
            what = "replaced" if ending in there else "removed"
            raise JournalError(
                f"{database}{ending} was {what} while a server has it: stop the server, or start "
                "it anew, and try again"
            )
