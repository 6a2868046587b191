"""The command that has a running server read its settings again."""

import argparse
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from trio_chat import server_file
from trio_chat.commands.files import database_path
from trio_chat.config import IN_MEMORY, ConfigError
from trio_chat.errors import Failed
from trio_chat.named_files import resolved
from trio_chat.server_file import Notice
from trio_chat.settings import CommandLine
from trio_chat.signals import RELOAD

TIMEOUT = 30.0  # seconds to wait for the outcome; the server gives up earlier
PROCESS = re.compile("[1-9][0-9]{0,8}")
TAKEN = re.compile(r"^SigCgt:\s*([0-9a-f]+)$", re.MULTILINE)  # a bit for each signal
INTERVAL = 0.02  # seconds between two looks


def main(arguments: Sequence[str]) -> int:
    """Have the server of a database reload, and wait until it has.

    Raises:
        ConfigError: wrong use.
        Failed: there is no server, or it refused; the message says why.
    """
    options, config = _command_line().read(arguments, os.environ)
    if options.pid is not None:
        _send(options.pid)
        print(f"asked process {options.pid} to reload; its log says what became of it")
        return 0
    if config.database == IN_MEMORY:
        raise ConfigError("database is ':memory:': its server is reached by --pid alone")
    path = resolved(database_path(config, "reload"))
    notice = server_file.read(path)
    if notice is None:
        raise Failed(f"no server has {path} (--pid reaches one that cannot be found so)")
    _send(notice.pid)
    outcome = _outcome(path, notice.begun)
    if outcome.refused:
        extent = "others may have changed" if outcome.differs else "nothing has changed"
        raise Failed(f"refused, {extent}: {outcome.refused}")
    print("reloaded; the server's log says what has changed")
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "reload",
        "Have the running server of a database read its settings again, and its certificate and "
        "keys, without a stop: the file of its own --config, with the flags and variables that "
        "it was started with. The exit status is 1 if it refuses, with the reason.",
        ["database"],
    )
    line.add_argument(
        "--pid",
        type=_process,
        metavar="N",
        help="the server's process, if it has no database; nothing tells whether it refuses",
    )
    return line


def _process(text: str) -> int:
    if not PROCESS.fullmatch(text):  # 0 and less would be many
        raise argparse.ArgumentTypeError(f"{text!r} is the number of no process")
    return int(text)


def _send(pid: int) -> None:
    """Ask a process to reload.

    Raises:
        Failed: it is not there, or would be ended by the signal.
    """
    if _is_ended_by_it(pid):
        raise Failed(f"process {pid} is no server: it does not take {RELOAD.name}")
    try:
        os.kill(pid, RELOAD)
    except OSError as error:
        raise Failed(f"cannot reach process {pid}: {error.strerror}") from None


def _is_ended_by_it(pid: int) -> bool:
    """Whether a process is known not to take the signal, by which the system would end it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
    except OSError:  # there is no such process, or no such folder
        return False
    taken = TAKEN.search(status)
    return taken is not None and not int(taken[1], 16) >> (RELOAD - 1) & 1


def _outcome(path: Path, begun: int) -> Notice:
    """Wait for the end of a reload that has begun after so many others.

    Raises:
        Failed: there is none.
    """
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        notice = server_file.read(path)
        if notice is None:
            raise Failed("the server has ended")
        if notice.ended > begun:
            return notice
        time.sleep(INTERVAL)
    raise Failed(f"the server did not tell within {TIMEOUT:.0f} s what became of it; see its log")
