"""The commands: what each is for, where it is, and how all of them end.

A command is a module with ``main(arguments: Sequence[str]) -> int``, which gets what stands behind
its name and returns the exit status. What it raises, ``trio_chat.cli`` tells in one line.
"""

from typing import NamedTuple

FAILED = 1
BAD_USAGE = 2
INTERRUPTED = 130  # as shells count: 128 and the number of SIGINT


class Command(NamedTuple):
    """Where a command is, and what it is for in a line of at most 60 characters."""

    module: str  # imported when it is asked for: the server must not wait for what it never uses
    summary: str


SERVE = "serve"  # what is done when no command is named
COMMANDS = {
    SERVE: Command("trio_chat.commands.serve", "start the server; the same as no command"),
}


class Failed(Exception):
    """A command cannot do what it was asked for; the message is one line for a person."""
