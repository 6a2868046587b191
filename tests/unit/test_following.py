"""Rules of following a room: a follower hears all and is nobody."""

from collections.abc import Sequence

from tests.sse import Told, parse
from tests.unit.members import House, Listener, arrives, asks, house
from trio_chat.core.messages import PageDone, Register, Shutdown, Unregister
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Pruned, RoomState, Unavailable
from trio_chat.protocol import requests
from trio_chat.protocol.close import GOING_AWAY, UNREADABLE
from trio_chat.protocol.dialects.sse import Sse


def follower(home: House) -> Listener:
    return Listener(Sse(lambda: home.journal.epoch))


def follows(member: Listener, last: int | None = None, epoch: str | None = None) -> Register:
    """Return what the hub gets when somebody follows the tea room."""
    return Register(member, requests.Join(id=last, room="tea", last=last, epoch=epoch))


def told(member: Listener) -> list[Told]:
    """Return the events that a follower was told since the last time."""
    found = list(parse(b"".join(payload or b"" for payload in member.got).decode()))
    member.got.clear()
    return found


def numbers(found: list[Told]) -> list[int]:
    return [event.data["seq"] for event in found if "seq" in event.data]


def send(text: str) -> dict[str, str]:
    return {"t": "send", "room": "tea", "text": text}


async def test_a_follower_is_told_where_the_room_is_and_all_that_happens_then() -> None:
    """Numbered or not, like everybody in the room."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(send("before"))
        fay = follower(home)
        await home.turn(follows(fay))
        await ann.ask(send("after"), {"t": "typing", "room": "tea"})
        events = told(fay)
        epoch = home.journal.epoch
        assert [(event.event, event.id) for event in events] == [
            ("joined", f"{epoch}.1"),
            ("typing", None),
            ("msg", f"{epoch}.2"),
        ]
        assert events[0].data["last"] == 1
        assert events[0].data["members"] == [ann.who]


async def test_a_follower_is_not_seen() -> None:
    """Neither as a member nor as a guest nor in the list; yet the room stays while it is there."""
    async with house() as home:
        fay = follower(home)
        await home.turn(follows(fay))
        assert home.hub.populations() == {"tea": 0}
        ann = await home.person("Ann")
        [answer, *rest] = await ann.ask({"t": "join", "room": "tea"})
        assert answer["members"] == [ann.who]
        assert "guests" not in answer
        assert [entry["who"] for entry in rest] == [ann.who]
        await home.turn(Unregister(fay))
        await ann.ask({"t": "leave", "room": "tea"})
        await home.turn()
        await ann.ask({"t": "rooms"})
        assert home.hub.populations() == {}


async def test_who_comes_back_gets_what_it_missed_first() -> None:
    """The same that a member gets, and each in its own words."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        for text in "abc":
            await ann.ask(send(text))
        fay, bob = follower(home), await home.person("Bob")
        join = {"t": "join", "room": "tea", "last": 1}
        await home.turn(
            follows(fay, 1, home.journal.epoch), asks(bob.member, join), asks(ann.member, send("d"))
        )
        events = told(fay)
        assert numbers(events) == [2, 3, 4]
        assert (events[0].event, events[0].id) == ("joined", f"{home.journal.epoch}.1")
        assert [entry["seq"] for entry in bob.told() if "seq" in entry] == [2, 3, 4]


async def test_what_is_not_at_hand_is_read_in_the_journal() -> None:
    """Page by page, as for a member."""
    async with house() as home:  # keeps five at hand
        ann = await home.person("Ann", "tea")
        for number in range(8):
            await ann.ask(send(f"{number}"))
        fay = follower(home)
        await home.turn(follows(fay, 1))
        [missed] = fay.pages
        assert (missed.room_name, missed.after) == ("tea", 1)
        await home.turn(PageDone(missed, 4))
        assert numbers(told(fay)) == [5, 6, 7, 8]


async def test_numbers_of_another_epoch_count_for_nothing() -> None:
    """Nor do those that are not there yet; the follower goes on from the end."""
    async with house() as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(send("a"))
        for last, epoch in ((0, "another"), (9, None), (9, home.journal.epoch)):
            fay = follower(home)
            await home.turn(follows(fay, last, epoch))
            [joined] = told(fay)
            assert joined.data["reset"] is True
            assert joined.id == f"{home.journal.epoch}.1"


async def test_what_is_gone_is_told() -> None:
    """With the first number that is still there."""
    journal = MemoryJournal()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        for text in "abcd":
            await ann.ask(send(text))
        fay = follower(home)
        await home.turn(Pruned(await journal.prune(2, 0)), follows(fay, 1))
        events = told(fay)
        assert events[0].data["gap"] == 3
        assert events[0].id == f"{home.journal.epoch}.1"
        assert numbers(events) == [3, 4]


async def test_a_room_that_cannot_be_read_is_not_followed() -> None:
    """The follower is told to come back."""

    class Broken(MemoryJournal):
        async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
            raise Unavailable(1000)

    async with house(Broken()) as home:
        fay = follower(home)
        await home.turn(follows(fay))
        assert fay.ends == [UNREADABLE]


async def test_a_follower_is_told_goodbye() -> None:
    """And so is one that comes later."""
    async with house() as home:
        fay, late = follower(home), follower(home)
        await home.turn(follows(fay))
        await home.turn(Shutdown(GOING_AWAY))
        await home.turn(follows(late))
        assert (fay.ends, late.ends) == ([GOING_AWAY], [GOING_AWAY])


async def test_plain_guests_are_still_counted_beside_followers() -> None:
    """They can speak."""
    async with house() as home:
        guest, fay = Listener(), follower(home)
        await home.turn(arrives(guest, "tea"), follows(fay))
        assert home.hub.populations() == {"tea": 1}
        assert told(fay)[0].data["guests"] == 1
