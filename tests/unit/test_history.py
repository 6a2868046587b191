"""Rules of history: messages as it stands, and the list of rooms."""

from collections.abc import Collection

import msgspec
import pytest

from trio_chat.config import Config
from trio_chat.journal.history import ROOMS_LISTED, TOPIC_LISTED, History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import RoomSummary, Unavailable, Write
from trio_chat.protocol import answers, requests
from trio_chat.protocol.events import AnyStoredEvent, Edit, Message, Person, React, Topic

ANN, BOB = Person("a", "Ann"), Person("b", "Bob")
CONFIG = Config(history_page=3, resume_limit=2)


def said(text: str, seq: int = 0, **more: object) -> Message:
    message = Message(room="tea", seq=seq, who=ANN, text=text)
    return msgspec.structs.replace(message, **more)


def react(seq: int, who: Person | None, emoji: str = "x", *, on: bool = True) -> React:
    return React(room="tea", seq=seq, who=who, target=1, emoji=emoji, on=on)


async def archive(*drafts: AnyStoredEvent, populations: dict[str, int] | None = None) -> History:
    """Return an archive of a journal in which these were committed."""
    journal = MemoryJournal(clock=lambda: 1000)
    await journal.commit([Write(draft) for draft in drafts])
    return History(journal, CONFIG, lambda: populations or {})


async def page(archive: History, **asked: int) -> tuple[list[int], bool]:
    """Return the numbers of the messages on a page of history, and whether there are more."""
    answer = await archive.answer(requests.History(room="tea", **asked))
    assert isinstance(answer, answers.Page)
    return [message.seq for message in answer.messages], answer.more


async def test_the_latest_page_comes_without_a_number() -> None:
    """The oldest of it first."""
    tea = await archive(*(said(str(number)) for number in range(1, 8)))
    assert await page(tea) == ([5, 6, 7], True)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"before": 5}, ([2, 3, 4], True)),
        ({"before": 4}, ([1, 2, 3], False)),
        ({"before": 1}, ([], False)),
        ({"before": 0}, ([], False)),
        ({"after": 3}, ([4, 5, 6], True)),
        ({"after": 4}, ([5, 6, 7], False)),
        ({"after": 0}, ([1, 2, 3], True)),
        ({"after": 7}, ([], False)),
        ({"limit": 1}, ([7], True)),
        ({"limit": 2, "after": 0}, ([1, 2], True)),
        ({"limit": 10**30}, ([5, 6, 7], True)),
    ],
)
async def test_pages_lead_from_one_to_the_next(
    asked: dict[str, int], expected: tuple[list[int], bool]
) -> None:
    """Next to the number that was asked for; ``more`` tells of others beyond."""
    tea = await archive(*(said(str(number)) for number in range(1, 8)))
    assert await page(tea, **asked) == expected


async def test_history_counts_messages_and_brings_what_changed_them() -> None:
    """Also if that was said long after."""
    edit = Edit(room="tea", who=ANN, target=1, text="edited")
    tea = await archive(said("1"), said("2"), react(0, BOB), said("3"), said("4"), edit)
    answer = await tea.answer(requests.History(id=9, room="TEA", before=4))
    expected = {
        "t": "history",
        "id": 9,
        "room": "tea",
        "messages": [
            {
                "seq": 1,
                "ts": 1000,
                "text": "edited",
                "from": {"id": "a", "nick": "Ann"},
                "edited": True,
                "reactions": {"x": [{"id": "b", "nick": "Bob"}]},
            },
            {"seq": 2, "ts": 1000, "text": "2", "from": {"id": "a", "nick": "Ann"}},
        ],
        "more": False,
    }
    assert msgspec.json.decode(answers.encode(answer)) == expected


async def test_an_unknown_room_has_no_history_and_a_bad_one_is_refused() -> None:
    """One need not be in a room to read in it."""
    empty = await archive()
    assert await page(empty) == ([], False)
    answer = await empty.answer(requests.History(id=1, room="!"))
    assert isinstance(answer, answers.Error)
    assert (answer.id, answer.code) == (1, "bad_room")


async def test_missed_events_come_in_pages_of_the_resume_limit() -> None:
    """Encoded as they were told."""
    tea = await archive(said("1"), said("2"), said("3"))
    assert [seq for seq, _ in await tea.missed("tea", 0)] == [1, 2]
    assert [seq for seq, _ in await tea.missed("tea", 2)] == [3]


