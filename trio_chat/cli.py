"""The command line: finds a command, runs it, and turns its outcome into an exit status."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from types import ModuleType

from trio_chat import held_signals, standard_streams
from trio_chat.commands import COMMANDS, SERVE
from trio_chat.config import ConfigError
from trio_chat.errors import FAILED, INTERRUPTED, Failed
from trio_chat.process import loading


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    The first argument is its name; if that is a flag or missing, the server is run.
    """
    standard_streams.prepare()
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except (ConfigError, Failed) as error:
        return _complain(str(error), error.status)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who read the output has left, as ``head`` does
        return FAILED
    except OSError as error:
        return _complain(_reason(error), FAILED)
    finally:
        standard_streams.settle()


def _run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status; what it has printed is written then."""
    if list(arguments) == ["--version"]:
        print(f"trio-chat {version('trio-chat')}")
        return 0
    name, rest = _split(arguments)
    try:
        with held_signals.holding() if name == SERVE else nullcontext():
            status: int = _load(COMMANDS[name].module).main(rest)
    except SystemExit as end:
        if end.code:
            raise
        status = 0  # of --help
    sys.stdout.flush()
    return status


def _load(module: str) -> ModuleType:
    with loading():
        return import_module(module)


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


def _complain(reason: str, status: int) -> int:
    standard_streams.say(f"trio-chat: {reason}")
    return status


def _reason(error: OSError) -> str:
    """Return why the system does not let a command go on, such as a full disk, in one line."""
    where = f"{error.filename}: " if error.filename else ""
    return f"cannot go on: {where}{error.strerror or error}"
