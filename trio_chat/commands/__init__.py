"""The table of commands.

A command is a module with ``main(arguments: Sequence[str]) -> int``, which gets the arguments
after its name and returns the exit status. ``trio_chat.cli`` prints what it raises in one line.
"""

from typing import NamedTuple


class Command(NamedTuple):
    """A command's module, and a summary of at most 60 characters."""

    module: str  # imported when needed: the server does not load what it never uses
    summary: str


SERVE = "serve"  # the default command
COMMANDS = {
    SERVE: Command("trio_chat.commands.serve", "start the server; the same as no command"),
    "connect": Command("trio_chat.commands.connect", "chat, in a terminal or through pipes"),
    "export": Command("trio_chat.commands.export", "write what was said as lines of JSON"),
    "import": Command("trio_chat.commands.import_", "take in what was exported, numbers and all"),
    "backup": Command("trio_chat.commands.backup", "copy the database while the server runs"),
    "restore": Command("trio_chat.commands.restore", "put a backup in the place of the database"),
    "migrate": Command("trio_chat.commands.migrate", "move to PostgreSQL, or back to a file"),
    "stats": Command("trio_chat.commands.stats", "tell what takes the space of the database"),
    "prune": Command("trio_chat.commands.prune", "delete what is old, or too much"),
    "check": Command("trio_chat.commands.check", "check a database, and repair what can be"),
    "rooms": Command("trio_chat.commands.rooms", "list the rooms with their sizes and ages"),
    "operator-link": Command(
        "trio_chat.commands.operator_link", "make a link that lets somebody moderate all rooms"
    ),
    "reload": Command("trio_chat.commands.reload", "have the running server read its settings"),
    "doctor": Command("trio_chat.commands.doctor", "look what a proxy in front does wrong"),
    "check-config": Command("trio_chat.commands.check_config", "check and show the settings"),
}
