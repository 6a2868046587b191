"""The command line: finds a command, runs it, and turns its outcome into an exit status."""

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

from trio_chat.commands import COMMANDS, SERVE
from trio_chat.config import ConfigError
from trio_chat.errors import BAD_USAGE, FAILED, INTERRUPTED, Failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    The first argument is its name; if that is a flag or missing, the server is run.
    """
    try:
        name, rest = _split(sys.argv[1:] if arguments is None else arguments)
        status: int = import_module(COMMANDS[name].module).main(rest)
        sys.stdout.flush()
    except ConfigError as error:
        return _complain(error, BAD_USAGE)
    except Failed as error:
        return _complain(error, error.status)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _stop_writing()
    return status


def _split(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the name of the command, and its arguments."""
    if not arguments or arguments[0].startswith("-"):
        return SERVE, arguments
    name, *rest = arguments
    if name not in COMMANDS:
        close = get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "--help lists the commands"
        raise ConfigError(f"there is no command {name!r} ({hint})")
    return name, rest


def _complain(error: Exception, status: int) -> int:
    print(f"trio-chat: {error}", file=sys.stderr)
    return status


def _stop_writing() -> int:
    """Discard all further output, as its reader is gone: Python would write at exit again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
