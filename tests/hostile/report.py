"""The report of a run: lines while it goes on, a table in Markdown, and JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tests.hostile.result import Result, mebibytes, milliseconds

HEAD = (
    "| attack | how | sent | others wait, before → during (limit) "
    "| memory | disk | ends | outcome |\n"
    "|---|---|--:|---|--:|--:|---|---|\n"
)
ENDINGS = 4  # kinds of endings that are shown


def line(result: Result) -> str:
    """Return one result as a line for a terminal."""
    if result.left_out:
        return f"[yellow]-[/] {result.name}: {escape(result.left_out)}"
    mark = "[green]✓[/]" if result.passed else "[red]✗[/]"
    facts = (
        f"{result.name:<26} {result.variant:<16} {_delay(result):<34} {mebibytes(result.memory)}"
    )
    faults = "".join(f"\n    [red]{escape(fault)}[/]" for fault in result.faults)
    return f"{mark} {escape(facts)}{faults}"


def summary(results: Iterable[Result]) -> str:
    """Return how many attacks did no harm."""
    made = [result for result in results if not result.left_out]
    passed = sum(1 for result in made if result.passed)
    return f"{passed} of {len(made)} attacks did no harm"


def table(results: Iterable[Result]) -> str:
    """Return all results as a table in Markdown."""
    return HEAD + "".join(map(_row, results))


def _row(result: Result) -> str:
    outcome = result.left_out or "; ".join(result.faults) or "✓"
    cells = (
        f"`{result.name}`",
        result.variant,
        mebibytes(result.sent),
        _delay(result),
        mebibytes(result.memory),
        mebibytes(result.disk),
        _endings(result),
        outcome,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _delay(result: Result) -> str:
    if result.during is None:
        return "-"
    before, during = milliseconds(result.before), milliseconds(result.during)
    return f"{before} → {during} ({milliseconds(result.limit)})"


def _endings(result: Result) -> str:
    most = sorted(result.endings.items(), key=lambda pair: -pair[1])[:ENDINGS]
    return ", ".join(f"{ending}: {times}" for ending, times in most)


def outcomes(results: Iterable[Result]) -> str:
    """Return the one right outcome of each attack as a table in Markdown."""
    known = {result.name: result.outcome for result in results}
    rows = (f"| `{name}` | {outcome} |\n" for name, outcome in known.items())
    return "| attack | the one right outcome |\n|---|---|\n" + "".join(rows)


def write(results: list[Result], json_file: Path | None, table_file: Path | None) -> None:
    """Write the report to the files that are asked for."""
    if json_file:
        everything = [result.as_json() for result in results]
        json_file.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n")
    if table_file:
        table_file.write_text(table(results))


def show(console: Console, result: Result) -> None:
    """Print one result."""
    console.print(line(result), highlight=False, soft_wrap=True)
