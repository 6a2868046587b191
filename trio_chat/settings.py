"""Settings: makes a ``Config`` from flags, the environment and a TOML file."""

import argparse
import math
import re
import sys
import textwrap
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from trio_chat.config import Config, ConfigError
from trio_chat.named_files import read
from trio_chat.rates import Rate
from trio_chat.setting_fields import SECRET

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

ENV_PREFIX = "TRIO_CHAT_"
FILE_VARIABLE = "TRIO_CHAT_CONFIG"  # names the file of settings, as --config does
SETTINGS = {setting.name: setting for setting in fields(Config)}
# Kubernetes and Docker set these for services and links, here for those whose names are, or begin
# with, "trio-chat": they are about other programs.
SERVICE_LINKS = re.compile(
    r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?|ENV_\w+)"
)
SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://.*")  # what they set PORT to
NO_SETTINGS = {"CONFIG", "LINK"}  # variables that are none: the file's, and one of connect
LINK_NAME = re.compile(r"/.+")  # what Docker sets NAME to
WHOLE = re.compile(r"-?[0-9]{1,18}")
NUMBER = re.compile(
    r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?\s*", re.ASCII | re.IGNORECASE
)
GROUPS = {
    "options": "everyday options",
    "limits": "limits and times",
    "rates": "rates: how often something may be asked for; more has to wait",
}
# Settings of a server that say who may come in. Its password may be in the environment of whoever
# only chats there, for ``connect``.
WAYS_IN = {
    "access", "access_header", "access_password", "access_password_file",
    "token_audience", "token_jwks", "token_key",
}  # fmt: skip
UNITS = ("bytes", "days", "hours", "folder")  # with which texts about settings begin
FILE_LIMIT = 1_000_000  # bytes of a file of settings
WIDTH = 80  # columns of the help


class Given(NamedTuple):
    """A raw value and its source."""

    source: str
    value: Any


