"""Whatever strangers send, readers fail only as they say; ``nox -s fuzz`` looks for longer."""

import pytest

from tests.fuzz.__main__ import corpus, fuzz
from tests.fuzz.targets import TARGETS

EXAMPLES = 2000  # of a target; about a minute for all while branches are counted


@pytest.mark.parametrize("name", TARGETS)
def test_what_once_broke_a_rule_does_not_any_more(name: str) -> None:
    """The corpus is kept for ever; good input is good."""
    for data in corpus(name):
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_breaks_no_rule(name: str) -> None:
    """Each run tries other inputs."""
    fuzz(name, EXAMPLES)
