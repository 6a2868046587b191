"""Servers forked from a process that has imported them: imports are most of what a start takes."""

import multiprocessing
import os
import sys
from multiprocessing.connection import Connection

from tests.chat import Chat
from trio_chat.cli import main

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "trio_chat.commands.serve"])


class Forked:
    """The command in a process of its own; variables and folder are those of the first start."""

    def __init__(self, *arguments: str) -> None:
        reader, writer = FORKS.Pipe(duplex=False)
        with reader, writer:
            self._process = FORKS.Process(target=_run, args=(writer, arguments), daemon=True)
            self._process.start()
            self.stdout = os.fdopen(os.dup(reader.fileno()))

    def send_signal(self, sig: int) -> None:
        assert self._process.pid
        os.kill(self._process.pid, sig)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _run(output: Connection, arguments: tuple[str, ...]) -> None:
    """Be the command, with ``output`` as standard output."""
    os.dup2(output.fileno(), 1)
    output.close()
    sys.stdout = os.fdopen(1, "w", closefd=False)
    raise SystemExit(main(arguments))


class ForkedChat(Chat):
    """A server that starts in a fifth of the time."""

    def launch(self, *arguments: str) -> Forked:
        return Forked(*arguments)
