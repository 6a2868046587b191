"""What is proposed to whoever names a room that there cannot be."""

import json
from pathlib import Path

import pytest

from trio_chat.protocol.names import BadName, check_room, propose_room
from trio_chat.protocol.unicode import CODE_POINTS

CASES = json.loads((Path(__file__).parents[1] / "room_proposals.json").read_text(encoding="utf-8"))
LIMIT = 64  # characters


@pytest.mark.parametrize(("name", "proposal"), CASES)
def test_a_name_that_can_be_is_proposed_for_one_that_cannot(
    name: str, proposal: str | None
) -> None:
    """It is told in the refusal, and no other room is opened."""
    assert propose_room(name, LIMIT) == proposal
    with pytest.raises(BadName) as refusal:
        check_room(name, LIMIT)
    assert str(refusal.value).endswith(f'; "{proposal}" may be one') is bool(proposal)


@pytest.mark.parametrize("name", [case[1] for case in CASES if case[1]])
def test_what_is_proposed_can_be_a_room(name: str) -> None:
    """As it is: it is in its normal form."""
    assert check_room(name, LIMIT) == name


@pytest.mark.parametrize(
    "name", ["a " * LIMIT, "a " * CODE_POINTS * LIMIT, "\ufdfa " * 10, "\ufdfa" * LIMIT]
)
def test_nothing_is_proposed_for_a_name_that_is_too_long(name: str) -> None:
    """Nor for one whose proposal would be: whatever is cut off may be what it is about."""
    assert propose_room(name, LIMIT) is None
