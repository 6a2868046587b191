"""Tests of the judge. They need neither the suite nor Python 2.7."""

from pathlib import Path

import pytest

from tests.conformance.problem import Problem

from .judge import Allowance, Outcome, case_order, judge, load_allowed
from .summary import summary

LATE = Allowance("NON-STRICT", "seen at the end")
RACE = Allowance("NON-STRICT", "depends on the reads", may=True)
CODE = Allowance("FAILED", "answered with 1002", close="WRONG CODE")


def fault(outcome: Outcome, allowance: Allowance | None = None) -> str:
    """Return what the judge finds wrong with ``outcome``; the allowance is for its case."""
    [verdict] = judge([outcome], {outcome.case: allowance} if allowance else {})
    assert verdict.passed is (not verdict.fault)
    return verdict.fault


@pytest.mark.parametrize("behavior", ["OK", "INFORMATIONAL"])
@pytest.mark.parametrize("close", ["OK", "INFORMATIONAL"])
def test_good(behavior: str, close: str) -> None:
    """OK and INFORMATIONAL pass everywhere, in the exchange and in the close."""
    assert fault(Outcome("1.1.1", behavior, close)) == ""


@pytest.mark.parametrize(
    "behavior", ["FAILED", "NON-STRICT", "UNIMPLEMENTED", "UNCLEAN", "a word never seen"]
)
def test_not_good(behavior: str) -> None:
    """Any other behaviour fails, unless it is on the list."""
    assert fault(Outcome("1.1.1", behavior)) == "expected OK or INFORMATIONAL"


@pytest.mark.parametrize("close", ["FAILED", "UNCLEAN", "WRONG CODE", "FAILED BY CLIENT"])
def test_bad_close(close: str) -> None:
    """A good exchange with a bad close fails."""
    assert fault(Outcome("1.1.1", "OK", close)) == "expected OK or INFORMATIONAL"


def test_allowed() -> None:
    """A result that is on the list passes."""
    assert fault(Outcome("6.4.1", "NON-STRICT"), LATE) == ""
    assert fault(Outcome("7.1.5", "FAILED", "WRONG CODE"), CODE) == ""


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("6.4.1", "FAILED"),
        Outcome("6.4.1", "NON-STRICT", "UNCLEAN"),
        Outcome("6.4.1", "OK", "UNCLEAN"),
    ],
)
@pytest.mark.parametrize("allowance", [LATE, RACE])
def test_worse_than_allowed(outcome: Outcome, allowance: Allowance) -> None:
    """The list allows one result, exchange and close, not anything for that case."""
    assert fault(outcome, allowance) == "expected NON-STRICT/OK, as the list allows"


def test_stale_allowance() -> None:
    """A case that has become good while on the list fails, so that the list stays true."""
    assert fault(Outcome("6.4.1", "OK"), LATE) == ("NON-STRICT/OK is no longer needed on the list")


def test_may() -> None:
    """An allowance marked ``may`` is right whether or not the result comes out good."""
    assert fault(Outcome("3.2", "OK"), RACE) == ""
    assert fault(Outcome("3.2", "NON-STRICT"), RACE) == ""


def test_other_case() -> None:
    """An allowance is for its own case only."""
    verdicts = judge([Outcome("6.4.1", "NON-STRICT"), Outcome("6.4.2", "OK")], {"6.4.2": RACE})
    assert [verdict.passed for verdict in verdicts] == [False, True]


def test_never_ran() -> None:
    """A case on the list that did not run fails: its number is a slip."""
    verdicts = judge([Outcome("1.1.1", "OK")], {"6.44.1": RACE, "6.5.1": LATE})
    assert [(v.outcome.case, v.fault) for v in verdicts if not v.passed] == [
        ("6.5.1", "is on the list but did not run"),
        ("6.44.1", "is on the list but did not run"),
    ]


def test_case_order() -> None:
    """Cases sort by their numbers, not by their letters."""
    assert sorted(["10.1.1", "2.10", "2.9"], key=case_order) == ["2.9", "2.10", "10.1.1"]


def test_own_list() -> None:
    """The project's list can be read, and allows nothing but what was agreed."""
    allowed = load_allowed()
    worse = {case for case, found in allowed.items() if found.behavior != "NON-STRICT"}
    assert worse <= {"7.1.5"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[allowed]", "Expected"),
        ("[[allowed]]\nbehavior = 'NON-STRICT'\nreason = 'x'", "an entry lacks 'cases'"),
        ("[[allowed]]\ncases = ['1.1']\nreason = 'x'", "an entry lacks 'behavior'"),
        ("[[allowed]]\ncases = ['1.1']\nbehavior = 'FAILED'", "an entry lacks 'reason'"),
        ("[[allowed]]\ncases = ['1.1']\nmaybe = true", "unknown key 'maybe'"),
        (
            "[[allowed]]\ncases = ['1.1', '1.1']\nbehavior = 'FAILED'\nreason = 'x'",
            "case 1.1 is there twice",
        ),
    ],
)
def test_bad_list(tmp_path: Path, text: str, problem: str) -> None:
    """A list with a slip, or without a reason, stops the run with one line that names it."""
    path = tmp_path / "allowed.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=problem):
        load_allowed(path)


def test_summary() -> None:
    """The summary counts by section, explains each failure, and ends with the totals."""
    verdicts = judge(
        [
            Outcome("1.1.1", "OK"),
            Outcome("6.4.1", "NON-STRICT"),
            Outcome("10.1.1", "FAILED", "UNCLEAN", "reports/10.html"),
        ],
        {"6.4.1": LATE},
    )
    assert summary(verdicts, ["reports/index.html"]).splitlines() == [
        "section                      good  allowed   failed",
        " 1 Framing                      1        0        0",
        " 6 UTF-8                        0        1        0",
        "10 Auto-fragmentation           0        0        1",
        "",
        "FAILED 10.1.1: FAILED/UNCLEAN, expected OK or INFORMATIONAL; see reports/10.html",
        "report: reports/index.html",
        "2 passed, 1 failed",
    ]
