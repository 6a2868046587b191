"""How a setting is declared: its default, its help, and which values it may have."""

import re
from dataclasses import Field, field
from pathlib import Path
from typing import Any

from trio_chat.database_url import is_url, shown

MOST = 2**40  # of anything that is counted; SQLite and the kernel can compute with it
LONGEST = 2_000_000.0  # seconds of a time; the kernel counts its milliseconds in 31 bits
SECRET = "secret"  # noqa: S105 - the group of settings that have no flag
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
SURROGATES = re.compile(r"[\ud800-\udfff]")  # how Python holds bytes that are not UTF-8


def option(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    has_password: bool = False,
    is_path: bool = False,
    shown_as: str = "",
) -> Any:
    """Return a field for an everyday option, with its help text and its allowed values.

    With ``has_password`` its value may have one, and no error repeats it. With ``is_path`` a text
    may name a file, whose name the system does not ask to be UTF-8. ``shown_as`` is what its value
    is called in the help of commands, if that is not its unit or the last word of its name.
    """
    metadata = {"help": help, "least": least, "most": most, "group": "options"}
    return field(
        default=default,
        metadata={
            **metadata,
            "has_password": has_password,
            "is_path": is_path,
            "shown_as": shown_as,
        },
        repr=not has_password,
    )


def secret(help: str) -> Any:
    """Return a field for a secret, which no flag sets and nothing shows."""
    metadata = {"help": help, "least": None, "most": None, "group": SECRET}
    return field(default="", metadata=metadata, repr=False)


def limit(
    default: float | str, help: str, *, least: float | None, most: float | None = None
) -> Any:
    """Return a field for a limit or a time, with its help text and its allowed values."""
    if most is None and least is not None:
        most = LONGEST if isinstance(default, float) else MOST
    return field(
        default=default,
        metadata={"help": help, "least": least, "most": most, "group": "limits"},
    )


def check_value(setting: Field[Any], value: Any) -> None:
    """Check a value by itself.

    Raises:
        ValueError: it cannot work; the message is one line for a person.
    """
    least, most = (setting.metadata.get(bound) for bound in ("least", "most"))
    if least is not None and not value >= least:  # which NaN is not, either
        raise ValueError(f"{setting.name} must be at least {least}, not {value}")
    if most is not None and value > most:
        raise ValueError(f"{setting.name} must be at most {most:.0f}, not {value}")
    if setting.metadata["group"] == SECRET:
        return
    if isinstance(value, str | Path):
        _check_text(setting, value)
    elif setting.metadata.get("is_path"):  # other lists have items whose form is checked
        for item in value:
            _check_text(setting, item.strip())


def _check_text(setting: Field[Any], text: str | Path) -> None:
    """Check the characters of a text.

    Raises:
        ValueError: it has some that no setting has.
    """
    said = shown(text) if isinstance(text, str) else text
    as_said = "" if setting.metadata.get("has_password") else f", as {said!r} has"
    if CONTROLS.search(str(text)):
        raise ValueError(f"{setting.name} must have no control characters{as_said}")
    may_name_file = isinstance(text, Path) or setting.metadata.get("is_path")
    if SURROGATES.search(str(text)) and not (may_name_file and not is_url(str(text))):
        raise ValueError(f"{setting.name} must have no bytes that are not UTF-8{as_said}")
