"""Rules of nicks that have to be claimed, as other nodes may have them."""

import pytest
import trio
from trio.testing import MockClock

from tests.unit.members import House, Listener, asks, house
from trio_chat.core.claims import LINGER, PATIENCE
from trio_chat.core.messages import Register
from trio_chat.journal.bus import NoBus
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Claimed, Wishes
from trio_chat.protocol.dialects import v1

EVE = "e" * 20
HELLO: dict[str, object] = {"t": "hello", "id": 1, "nick": "Ann"}
LIST: dict[str, object] = {"t": "sessions", "id": 2}


class Recorder(NoBus):
    """A bus that keeps what is claimed."""

    is_shared = True

    def __init__(self) -> None:
        self.wishes: list[dict[str, str | None]] = []

    def claim(self, wishes: Wishes) -> None:
        self.wishes.append(dict(wishes))

    def answer(self, holder: str | None = None) -> Claimed:
        """Return that the next claim is granted, or who else has it."""
        [(folded, person)] = self.wishes.pop(0).items()
        assert person
        return Claimed([(folded, person)], {folded: holder or person})


@pytest.fixture
def bus() -> Recorder:
    return Recorder()


@pytest.fixture
def journal(bus: Recorder) -> MemoryJournal:
    made = MemoryJournal(clock=lambda: 1000)
    made.bus = bus
    return made


async def comes(home: House, *objects: dict[str, object]) -> Listener:
    """Let somebody connect and say something."""
    member = Listener(v1)
    await home.turn(Register(member), asks(member, *objects))
    return member


async def test_what_follows_waits_until_a_nick_is_claimed(
    bus: Recorder, journal: MemoryJournal
) -> None:
    """It is for the person that somebody new is then; one of before is released."""
    async with house(journal) as home:
        ann = await comes(home, HELLO, LIST)
        assert ann.told() == []
        [claim] = bus.wishes
        await home.turn(bus.answer())
        welcome, listed = ann.told()
        assert (claim, listed["id"]) == ({"ann": welcome["you"]["id"]}, 2)
        await home.turn(asks(ann, {"t": "nick", "id": 3, "nick": "Eve"}))
        await home.turn(bus.answer())
        assert [one["t"] for one in ann.told()] == ["ok"]
        assert bus.wishes == [{"ann": None}]


async def test_two_who_wait_for_the_same(bus: Recorder, journal: MemoryJournal) -> None:
    """Each is asked for in turn; they are told that somebody else has it, or nobody knows."""
    async with house(journal) as home:
        first, second = await comes(home, HELLO), await comes(home, HELLO)
        await home.turn(bus.answer(holder=EVE))
        assert [one["code"] for one in first.told()] == ["nick_taken"]
        assert second.told() == []
        [(folded, person)] = bus.wishes.pop().items()
        await home.turn(Claimed([(folded, str(person))], {}, 70))
        [told] = second.told()
        assert (told["code"], told["retry_ms"]) == ("unavailable", 70)


async def test_who_has_a_nick_that_another_node_has(bus: Recorder, journal: MemoryJournal) -> None:
    """Is renamed; who is called something else by then stays so."""
    async with house(journal) as home:
        ann = await comes(home, {**HELLO, "rooms": [{"room": "tea"}]})
        claim = bus.answer()
        await home.turn(claim)
        ann.told()
        lost = Claimed(claim.claims, {"ann": EVE})
        await home.turn(lost)
        [told] = ann.told()
        assert told["who"]["nick"] == "Ann-2"
        assert bus.wishes[-1]["ann2"] == told["who"]["id"]
        await home.turn(lost)
        assert ann.told() == []


async def test_who_has_a_nick_of_which_nobody_knows_who_holds_it(
    bus: Recorder, journal: MemoryJournal, autojump_clock: MockClock
) -> None:
    """It is claimed again in a while, unless they are called something else by then."""
    async with house(journal) as home:
        ann = await comes(home, HELLO)
        claim = bus.answer()
        [(folded, person)] = claim.claims
        untold = Claimed(claim.claims, {}, 70)
        await home.turn(claim)
        await home.turn(untold)
        assert bus.wishes == []
        await trio.sleep(0.1)
        await home.turn()
        assert bus.wishes == [{folded: person}]
        await home.turn(untold, asks(ann, {"t": "nick", "id": 3, "nick": "Eve"}))
        bus.wishes.pop(0)
        await home.turn(bus.answer())
        await trio.sleep(0.1)
        await home.turn()
        assert bus.wishes == [{folded: None}]


async def test_nobody_waits_for_long(
    bus: Recorder, journal: MemoryJournal, autojump_clock: MockClock
) -> None:
    """An answer that comes later releases what it grants; who has gone is told nothing."""
    async with house(journal) as home:
        ann, eve = await comes(home, HELLO), await comes(home, {**HELLO, "nick": "Eve"})
        late, gone = bus.answer(), bus.answer()
        home.hub._chat._connections[eve].is_over = True
        await home.turn(gone)
        await trio.sleep(PATIENCE)
        await home.turn()
        assert [one["code"] for one in ann.told()] == ["unavailable"]
        assert eve.told() == []
        await home.turn(late)
        assert bus.wishes == [{"eve": None}, {"ann": None}, {"ann": None}]


async def test_a_nick_stays_claimed_while_somebody_has_it(
    bus: Recorder, journal: MemoryJournal, autojump_clock: MockClock
) -> None:
    """And for a moment longer, until all nodes know for whom it is kept."""
    async with house(journal) as home:
        ann = await comes(home, HELLO)
        await home.turn(bus.answer())
        await trio.sleep(2 * LINGER)
        await home.turn()
        assert bus.wishes == []
        home.hub._chat._registration.unregister(ann)
        await trio.sleep(2 * LINGER + home.hub._config.presence_grace)
        await home.turn()
        assert bus.wishes == [{"ann": None}]
