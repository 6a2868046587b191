"""Rules of the grants that are remembered, so that who moderates by them is spared."""

import pytest

from trio_chat.auth.grant import ANYBODY, OPERATOR, Grant
from trio_chat.core import grants
from trio_chat.core.grants import Grants
from trio_chat.protocol.rights import Right

MODERATES = Grant(subject="ann", rooms={"tea": Right.MODERATE}, expires_at=10)
SPEAKS = Grant(subject="ann", rooms={"tea": Right.SPEAK})
OPERATES = Grant(subject="ben", role=OPERATOR)


def test_a_grant_is_remembered_until_it_ends_or_gives_less() -> None:
    """Who has not shown one has none."""
    known = Grants()
    known.note("a", MODERATES)
    known.note("b", OPERATES)
    assert known.of("a", 9_999) is MODERATES
    assert known.of("a", 10_000) is ANYBODY
    assert known.of("b", 10_000) is OPERATES
    assert known.of("c", 0) is ANYBODY
    known.note("a", SPEAKS)
    assert known.of("a", 0) is ANYBODY


def test_those_who_have_shown_theirs_long_ago_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond so many people."""
    monkeypatch.setattr(grants, "REMEMBERED", 2)
    known = Grants()
    for person in ("a", "b", "a", "c"):
        known.note(person, OPERATES)
    assert [known.of(person, 0) for person in "abc"] == [OPERATES, ANYBODY, OPERATES]
