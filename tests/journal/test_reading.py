"""The rules that every journal keeps for what is read from it."""

import pytest

from tests.journal.drafts import BEN, MUCH, ROOM, Clock, delete, edit, fill, page, react, say, title
from trio_chat.journal.journal import Journal
from trio_chat.journal.search.query import parse
from trio_chat.journal.types import Bounds, RoomState, RoomSummary
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.answers import encode
from trio_chat.protocol.events import Person


async def test_a_new_room_is_empty(journal: Journal) -> None:
    """Nothing is known of a room in which nothing was said."""
    [state] = await journal.load(["new"], 10)
    assert state == RoomState("new", 1, 0, "", state.recent)
    assert list(state.recent) == []
    assert await journal.after("new", 0, 10, MUCH) == []
    assert await page(journal, "new") == []


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
    assert list(state.recent) == (await journal.after(ROOM, 0, 99, MUCH))[-recent:]


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
    assert [number for number, _ in await journal.after(ROOM, seq, limit, MUCH)] == found


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
    messages, more = await journal.messages(
        ROOM, before=before, after=after, limit=limit, max_bytes=MUCH
    )
    assert [message.seq for message in messages] == found
    assert more == (limit == len(found))


SLACK = 100  # bytes by which a journal may think that a message is larger than it is


class TestPageBytes:
    """A page ends before it has more bytes than it may have, but is never empty for that."""

    async def test_of_what_follows(self, journal: Journal) -> None:
        """The bytes are those that are kept, with commas between them."""
        await fill(journal, 5)
        sizes = [len(data) + 1 for _, data in await journal.after(ROOM, 0, 99, MUCH)]
        for max_bytes, found in [
            (1, [1]),
            (sum(sizes[:2]) - 1, [1]),
            (sum(sizes[:2]), [1, 2]),
            (sum(sizes), [1, 2, 3, 4, 5]),
        ]:
            events = await journal.after(ROOM, 0, 99, max_bytes)
            assert [seq for seq, _ in events] == found

    @pytest.mark.parametrize(
        ("before", "after", "share", "found", "more"),
        [
            (None, None, 0, [5], True),
            (None, None, 2, [4, 5], True),
            (3, None, 1, [2], True),
            (2, None, 0, [1], False),
            (None, None, 5, [1, 2, 3, 4, 5], False),
            (None, 1, 2, [2, 3], True),
            (None, 3, 2, [4, 5], False),
        ],
    )
    async def test_of_history(
        self,
        journal: Journal,
        before: int | None,
        after: int | None,
        share: int,
        found: list[int],
        more: bool,
    ) -> None:
        """Those next to the number that was asked for are kept."""
        await journal.commit([say("text " + "x" * 1000) for _ in range(5)])
        size = len(encode((await page(journal))[0])) + SLACK
        messages, is_more = await journal.messages(
            ROOM, before=before, after=after, limit=99, max_bytes=share * size
        )
        assert ([message.seq for message in messages], is_more) == (found, more)

    async def test_of_search(self, journal: Journal) -> None:
        """The newest are kept."""
        await journal.commit([say("text " + "x" * 1000) for _ in range(5)])
        size = len(encode((await page(journal))[0])) + SLACK
        for share, found, more in [(0, [5], True), (2, [5, 4], True), (5, [5, 4, 3, 2, 1], False)]:
            messages, is_more = await journal.search(
                ROOM, parse("text"), Bounds(), 99, share * size
            )
            assert ([message.seq for message in messages], is_more) == (found, more)


async def test_messages_come_as_they_stand(journal: Journal) -> None:
    """With the last text, the present reactions, and whether they are edited or deleted."""
    cat = Person("c3", "Cat")
    await journal.commit([say(), edit(1, "b"), edit(1, "c"), say("gone"), delete(4)])
    await journal.commit([react(1), react(1, who=cat), react(1, "x"), react(1), react(1, who=None)])
    await journal.commit([react(1, "x", on=False), react(1, "y", on=False), react(4)])
    first, second = await page(journal)
    assert (first.text, first.edited, first.deleted) == ("c", True, False)
    assert first.reactions == {"🍋": [cat, BEN]}
    assert (second.text, second.edited, second.deleted) == ("", False, True)
    assert second.reactions == {}


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
        assert await journal.rooms(10, {"jam", "none", "tea", LEDGER}) == listed[::2]
        assert await journal.rooms(1, {"jam", "tea"}) == listed[:1]
        assert await journal.rooms(10, ()) == []

    async def test_to_look_does_not_make_one(self, journal: Journal) -> None:
        """Loading and reading leave no trace."""
        await journal.load(["new"], 10)
        await journal.after("new", 0, 10, MUCH)
        await journal.messages("new", before=None, after=None, limit=10, max_bytes=MUCH)
        assert await journal.rooms(10) == []

    async def test_what_is_refused_does_not_make_one(self, journal: Journal) -> None:
        """A room in which nothing was said is not listed."""
        await journal.commit([react(1, room="new")])
        assert await journal.rooms(10) == []


async def test_forms_of_an_emoji_that_look_the_same_are_one_reaction(journal: Journal) -> None:
    """Those of earlier releases, too, which kept each as it came."""
    await fill(journal, 1)
    await journal.commit([react(1, "\u2764\ufe0f"), react(1, "\u2764", who=Person("c", "Cat"))])
    [message] = await page(journal)
    assert [[who.nick for who in people] for people in message.reactions.values()] == [
        ["Ben", "Cat"]
    ]
