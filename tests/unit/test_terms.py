"""Rules of terms, for servers that are any prefix of each other: nobody is left to diverge."""

from dataclasses import dataclass, field, replace

import hypothesis.strategies as st
import pytest
import trio.testing
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.members import Listener, arrives, house
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.terms import Term, Terms, Verdict, judge
from trio_chat.journal.types import Moved, Replaced
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.close import RESYNC

ONE, TWO, OTHER = Term(1, "one"), Term(2, "two"), Term(2, "other")


@pytest.mark.parametrize(
    ("found", "known", "is_marked", "is_behind", "verdict"),
    [
        ([ONE], [ONE], True, False, Verdict.SAME),
        ([ONE], [ONE], True, True, Verdict.NEW),
        ([ONE], [ONE], False, False, Verdict.NEW),
        ([ONE, TWO], [ONE], True, True, Verdict.LATER),
        ([ONE], [ONE, TWO], True, False, Verdict.STALE),
        ([ONE, OTHER], [ONE, TWO], True, False, Verdict.NEW),
        ([ONE, OTHER, Term(3, "x")], [ONE, TWO], True, False, Verdict.LATER),
    ],
)
def test_what_becomes_of_a_database_that_is_found_again(
    found: list[Term], known: list[Term], *, is_marked: bool, is_behind: bool, verdict: Verdict
) -> None:
    """It goes on, or a term begins there, or it is refused."""
    told = judge(Terms(found), Terms(known), is_marked=is_marked, is_behind=is_behind)
    assert told is verdict
    assert judge(None, Terms(known), is_marked=True, is_behind=False) is Verdict.NEW


