"""Decides, case by case, whether what the suite saw is what we stand for."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.problem import Problem

ALLOWED = Path(__file__).with_name("allowed.toml")
GOOD = frozenset({"OK", "INFORMATIONAL"})
KEYS = frozenset({"cases", "behavior", "close", "may", "reason"})


@dataclass(frozen=True)
class Outcome:
    """What the suite says of one case: how the exchange went, how it closed, the full report."""

    case: str
    behavior: str
    close: str = "OK"
    report: str = ""

    @property
    def good(self) -> bool:
        """Whether it is what we want of every case."""
        return self.behavior in GOOD and self.close in GOOD


@dataclass(frozen=True)
class Allowance:
    """A result other than good that a case has for a reason.

    ``may`` says that it depends on how the bytes happen to be cut, so that a good result is
    right as well; without it a good result means that the allowance has outlived its reason.
    """

    behavior: str
    reason: str
    close: str = "OK"
    may: bool = False

    def covers(self, outcome: Outcome) -> bool:
        """Tell whether ``outcome`` is exactly what is allowed."""
        return (outcome.behavior, outcome.close) == (self.behavior, self.close)

    def __str__(self) -> str:
        """Return the result as a failure names it."""
        return f"{self.behavior}/{self.close}"


@dataclass(frozen=True)
class Verdict:
    """What we think of an outcome: ``fault`` is empty if the case passed."""

    outcome: Outcome
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether the case is as we want it, or as the list allows it."""
        return not self.fault


def judge(outcomes: Iterable[Outcome], allowed: Mapping[str, Allowance]) -> list[Verdict]:
    """Return a verdict for each outcome, and one for each allowance whose case never ran."""
    verdicts = [_judge_one(outcome, allowed.get(outcome.case)) for outcome in outcomes]
    unseen = set(allowed) - {verdict.outcome.case for verdict in verdicts}
    verdicts += [
        Verdict(Outcome(case, "NOT RUN", "NOT RUN"), "is on the list but did not run")
        for case in sorted(unseen, key=case_order)
    ]
    return verdicts


def _judge_one(outcome: Outcome, allowance: Allowance | None) -> Verdict:
    if outcome.good:
        stale = allowance and not allowance.may
        return Verdict(outcome, f"{allowance} is no longer needed on the list" if stale else "")
    if allowance is None:
        return Verdict(outcome, "expected OK or INFORMATIONAL")
    covered = allowance.covers(outcome)
    return Verdict(outcome, "" if covered else f"expected {allowance}, as the list allows")


def case_order(case: str) -> list[int]:
    """Return a sort key that puts case 2.10 behind 2.9."""
    return [int(number) for number in case.split(".")]


def load_allowed(path: Path = ALLOWED) -> dict[str, Allowance]:
    """Return what is allowed, by the number of the case.

    Raises:
        Problem: the list is not well-formed, gives no reason, or names a case twice.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", [])
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{path.name}: {error}") from None
    allowed: dict[str, Allowance] = {}
    for entry in entries:
        allowance = _allowance(entry, path.name)
        for case in entry["cases"]:
            if case in allowed:
                raise Problem(f"{path.name}: case {case} is there twice")
            allowed[case] = allowance
    return allowed


def _allowance(entry: dict[str, Any], where: str) -> Allowance:
    unknown = entry.keys() - KEYS
    if unknown:
        raise Problem(f"{where}: unknown key {min(unknown)!r}")
    missing = [key for key in ("cases", "behavior", "reason") if not entry.get(key)]
    if missing:
        raise Problem(f"{where}: an entry lacks {missing[0]!r}")
    return Allowance(**{key: value for key, value in entry.items() if key != "cases"})
