"""The report of a run: lines while it goes on, a table in Markdown, and JSON."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tests.hostile.result import DELAY, Result, mebibytes, milliseconds

HEAD = (
    "| attack | 1 | many | 1 slow | many slow | memory | disk | ends | what is wrong |\n"
    "|---|--:|--:|--:|--:|--:|--:|---|---|\n"
)
COLUMNS = ((False, False), (True, False), (False, True), (True, True))  # many, slow
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
    """Return all results as a table in Markdown, a row for each attack.

    A column of delays is for one or for many connections, at full speed or at 100 kB/s.
    """
    by_name: dict[str, list[Result]] = {}
    for result in results:
        by_name.setdefault(result.name, []).append(result)
    return HEAD + "".join(_row(name, those) for name, those in by_name.items())


def _row(name: str, those: Sequence[Result]) -> str:
    delays = [" ".join(map(_short_delay, filter(_is(column), those))) for column in COLUMNS]
    faults = dict.fromkeys(fault for result in those for fault in _shown_faults(result))
    cells = (
        f"`{name}`",
        *delays,
        mebibytes(max((result.memory or 0 for result in those), default=0)),
        mebibytes(max((result.disk or 0 for result in those), default=0)),
        _endings(those),
        those[0].left_out or "; ".join(faults) or ("" if _are_good(those) else DELAY),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _is(column: tuple[bool, bool]) -> Callable[[Result], bool]:
    many, slow = column
    return lambda one: (not one.variant.startswith("1 "), "kB/s" in one.variant) == (many, slow)


def _are_good(those: Iterable[Result]) -> bool:
    return all(result.passed for result in those)


def _short_delay(result: Result) -> str:
    """Return how long others wait, in bold where that is more than they should."""
    if result.during is None:
        return "-"
    text = f"{result.during * 1000:,.0f}"
    is_over = result.limit is not None and result.during > result.limit
    return f"**{text}**" if is_over else text


def _shown_faults(result: Result) -> list[str]:
    """Return what is wrong but for the delay, which has columns of its own."""
    return [fault for fault in result.faults if not fault.startswith(DELAY)]


def _delay(result: Result) -> str:
    if result.during is None:
        return "-"
    before, during = milliseconds(result.before), milliseconds(result.during)
    return f"{before} → {during} ({milliseconds(result.limit)})"


def _endings(those: Iterable[Result]) -> str:
    counts = Counter[str]()
    for result in those:
        counts.update(result.endings)
    return ", ".join(f"{ending}: {times}" for ending, times in counts.most_common(ENDINGS))


def outcomes(results: Iterable[Result]) -> str:
    """Return the one right outcome of each attack as a list in Markdown."""
    known = {result.name: result.outcome for result in results}
    return "".join(f"- `{name}`: {outcome}\n" for name, outcome in known.items())


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
