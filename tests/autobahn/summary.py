"""Tells a person how the cases went: while they run, and in the end."""

import sys
from collections import Counter
from collections.abc import Sequence

from .judge import Verdict

SECTIONS = {
    "1": "Framing",
    "2": "Pings and pongs",
    "3": "Reserved bits",
    "4": "Opcodes",
    "5": "Fragmentation",
    "6": "UTF-8",
    "7": "Close",
    "9": "Large messages",
    "10": "Auto-fragmentation",
}
COLUMNS = ("good", "allowed", "failed")
BAR_WIDTH = 30  # characters
STEPS = 5  # lines of progress where the output is not a terminal


class ProgressBar:
    """Shows on stderr how many of ``total`` cases have started: a bar, or a few lines."""

    def __init__(self, name: str, total: int) -> None:
        """Start at none of ``total`` cases of the selection called ``name``."""
        self.name = name
        self.total = total
        self.started = 0

    def __call__(self, case: str) -> None:
        """Note that ``case`` has started."""
        self.started += 1
        count = f"{self.name} {self.started}/{self.total}"
        if sys.stderr.isatty():
            bar = "#" * (BAR_WIDTH * self.started // self.total)
            end = "\n" if self.started == self.total else ""
            sys.stderr.write(f"\r[{bar:.<{BAR_WIDTH}}] {count} case {case:<8}{end}")
        elif self.started % max(1, self.total // STEPS) == 0 or self.started == self.total:
            sys.stderr.write(f"{count} case {case}\n")
        sys.stderr.flush()


def summary(verdicts: Sequence[Verdict], reports: Sequence[str]) -> str:
    """Return a table by section, each failure, where the reports lie, and the totals, last."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    lines = [*_table(verdicts), "", *map(_failure, failed)]
    lines += [f"report: {report}" for report in reports]
    lines.append(f"{len(verdicts) - len(failed)} passed, {len(failed)} failed")
    return "\n".join(lines) + "\n"


def _table(verdicts: Sequence[Verdict]) -> list[str]:
    sections: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        number = verdict.outcome.case.partition(".")[0]
        sections.setdefault(number, Counter())[_column(verdict)] += 1
    return [
        _row("section", COLUMNS),
        *(
            _row(f"{number:>2} {SECTIONS.get(number, '')}", [counts[name] for name in COLUMNS])
            for number, counts in sorted(sections.items(), key=lambda item: int(item[0]))
        ),
    ]


def _column(verdict: Verdict) -> str:
    if not verdict.passed:
        return "failed"
    return "good" if verdict.outcome.good else "allowed"


def _row(title: str, cells: Sequence[object]) -> str:
    return f"{title:<24}" + "".join(f"{cell!s:>9}" for cell in cells)


def _failure(verdict: Verdict) -> str:
    outcome = verdict.outcome
    seen = f"{outcome.behavior}/{outcome.close}"
    return f"FAILED {outcome.case}: {seen}, {verdict.fault}; see {outcome.report or 'allowed.toml'}"
