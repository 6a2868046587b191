"""The command that checks and shows the settings."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trio_chat import bus_url
from trio_chat.commands.tables import show
from trio_chat.config import Config
from trio_chat.database_url import shown
from trio_chat.loaded_files import check
from trio_chat.setting_fields import SECRET
from trio_chat.settings import SETTINGS, CommandLine, gather, make_config
from trio_chat.workers.private_postgres import has_parent, private_postgres

HIDDEN = "(hidden)"


def main(arguments: Sequence[str]) -> int:
    """Show each setting as the server would use it, and its source; then read the files they name.

    Raises:
        ConfigError: a setting is not valid, a file cannot be used, or workers find no PostgreSQL.
    """
    options = _command_line().parse_args(arguments)
    given = gather(options, os.environ)
    config = make_config(given)
    show(
        [
            {
                "setting": name,
                "value": _shown(_value(config, name), as_json=options.json),
                "source": given[name].source if name in given else "default",
            }
            for name in SETTINGS
        ],
        as_json=options.json,
    )
    check(config)
    if has_parent(config):
        private_postgres(config)
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "check-config",
        "Check the settings that the server would start with, given the same flags, variables and "
        "file, and show each with its source: setting, value, source. Reads the certificate and "
        "other files that they name; the database is not opened. The exit status is 2 if "
        "something is wrong.",
        SETTINGS,
    )
    line.add_argument("--json", action="store_true", help="print JSON objects, one a line")
    return line


def _value(config: Config, name: str) -> Any:  # noqa: ANN401 - whatever a setting can be
    """Return the value of a setting; of a secret only whether there is one."""
    value = getattr(config, name)
    if name == "database":
        return shown(value)
    if name == "bus":
        return value and str(bus_url.parse(value))
    return HIDDEN if value and SETTINGS[name].metadata["group"] == SECRET else value


def _shown(value: Any, *, as_json: bool) -> Any:  # noqa: ANN401 - whatever a setting can be
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple) and not as_json:
        return ",".join(value)
    return value if as_json or value is None else str(value)  # a port has no thousands
