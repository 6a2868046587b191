"""The threat model says of each threat which test, or which attack, shows what bounds it."""

import re
from pathlib import Path

import pytest

from tests.hostile.attack import ATTACKS
from tests.hostile.attacks import load

ROOT = Path(__file__).parents[2]
TESTS = list((ROOT / "tests").rglob("test_*.py"))
ROW = re.compile(r"^\| (?!threat \||what is bounded \||who \||--)(.+) \|$", re.MULTILINE)


def rows() -> list[list[str]]:
    """Return the cells of each row of a table."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    return [row.split(" | ") for row in ROW.findall(page)]


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return the names of all tests, and of all attacks."""
    load()
    source = "\n".join(path.read_text(encoding="utf-8") for path in TESTS)
    return {*re.findall(r"^ *(?:async )?def (test_\w+)\(", source, re.MULTILINE), *ATTACKS}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_each_threat_is_shown_by_what_there_is(row: list[str], known: set[str]) -> None:
    """At least one test or attack, and none that is not there."""
    shown = re.findall(r"`([\w-]+)`", row[-1])
    assert shown, row[0]
    assert set(shown) <= known, set(shown) - known
