"""The rules that every journal keeps for what is read from it."""

import pytest

from tests.journal.drafts import ROOM, Clock, edit, fill, react, say, title
from trio_chat.journal.types import Journal, RoomState, RoomSummary
from trio_chat.protocol.events import Message


async def test_a_new_room_is_empty(journal: Journal) -> None:
    """Nothing is known of a room in which nothing was said."""
    [state] = await journal.load(["new"], 10)
    assert state == RoomState("new", 1, 0, "", state.recent)
    assert list(state.recent) == []
    assert await journal.after("new", 0, 10) == []
    assert await journal.messages("new", before=None, after=None, limit=10) == []


async def test_rooms_are_loaded_in_the_order_in_which_they_are_named(journal: Journal) -> None:
    """Known or not."""
    await fill(journal, 2)
    await fill(journal, 1, room="jam")
    states = await journal.load(["jam", "new", ROOM], 10)
    assert [(state.name, state.first, state.last) for state in states] == [
        ("jam", 1, 1),
        ("new", 1, 0),
        (ROOM, 1, 2),
    ]


@pytest.mark.parametrize(("recent", "found"), [(1, [6]), (3, [4, 5, 6]), (99, [1, 2, 3, 4, 5, 6])])
async def test_a_room_is_loaded_with_its_latest_events(
    journal: Journal, recent: int, found: list[int]
) -> None:
    """Of all kinds, as they were told, in order, and with its topic."""
    await fill(journal, 3)
    await journal.commit([react(2), title("Old"), title("New")])
    [state] = await journal.load([ROOM], recent)
    assert (state.first, state.last, state.topic) == (1, 6, "New")
    assert [seq for seq, _ in state.recent] == found
    assert list(state.recent) == (await journal.after(ROOM, 0, 99))[-recent:]


@pytest.mark.parametrize(
    ("seq", "limit", "found"),
    [(0, 2, [1, 2]), (0, 9, [1, 2, 3, 4, 5]), (3, 9, [4, 5]), (5, 9, []), (77, 9, [])],
)
async def test_what_follows_a_number(
    journal: Journal, seq: int, limit: int, found: list[int]
) -> None:
    """All kinds of events follow, in order, up to a limit."""
    await fill(journal, 3)
    await fill(journal, 1, room="jam")
    await journal.commit([edit(1), react(1)])
    assert [number for number, _ in await journal.after(ROOM, seq, limit)] == found


@pytest.mark.parametrize(
    ("before", "after", "limit", "found"),
    [
        (None, None, 2, [5, 7]),
        (None, None, 99, [1, 2, 3, 5, 7]),
        (5, None, 2, [2, 3]),
        (1, None, 2, []),
        (None, 0, 2, [1, 2]),
        (None, 2, 99, [3, 5, 7]),
        (None, 7, 99, []),
        (3, 2, 99, [3, 5, 7]),
    ],
)
async def test_a_page_of_history(
    journal: Journal, before: int | None, after: int | None, limit: int, found: list[int]
) -> None:
    """Messages alone count, the oldest first; without bounds they are the latest."""
    await fill(journal, 3)
    await journal.commit([title(), say(), react(1), say(), react(5)])
    page = await journal.messages(ROOM, before=before, after=after, limit=limit)
    assert [event.seq for event in page if isinstance(event, Message)] == found


async def test_behind_the_messages_is_what_changes_them(journal: Journal) -> None:
    """All that does, in order, and of these messages only."""
    await journal.commit([say(), say(), edit(2), react(1), say(), react(2), title()])
    page = await journal.messages(ROOM, before=3, after=None, limit=1)
    assert [event.seq for event in page] == [2, 3, 6]
    page = await journal.messages(ROOM, before=None, after=1, limit=9)
    assert [event.seq for event in page] == [2, 5, 3, 6]


class TestRooms:
    """The list of rooms tells where something was said, the latest first."""

    async def test_the_latest_comes_first(self, journal: Journal, clock: Clock) -> None:
        """With its topic and time; there is a limit."""
        for room in ("tea", "jam", "pie", "tea"):
            clock.now += 10
            await journal.commit([say(room=room)])
        await journal.commit([title("Tea", room="tea")])
        listed = [
            RoomSummary("tea", "Tea", 1_000_040),
            RoomSummary("pie", "", 1_000_030),
            RoomSummary("jam", "", 1_000_020),
        ]
        assert await journal.rooms(10) == listed
        assert await journal.rooms(2) == listed[:2]

    async def test_to_look_does_not_make_one(self, journal: Journal) -> None:
        """Loading and reading leave no trace."""
        await journal.load(["new"], 10)
        await journal.after("new", 0, 10)
        await journal.messages("new", before=None, after=None, limit=10)
        assert await journal.rooms(10) == []

    async def test_what_is_refused_does_not_make_one(self, journal: Journal) -> None:
        """A room in which nothing was said is not listed."""
        await journal.commit([react(1, room="new")])
        assert await journal.rooms(10) == []