@dataclass
class Database:
    """A server of a fake: one room, whose events are known by what was said."""

    terms: list[Term]
    starts: list[tuple[int, int]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    is_marked: bool = True

    def say(self, text: str) -> int:
        """Keep an event, once; return its number."""
        if text not in self.said:
            self.said.append(text)
            if not self.starts or self.starts[-1][0] != self.terms[-1].number:
                self.starts.append((self.terms[-1].number, len(self.said)))
        return self.said.index(text) + 1

    def copy(self, last: int) -> "Database":
        """Return a standby that has this much, and is promoted, or a backup of then."""
        starts = [one for one in self.starts if one[1] <= last]
        return replace(
            self, terms=[*self.terms], starts=starts, said=self.said[:last], is_marked=False
        )


class Machine(RuleBasedStateMachine):
    """Nodes and servers that fail over, split, and go back; and clients that remember.

    A client is what it has heard, and its epoch. Whoever resumes without a reset has to have what
    the server has there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.databases = [Database([ONE])]
        self.acknowledged: list[str] = []  # by a server with a synchronous standby
        self.nodes = [(self.databases[0], Terms([ONE])) for _ in range(2)]
        self.clients: list[tuple[str, list[str]]] = []

    def token(self) -> str:
        """Return what nobody else has."""
        self.count += 1
        return f"{self.count}"

    @rule(node=st.integers(0, 1))
    def say(self, node: int) -> None:
        """Let a node keep something, and a client hear all that is there."""
        database, terms = self.nodes[node]
        database.say(self.token())
        self.clients.append((terms.epoch, [*database.said]))

    @rule(node=st.integers(0, 1))
    def lose_a_reply(self, node: int) -> None:
        """Send again what was kept: it has its number."""
        database, _ = self.nodes[node]
        text = self.token()
        assert database.say(text) == database.say(text) == len(database.said)

    @rule(at=st.integers(0, 9), back=st.integers(0, 3))
    def promote(self, at: int, back: int) -> None:
        """Let there be another server, which lacks the last events; the first one runs on."""
        of = self.databases[at % len(self.databases)]
        if len(self.databases) < 8:
            self.databases.append(of.copy(max(0, len(of.said) - back)))

    @rule(node=st.integers(0, 1), at=st.integers(0, 9))
    def move(self, node: int, at: int) -> None:
        """Let a node come to whichever server; it goes on there, or keeps nothing."""
        _, known = self.nodes[node]
        database = self.databases[at % len(self.databases)]
        found = Terms(database.terms)
        verdict = judge(found, known, is_marked=database.is_marked, is_behind=False)
        if verdict is Verdict.STALE:
            return
        if verdict is Verdict.NEW:
            number = max(found.present.number, known.present.number) + 1
            database.terms.append(Term(number, self.token()))
            database.is_marked = True
        terms = Terms(database.terms)
        assert terms.present.number >= known.present.number
        self.nodes[node] = database, terms

    @rule(node=st.integers(0, 1))
    def restart(self, node: int) -> None:
        """Let a node forget what it has seen."""
        database, _ = self.nodes[node]
        self.nodes[node] = database, Terms(database.terms)

    @precondition(lambda self: self.clients)
    @invariant()
    def nobody_diverges(self) -> None:
        """Up to the end that is told a client has what the server has."""
        for database, terms in self.nodes:
            for epoch, heard in self.clients[-20:]:
                end = terms.end(epoch, database.starts, len(database.said))
                if end is not None:
                    both = min(end, len(heard))
                    assert heard[:both] == database.said[:both]


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


class Journal(MemoryJournal):
    """A journal that loses its last events, and is in another term, when a test says so."""

    async def cut(self, **rooms: int) -> Moved:
        """Lose all that is behind these numbers; return how it goes on."""
        for name, last in rooms.items():
            room = self._rooms[name]
            while room.last > last:
                room.events.pop()
                room.last -= 1
        self.terms = Terms([Term(1, self.epoch), Term(2, "later")])
        return Moved(self.terms, await self.load([*rooms, LEDGER], 0))


def send(room: str) -> dict[str, str]:
    return {"t": "send", "room": room, "text": "x"}


async def test_rooms_go_on_or_end(autojump_clock: trio.testing.MockClock) -> None:
    """Who has what is lost comes back, to be told how much; all others stay, with the new epoch."""
    journal = Journal()
    async with house(journal) as home:
        before = journal.epoch
        ann, ben = await home.person("Ann", "tea", "jam"), await home.person("Ben", "jam")
        guest = Listener()
        await home.turn(arrives(guest, "tea"))
        for _ in range(3):
            await ann.ask(send("tea"), send("jam"))
        ben.told()
        await home.turn(await journal.cut(tea=1, jam=3))
        for member in (ann.member, guest):
            [reason] = member.ends
            assert reason[:2] == RESYNC
        assert [entry for entry in ben.told() if entry["t"] == "epoch"] == [
            {"t": "epoch", "room": "jam", "epoch": "later"}
        ]
        assert (ben.member.ends, home.hub.chat.lost, home.hub.epoch) == ([], 2, "later")
        assert home.hub.populations() == {"jam": 2}  # Ann's place is held
        assert (await ben.ask(send("jam")))[-1]["seq"] == 4
        wishes = [("tea", 3), ("tea", 1), ("jam", 3), ("jam", 4)]
        for (room, last), lost in zip(wishes, (2, None, None, 1), strict=True):
            cem = await home.person(f"Cem {room} {last}")
            [joined, *_] = await cem.ask({"t": "join", "room": room, "last": last, "epoch": before})
            assert (joined.get("lost"), joined.get("reset", False)) == (lost, lost is not None)
        assert set(home.hub.followed_rooms()) == {"tea", "jam", LEDGER}


async def test_a_room_that_was_opened_meanwhile_ends(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Nobody has compared it, so its members come back to be told the truth."""
    journal = Journal()
    async with house(journal) as home:
        ann = await home.person("Ann", "tea")
        await ann.ask(send("tea"))
        await home.turn(await journal.cut())
        assert [reason[0] for reason in ann.member.ends] == [RESYNC.code]
        assert home.hub.chat.lost == 0


async def test_acts_that_are_lost_end_the_node() -> None:
    """What people may do has to be read anew, before anybody is let in."""
    journal = Journal()
    async with house(journal) as home:
        home.hub.access.registry.last = 1
        await home.turn(await journal.cut())
        with pytest.raises(Replaced, match="acts of moderators"):
            home.hub.followed_rooms()
