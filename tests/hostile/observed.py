"""The chat server, with its Trio tasks counted: ``python -m tests.hostile.observed``.

It is the command ``trio-chat``, on one core, with a limit of descriptors; the number of tasks is in
the file that the first argument names, for the suite to read at any time.
"""

import mmap
import resource
import struct
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from unittest import mock

import trio

from tests.hostile.cores import SERVER_CORE, going_first, take_core
from trio_chat import cli

COUNT = struct.Struct("=q")


class TaskCounter(trio.abc.Instrument):
    """Keeps the number of tasks in a file, which costs nothing while no task begins or ends."""

    def __init__(self, file: Path) -> None:
        self._count = 0
        file.write_bytes(bytes(COUNT.size))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), COUNT.size)

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        self._count += 1
        COUNT.pack_into(self._memory, 0, self._count)

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        self._count -= 1
        COUNT.pack_into(self._memory, 0, self._count)


def main(arguments: Sequence[str]) -> int:
    """Run the server; return its exit status."""
    file, descriptors, *settings = arguments
    take_core(SERVER_CORE)
    if int(descriptors):
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(descriptors), int(descriptors)))
    with (
        going_first(),
        mock.patch("trio.run", partial(trio.run, instruments=[TaskCounter(Path(file))])),
    ):
        return cli.main(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