async def test_pages_have_a_bound_in_bytes() -> None:
    """Of history, of what was missed, and of what was found: the rest is another page."""
    config = Config(page_bytes=20_000)
    journal = MemoryJournal()
    await journal.commit([Write(said("long " + "x" * 3995)) for _ in range(9)])
    tea = History(journal, config, dict)
    for request in (
        requests.History(room="tea"),
        requests.History(room="tea", after=0),
        requests.Search(room="tea", query="long"),
    ):
        answer = await tea.answer(request)
        assert isinstance(answer, answers.Page | answers.SearchResult)
        assert answer.more
        assert len(answers.encode(answer)) < config.page_bytes + 100
    assert [seq for seq, _ in await tea.missed("tea", 0)] == [1, 2, 3, 4]


async def test_rooms_are_listed_with_those_in_which_nothing_was_said() -> None:
    """How many are in each, the topic, and when something was said last."""
    drafts: list[AnyStoredEvent] = [said("x"), Topic(room="milk", who=ANN, text="White")]
    some = await archive(*drafts, populations={"milk": 2, "new": 1})
    answer = await some.answer(requests.Rooms(id=3))
    assert isinstance(answer, answers.RoomList)
    assert answer.id == 3
    assert {room.room: room for room in answer.rooms} == {
        "tea": answers.RoomInfo("tea", 0, 1000),
        "milk": answers.RoomInfo("milk", 2, 1000, "White"),
        "new": answers.RoomInfo("new", 1, 0),
    }


async def test_some_rooms_alone_are_listed_for_whoever_may_be_in_no_others() -> None:
    """Those in which something was said, and those in which somebody is."""
    tea = await archive(said("1"), said("2", room="pie"), populations={"new": 1, "jam": 2})
    asked = requests.RoomsAmong(names=frozenset({"tea", "new", "none"}))
    answer = await tea.answer(asked)
    assert isinstance(answer, answers.RoomList)
    assert [room.room for room in answer.rooms] == ["tea", "new"]


class Broken(MemoryJournal):
    """A journal that cannot be read."""

    async def rooms(self, limit: int, among: Collection[str] | None = None) -> list[RoomSummary]:
        raise Unavailable(1234)


async def test_what_cannot_be_read_is_told_with_when_to_try_again() -> None:
    """It is no fault of the request."""
    answer = await History(Broken(), CONFIG, dict).answer(requests.Rooms(id=1))
    assert isinstance(answer, answers.Error)
    assert (answer.id, answer.code, answer.retry_ms) == (1, "unavailable", 1234)


async def test_the_list_of_rooms_is_bounded_in_number() -> None:
    """However many rooms there are in which nothing was said."""
    populations = {f"r{n}": 1 for n in range(ROOMS_LISTED)}
    for drafts, count, more in ([said("x")], ROOMS_LISTED, True), ([], ROOMS_LISTED, False):
        some = await archive(*drafts, populations=populations)
        answer = await some.answer(requests.Rooms())
        assert isinstance(answer, answers.RoomList)
        assert (len(answer.rooms), answer.more) == (count, more)


async def test_the_list_of_rooms_goes_on_behind_those_that_are_skipped() -> None:
    """Those in which nothing was said are last, and none is there twice."""
    topics = [Topic(room=f"r{n}", who=ANN, text="x") for n in range(ROOMS_LISTED)]
    some = await archive(*topics, populations={"r7": 1, "new": 1})
    pages = [await some.answer(requests.Rooms(skip=skip)) for skip in (0, ROOMS_LISTED, 5000)]
    names = [[one.room for one in getattr(page, "rooms", ())] for page in pages]
    assert [len(page) for page in names] == [ROOMS_LISTED, 1, 0]
    assert names[1] == ["new"]
    assert [getattr(page, "more", None) for page in pages] == [True, False, False]


async def test_the_list_of_rooms_is_bounded_in_bytes() -> None:
    """It fits into a page however long topics are, which are cut."""
    topics = [Topic(room=f"r{n}", who=ANN, text="茶" * 4000) for n in range(ROOMS_LISTED)]
    some = await archive(*topics)
    answer = await some.answer(requests.Rooms())
    assert isinstance(answer, answers.RoomList)
    assert answer.more
    assert {room.topic for room in answer.rooms} == {"茶" * TOPIC_LISTED}
    room_bytes = len(answers.encode(answer.rooms[0]))
    assert CONFIG.page_bytes - 2 * room_bytes < len(answers.encode(answer.rooms))
    assert len(answers.encode(answer.rooms)) <= CONFIG.page_bytes + 2


class Away(MemoryJournal):
    """A journal that cannot be read just now."""

    async def rooms(self, limit: int, among: Collection[str] | None = None) -> list[RoomSummary]:
        raise Unavailable(1000)


async def test_a_name_is_looked_up_if_no_new_room_may_have_it() -> None:
    """Nobody is let in before that can be told."""
    away = History(Away(), CONFIG, dict)
    assert await away.name_fault("tea") is None
    fault = await away.name_fault("tea.")
    assert fault
    assert (fault.code, fault.retry_ms) == ("unavailable", 1000)
