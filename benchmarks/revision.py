"""Revisions of trio-chat: checks one out into a worktree, and starts the server of any."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import IN_FILE, IN_MEMORY, Command, trio_chat_command
from benchmarks.process import fresh_folder
from benchmarks.toolchain import CACHE, ROOT, Unavailable, find, run

# A revision makes its archive by its own code. The cache is that of this checkout, so that the next
# comparison with the revision finds the archive.
MAKE_ARCHIVE = """
import sys
from pathlib import Path
from benchmarks import toolchain
toolchain.CACHE = Path(sys.argv[1])
from benchmarks.archive_file import find_or_make
print(find_or_make(int(sys.argv[2])))
"""


@dataclass(frozen=True)
class Revision:
    """A source tree of trio-chat.

    Attributes:
        name: As it is shown.
        tree: The folder that ``trio_chat`` and ``benchmarks`` are in.
    """

    name: str
    tree: Path

    @property
    def _python(self) -> Command:
        """What starts a Python that imports from the tree, whatever is installed."""
        environment = f"PYTHONPATH={self.tree}"
        return [find("env", "coreutils"), f"--chdir={self.tree}", environment, sys.executable]

    def command(self, *, keeps: bool) -> Command:
        """Return the command that starts its server, with a database file or in memory.

        Raises:
            Unavailable: it does not start, or another ``trio_chat`` would.
        """
        where = run([*self._python, "-c", "import trio_chat; print(trio_chat.__file__)"])
        if not Path(where).is_relative_to(self.tree):
            raise Unavailable(f"{self.name}: Python imports {where}")
        return trio_chat_command(IN_FILE if keeps else IN_MEMORY, self._python)

    def archive_folder(self, messages: int) -> Path:
        """Return the folder of a database file of so many messages, as its own code makes it.

        Raises:
            Unavailable: it has no such code.
        """
        told = run([*self._python, "-c", MAKE_ARCHIVE, str(CACHE), str(messages)])
        return Path(told.splitlines()[-1])


@contextmanager
def checked_out(name: str) -> Iterator[Revision]:
    """Check out a revision into a worktree of its own, which is removed behind the block.

    Raises:
        Unavailable: there is no such revision.
    """
    git: Command = [find("git", "git"), "-C", ROOT]
    try:
        commit = run([*git, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"])
    except Unavailable:
        raise Unavailable(f"there is no revision {name!r}") from None
    with fresh_folder(CACHE) as folder:
        tree = folder / "tree"
        try:
            run([*git, "worktree", "add", "--detach", tree, commit])
            yield Revision(commit[:10], tree)
        finally:
            run([*git, "worktree", "remove", "--force", tree])


def this_checkout() -> Revision:
    """Return the tree that this program is in, with all that is not committed."""
    return Revision("this checkout", ROOT)
