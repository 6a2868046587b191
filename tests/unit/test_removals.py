"""Rules of removals: who has to go is found in steps, and nobody is overlooked."""

from typing import Any

from tests.rates import NO_RATES
from tests.unit.members import Listener, arrives, asks
from tests.unit.test_turn_budget import Turns
from trio_chat.config import Config
from trio_chat.core.messages import Register
from trio_chat.core.removals import LOOKS_AT_ONCE
from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol.dialects import v1

CROWD = 3_000  # people in a room
CALLS = 20_000  # of a turn, 2 to 4 ms; to look at the whole crowd takes 200,000


class Watched(Turns):
    """A chat with a crowd in a room, and somebody who moderates everywhere."""

    def __init__(self, people: int) -> None:
        super().__init__(Config(**NO_RATES))
        self.crowd = [self._somebody(number) for number in range(people)]
        self.settle(*(arrives(one, "tea") for one in self.crowd))
        self.chief = Listener(v1)
        hello = {"t": "hello", "nick": "Chief", "link": self.operator, "rooms": [{"room": "tea"}]}
        self.settle(Register(self.chief), asks(self.chief, hello))
        self.chief.got.clear()
        self.longest = 0
        self.ended: list[Recipient] = []

    def _somebody(self, number: int) -> Listener:
        one = Listener()
        one.address = f"192.0.{number // 200}.{number % 200}"
        return one

    def comes(self, nick: str, address: str) -> tuple[Listener, str]:
        """Have somebody join the crowd; return the connection and the person's id."""
        one = Listener(v1)
        one.address = address
        hello = {"t": "hello", "nick": nick, "rooms": [{"room": "tea"}]}
        self.settle(Register(one), asks(one, hello))
        person_id = self.chat.people.nicks.holder(nick)
        assert person_id
        return one, person_id

    def act(self, **fields: Any) -> None:  # noqa: ANN401 - the fields of any request
        """Have the chief do something, and note who has to go, until nothing is left to do."""
        effects = self.turn(asks(self.chief, {"id": 1, "room": "tea", **fields}))
        while True:
            self.ended += [client for client, reason in effects.closes if reason]
            if not (self._outcomes or self.chat.wake_at <= self.now):
                return
            effects = self.turn()


def test_a_ban_looks_at_some_of_a_crowd_in_a_turn() -> None:
    """Whoever came last, and whoever shares the address, has to go all the same."""
    chat = Watched(CROWD)
    troll, troll_id = chat.comes("Troll", "198.51.100.1")
    beside, _ = chat.comes("Beside", "198.51.100.1")
    chat.longest = 0
    chat.act(t="moderate", act="ban", people=[troll_id])
    assert {*chat.ended} == {troll, beside}
    assert chat.longest < CALLS


def test_a_kick_looks_at_nobody_else() -> None:
    """However many are in the room."""
    chat = Watched(CROWD)
    troll, troll_id = chat.comes("Troll", "198.51.100.1")
    chat.longest = 0
    chat.act(t="moderate", act="kick", people=[troll_id])
    assert chat.ended == [troll]
    assert chat.longest < CALLS // 10


def test_a_ban_while_the_last_one_is_carried_out_is_carried_out_too() -> None:
    """Also if whom it is about was looked at before."""
    chat = Watched(0)
    first, first_id = chat.comes("First", "198.51.100.1")
    others = [chat._somebody(number) for number in range(3 * LOOKS_AT_ONCE)]
    chat.settle(*(arrives(one, "tea") for one in others))
    last, last_id = chat.comes("Last", "198.51.100.2")
    ban = {"t": "moderate", "id": 1, "room": "tea", "act": "ban"}
    chat.turn(asks(chat.chief, {**ban, "people": [last_id]}))
    chat.turn()  # now the ban is kept, and some are looked at
    assert chat.chat.wake_at <= chat.now
    chat.act(t="moderate", act="ban", people=[first_id])
    assert {*chat.ended} == {first, last}
