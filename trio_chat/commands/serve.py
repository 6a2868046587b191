"""The command that starts the server."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

import trio

from trio_chat import logs
from trio_chat.commands import COMMANDS
from trio_chat.config import Config
from trio_chat.errors import INTERRUPTED
from trio_chat.process import loading
from trio_chat.settings import ENV_PREFIX, SETTINGS, CommandLine
from trio_chat.standard_streams import LineWriter
from trio_chat.workers.messages import Post, take_post
from trio_chat.workers.parent import Parent
from trio_chat.workers.private_postgres import has_parent

Read = Callable[[], Config]
Announce = Callable[[Sequence[str], str | None], None]


def main(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C or SIGTERM, or SIGHUP of a terminal.

    Raises:
        ConfigError: a setting is not valid.
    """
    post = take_post(os.environ)
    line, environment = command_line(), dict(os.environ)

    def read() -> Config:
        return line.read(arguments, environment)[1]

    config = read()
    with logs.writing(config) as logging, LineWriter(sys.stdout, limit=1) as output:
        announce = partial(_announce, output)
        if not post and has_parent(config):
            return trio.run(Parent(config, read, logging, announce, arguments).live)
        return _serve(config, read, logging, announce, post)


def _serve(
    config: Config, read: Read, logging: logs.Logging, announce: Announce, post: Post | None
) -> int:
    """Be a server, or one of several workers. A parent of workers loads none of the chat."""
    with loading():
        from trio_chat.lifetime import serve  # noqa: PLC0415
        from trio_chat.workers.boss import Boss  # noqa: PLC0415
    if not post:
        has_stopped = trio.run(serve, config, read, logging, announce)
    else:
        boss = Boss(post)
        has_stopped = trio.run(serve, config, read, logging, boss.announce, boss)
    return 0 if has_stopped else INTERRUPTED


def command_line() -> CommandLine:
    """Return the server's command line, with all settings; its help lists all commands."""
    line = CommandLine(
        "",
        "Start a chat server. Open the address that it prints in a browser; "
        "whoever opens it takes part.",
        SETTINGS,
        usage="trio-chat [options]\n       trio-chat COMMAND --help",
        epilog=f"Every option can also be set as an environment variable ({ENV_PREFIX}PORT=80) "
        "or in the --config file, whose keys are the options' names with underscores "
        "(ping_interval = 20). Flags win over the environment, the environment "
        "over the file.",
    )
    commands = (f"{name:<14}{command.summary}" for name, command in COMMANDS.items())
    line.add_argument_group("commands", "\n".join(commands))
    return line


def _announce(output: LineWriter, addresses: Sequence[str], operator_link: str | None) -> None:
    first, *others = dict.fromkeys(addresses)
    text = f"Chat is open at {first} (Ctrl-C stops it)\n"
    text += "".join(f"It listens at {other}, too\n" for other in others)
    if operator_link and operator_link.startswith("#"):
        operator_link = f"the page's address with {operator_link} behind it"
    if operator_link:
        text += f"To moderate all rooms, open {operator_link} (shown once)\n"
    output.write(text)
