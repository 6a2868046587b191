"""The command line: flags, environment and a TOML file make the ``Config`` to serve with."""

import argparse
import math
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NoReturn

import trio

from trio_chat import logs
from trio_chat.config import Config, ConfigError
from trio_chat.server import serve

ENV_PREFIX = "TRIO_CHAT_"
BAD_USAGE = 2
INTERRUPTED = 130  # as shells count: 128 and the number of SIGINT
SETTINGS = {setting.name: setting for setting in fields(Config)}

# A raw value and where it came from, for the error message.
Given = tuple[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        config = load_config(sys.argv[1:] if arguments is None else arguments, os.environ)
        logs.set_up(config)
        return 0 if trio.run(serve, config, _announce) else INTERRUPTED
    except ConfigError as error:
        print(f"trio-chat: {error}", file=sys.stderr)
        return BAD_USAGE
    except KeyboardInterrupt:  # before the server had begun to listen for it
        return INTERRUPTED


def load_config(arguments: Sequence[str], environment: Mapping[str, str]) -> Config:
    """Return the settings: flags win over the environment, which wins over the file.

    Raises:
        ConfigError: an unknown setting, a bad value or an unreadable file.
    """
    flags = vars(_parser().parse_args(arguments))
    file = flags.pop("config", None)
    given = {
        **(_from_file(Path(file)) if file else {}),
        **_from_environment(environment),
        **{name: (_flag(name), value) for name, value in flags.items()},
    }
    return Config(**{name: _convert(SETTINGS[name], *pair) for name, pair in given.items()})


def _announce(address: str) -> None:
    print(f"Chat is open at {address} (Ctrl-C stops it)", flush=True)


class _Parser(argparse.ArgumentParser):
    """Reports errors as one line, like every other wrong setting."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message} (--help lists the options)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="trio-chat",
        usage="%(prog)s [options]",
        description="Start a chat server. Open the address that it prints in a browser; "
        "whoever opens it takes part.",
        epilog=f"Every option can also be set as an environment variable ({ENV_PREFIX}PORT=80) "
        "or in the --config file (port = 80). Flags win over the environment, the environment "
        "over the file.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    groups: dict[str, argparse._ArgumentGroup] = {
        "options": parser.add_argument_group("everyday options"),
        "limits": parser.add_argument_group("limits and times"),
    }
    groups["options"].add_argument("--config", metavar="FILE", help="read settings from TOML")
    for name, setting in SETTINGS.items():
        groups[setting.metadata["group"]].add_argument(
            _flag(name),
            metavar=_metavar(setting),
            action="append" if _is_list(setting) else "store",
            help=setting.metadata["help"] + _shown_default(setting),
        )
    return parser


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _is_list(setting: Field[Any]) -> bool:
    return isinstance(setting.default, tuple)


def _metavar(setting: Field[Any]) -> str:
    names = {int: "N", float: "SECONDS", str: setting.name.split("_")[-1].upper()}
    return names.get(setting.type, "ORIGIN" if _is_list(setting) else "FILE")  # type: ignore[arg-type]


def _shown_default(setting: Field[Any]) -> str:
    return "" if setting.default in (None, ()) else f" (default: {setting.default})"


def _from_file(path: Path) -> dict[str, Given]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:  # not TOML, or not even UTF-8
        raise ConfigError(f"{path}: {error}") from None
    for name in table:
        if name not in SETTINGS:
            raise ConfigError(f"{path}: unknown setting {name!r}")
    return {name: (f"{path}: {name}", value) for name, value in table.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    given: dict[str, Given] = {}
    for variable, value in environment.items():
        if variable.startswith(ENV_PREFIX):
            name = variable.removeprefix(ENV_PREFIX).lower()
            if name not in SETTINGS:
                raise ConfigError(f"unknown setting {variable} in the environment")
            given[name] = (variable, value.split(",") if _is_list(SETTINGS[name]) else value)
    return given


def _convert(setting: Field[Any], source: str, value: Any) -> Any:
    """Return a raw value as the type of its setting.

    Raises:
        ConfigError: it is none; the message names its source.
    """
    try:
        if _is_list(setting):
            return _strings(value)
        if setting.type is int:
            return _whole(value)
        if setting.type is float:
            return _number(value)
        return _string(value) if setting.type is str else Path(_string(value))
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{source} must be {error}, not {value!r}") from None


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not str(value).lstrip("-").isdecimal():
        raise ValueError("a whole number")
    return int(value)


def _number(value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a number")
    return number


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of texts")
    return tuple(value)
