"""Servers forked from a process that has imported them: imports are most of what a start takes."""

import multiprocessing
import os
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from tests.chat import Chat
from trio_chat.cli import main
from trio_chat.web.assets import installed_page

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "trio_chat.commands.serve", "trio_chat.lifetime"])
installed_page(is_bundled=True)  # so that no start reads it again


class Forked:
    """The command in a process of its own; variables and folder are those of the first start.

    Of the variables it knows none of the chat's. Standard error is added to ``stderr``, if given.
    """

    def __init__(self, *arguments: str, stderr: Path | None = None) -> None:
        reader, writer = FORKS.Pipe(duplex=False)
        with reader, writer:
            self._process = FORKS.Process(
                target=_run, args=(writer, arguments, stderr), daemon=True
            )
            self._process.start()
            self.stdout = os.fdopen(os.dup(reader.fileno()))

    def send_signal(self, sig: int) -> None:
        assert self._process.pid
        with suppress(ProcessLookupError):  # it has ended by itself
            os.kill(self._process.pid, sig)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _run(output: Connection, arguments: tuple[str, ...], errors: Path | None) -> None:
    """Be the command, with ``output`` as standard output."""
    os.dup2(output.fileno(), 1)
    output.close()
    if errors:
        with errors.open("ab") as log:
            os.dup2(log.fileno(), 2)
    for name in [name for name in os.environ if name.startswith("TRIO_CHAT")]:
        del os.environ[name]
    sys.stdout = os.fdopen(1, "w", closefd=False)
    raise SystemExit(main(arguments))


class ForkedChat(Chat):
    """A server that starts in a fifth of the time."""

    def launch(self, *arguments: str) -> Forked:
        return Forked(*arguments)
