"""Prints tables: aligned on a terminal, tab-separated or as JSON for programs."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trio_chat.standard_streams import columns
from trio_chat.terminal import moments
from trio_chat.terminal.sanitize import sanitize_line

Row = dict[str, Any]  # the same keys in all rows of a table


def show(rows: Sequence[Row], *, as_json: bool = False) -> None:
    """Print rows on standard output: a table, tab-separated values, or JSON objects."""
    if as_json:
        for row in rows:
            print(json.dumps(row, default=str))  # in ASCII, which no terminal interprets
    elif sys.stdout.isatty():
        _draw(rows)
    else:
        for row in rows:
            print("\t".join(" ".join(_text(value).split()) for value in row.values()))


def _draw(rows: Sequence[Row]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in (rows[0] if rows else {}).items():
        table.add_column(name, justify="right" if isinstance(value, int) else "left")
    for row in rows:
        table.add_row(*(Text(sanitize_line(_nice(name, value))) for name, value in row.items()))
    Console(width=columns()).print(table)


def _nice(name: str, value: Any) -> str:  # noqa: ANN401 - whatever is in a table
    """Return a value in a form for people."""
    if name == "bytes":
        return size(value)
    return f"{value:,}" if isinstance(value, int) else _text(value)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever is in a table
    return "" if value is None else str(value)


def size(count: float) -> str:
    """Return a number of bytes in a fitting unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:  # noqa: PLR2004 - what kilo means
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.0f} TB"


def moment(ts: int | None) -> str | None:
    """Return a time in milliseconds since 1970 as ISO 8601, in UTC."""
    if ts is None:
        return None
    return f"{moments.utc(ts):%Y-%m-%dT%H:%M:%SZ}"
