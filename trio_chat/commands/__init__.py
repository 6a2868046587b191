"""The commands: what each is for, where it is, and how all of them end.

A command is a module with ``main(arguments: Sequence[str]) -> int``, which gets what stands behind
its name and returns the exit status. What it raises, ``trio_chat.cli`` tells in one line.
"""

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command is, and what it is for in a line of at most 60 characters."""

    module: str  # imported when it is asked for: the server must not wait for what it never uses
    summary: str


SERVE = "serve"  # what is done when no command is named
COMMANDS = {
    SERVE: Command("trio_chat.commands.serve", "start the server; the same as no command"),
    "connect": Command("trio_chat.commands.connect", "chat, in a terminal or through pipes"),
    "export": Command("trio_chat.commands.export", "write what was said as lines of JSON"),
    "import": Command("trio_chat.commands.import_", "take in what was exported, numbers and all"),
    "backup": Command("trio_chat.commands.backup", "copy the database while the server runs"),
    "prune": Command("trio_chat.commands.prune", "delete what is old, or too much"),
    "rooms": Command("trio_chat.commands.rooms", "list the rooms with their sizes and ages"),
    "check-config": Command("trio_chat.commands.check_config", "check and show the settings"),
}