class CommandLine(argparse.ArgumentParser):
    """The command line of one command: settings as flags, and the command's own options.

    Wrong usage is reported in one line, like a wrong setting. The environment and the file may
    hold any setting, so that all commands can share them.

    Args:
        command: Its name; empty for the server.
        description: What the command does.
        settings: The names of the settings that have flags; without any there is no ``--config``.
        usage: The usage line, if the default one is not right.
        epilog: The text at the end of the help.
    """

    def __init__(
        self,
        command: str,
        description: str,
        settings: Collection[str],
        *,
        usage: str | None = None,
        epilog: str | None = None,
    ) -> None:
        self._is_of_server = "access" in settings
        super().__init__(
            prog=f"trio-chat {command}".strip(),
            usage=usage,
            description=textwrap.fill(description, WIDTH),
            epilog=epilog and textwrap.fill(epilog, WIDTH),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        groups = {name: self.add_argument_group(title) for name, title in GROUPS.items()}
        if settings:
            groups["options"].add_argument(
                "--config",
                metavar="FILE",
                help="read settings from TOML (or the variable TRIO_CHAT_CONFIG names it)",
            )
        for name in settings:
            setting = SETTINGS[name]
            if setting.metadata["group"] == SECRET:
                continue  # other users of the machine could read it
            groups[setting.metadata["group"]].add_argument(
                _flag(name),
                metavar=_metavar(setting),
                action="append" if _is_list(setting) else "store",
                nargs="?" if _is_switch(setting) else None,
                const="on" if _is_switch(setting) else None,
                default=argparse.SUPPRESS,
                help=setting.metadata["help"] + _shown_default(setting),
            )

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Write the help.

        Raises:
            OSError: it cannot be written, which argparse itself does not tell.
        """
        (file or sys.stdout).write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """Report wrong usage.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"{message} (--help lists the options)")

    def read(
        self, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[argparse.Namespace, Config]:
        """Return the command's own options and the settings, those of ways in for servers alone.

        Raises:
            ConfigError: an unknown option or setting, a bad value or an unreadable file.
        """
        options = self.parse_args(arguments)
        given = gather(options, environment)
        if not self._is_of_server:
            given = {name: pair for name, pair in given.items() if name not in WAYS_IN}
        return options, make_config(given)


def gather(options: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, Given]:
    """Return all given settings: flags win over the environment, which wins over the file.

    Raises:
        ConfigError: an unknown setting or an unreadable file.
    """
    flags = {name: value for name, value in vars(options).items() if name in SETTINGS}
    file = options.config
    if file is None:
        file = environment.get(FILE_VARIABLE) or None  # an empty one is not set
    return {
        **({} if file is None else _from_file(Path(file))),
        **_from_environment(environment),
        **{name: Given(_flag(name), value) for name, value in flags.items()},
    }


def make_config(given: Mapping[str, Given]) -> Config:
    """Convert given settings to a ``Config``.

    Raises:
        ConfigError: a bad value; the message names its source.
    """
    return Config(**{name: _convert(SETTINGS[name], *pair) for name, pair in given.items()})


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _is_list(setting: Field[Any]) -> bool:
    return isinstance(setting.default, tuple)


def _is_switch(setting: Field[Any]) -> bool:
    """Whether the flag alone means 'on'."""
    return setting.default == "off"


def _metavar(setting: Field[Any]) -> str:
    """Return what the help calls a value: its unit, if the text about it begins with that."""
    if _is_switch(setting):
        return "on|off"
    first: str = setting.metadata["help"].split()[0]
    if first in UNITS and setting.type is not Rate:
        return first.upper()
    word: str = setting.metadata.get("shown_as") or setting.name.split("_")[-1].upper()
    names = {int: "N", float: "SECONDS", str: word, Rate: word}
    return names.get(setting.type, word if _is_list(setting) else "FILE")  # type: ignore[arg-type]


def _shown_default(setting: Field[Any]) -> str:
    return "" if setting.default in (None, ()) else f" (default: {setting.default})"


def _from_file(path: Path) -> dict[str, Given]:
    try:
        table = tomllib.loads(read(path, FILE_LIMIT).decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8") from None
    except (ValueError, RecursionError) as error:  # not TOML
        raise ConfigError(f"{path}: {error}") from None
    for name in table:
        if name not in SETTINGS:
            raise ConfigError(f"{path}: unknown setting {name!r}{_hint(name)}")
    return {name: Given(f"{path}: {name}", value) for name, value in table.items()}


def _hint(name: str) -> str:
    """Return which setting an unknown one may stand for, in words; nothing if it is like none."""
    close = get_close_matches(name.lower().replace("-", "_"), SETTINGS, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _from_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    given: dict[str, Given] = {}
    for variable, value in environment.items():
        word = variable.removeprefix(ENV_PREFIX)
        if word == variable or not value or _is_service_link(word, value):
            continue  # an empty one is not set, as in files for containers
        name = word.lower()
        if name not in SETTINGS:
            raise ConfigError(f"unknown setting {variable} in the environment")
        given[name] = Given(variable, value.split(",") if _is_list(SETTINGS[name]) else value)
    return given


def _is_service_link(word: str, value: str) -> bool:
    """Whether a variable is about something else and no setting; ``word`` is without prefix."""
    if word in NO_SETTINGS:
        return True
    if SERVICE_LINKS.fullmatch(word):
        return word.lower() not in SETTINGS
    if word == "PORT" or word.endswith("_PORT"):
        return SERVICE_ADDRESS.fullmatch(value) is not None
    is_name = word == "NAME" or word.endswith("_NAME")
    return is_name and word.lower() not in SETTINGS and LINK_NAME.fullmatch(value) is not None


def _convert(setting: Field[Any], source: str, value: Any) -> Any:
    """Convert a raw value to the type of its setting.

    Raises:
        ConfigError: the value is of another type; the message names its source.
    """
    try:
        if _is_list(setting):
            return _strings(value)
        if setting.type is int:
            return _whole(value)
        if setting.type is float:
            return _number(value)
        if setting.type is Rate:
            return Rate.parse(_string(value))
        return _string(value) if setting.type is str else _path(value)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{source} must be {error}, not {value!r}") from None


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not WHOLE.fullmatch(str(value)):
        raise ValueError("a whole number")
    return int(value)


def _number(value: Any) -> float:
    try:
        is_number = not isinstance(value, bool) and NUMBER.fullmatch(str(value))
        number = float(value) if is_number else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a number")
    return number


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _path(value: Any) -> Path:
    if not _string(value):
        raise ValueError("the name of a file")
    return Path(value)


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of texts")
    return tuple(value)
