"""Rules of codes for other devices that several nodes know."""

import pytest

from tests.unit.members import CONFIG
from trio_chat.auth.grant import ANYBODY
from trio_chat.core.claims import Claims, Unclaimed
from trio_chat.core.pairings import GOOD_FOR, Pairings
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.timers import Timers
from trio_chat.journal.arrivals import key_of as arrival_of
from trio_chat.limits.limits import Limits
from trio_chat.protocol import requests
from trio_chat.protocol.request_error import RequestError

HERE = "192.0.2.1"


class Node:
    """What one node knows, and what it has written down."""

    def __init__(self) -> None:
        self.written: dict[str, bytes | None] = {}
        self.claims = Claims(Timers(), lambda: 0.0, are_needed=True)
        limits = RequestLimits(Limits(CONFIG), CONFIG)
        self.codes = Pairings(limits, self.claims, self.written.__setitem__)

    def make(self, person_id: str, clock: int = 0) -> str:
        return self.codes.make(person_id, 7, HERE, clock)[0]

    def hear(self, other: "Node") -> None:
        """Read what another node has written since the last time."""
        for key, data in other.written.items():
            if data is not None:
                assert self.codes.follow(key, data)
        other.written.clear()

    def whose(self, code: str) -> str:
        try:
            return self.codes.look(code, HERE, 0, 0).person_id
        except RequestError as error:
            return error.answer.code


def test_a_code_is_known_elsewhere_until_it_is_used_or_another_is_made() -> None:
    """What is read late does not bring it back; nor does what nobody understands."""
    one, other = Node(), Node()
    code = one.make("ann")
    made = dict(one.written)
    other.hear(one)
    assert (other.whose(code), one.whose(code)) == ("ann", "ann")
    other.codes.end("ann")
    for key, data in made.items():
        assert data
        other.codes.follow(key, data)
        other.codes.follow(key, b"damaged")
    one.hear(other)
    assert (other.whose(code), one.whose(code)) == ("bad_pair", "bad_pair")
    first, second = one.make("ann"), one.make("ann")
    other.hear(one)
    other.codes.end("nobody")
    assert (other.whose(first), other.whose(second)) == ("bad_pair", "ann")
    assert not other.codes.follow(arrival_of("tea", "ann", ""), b"")


def test_a_code_has_to_be_claimed_before_it_is_used() -> None:
    """By the node, so that whoever shows it at another one is told that it is used."""
    node = Node()
    hello = requests.Hello(nick="", pair=node.make("ann"))
    with pytest.raises(Unclaimed) as raised:
        node.codes.of_hello(hello, ANYBODY, HERE, 0, 0)
    assert raised.value.refusal[0] == "bad_pair"
    node.claims.hold(raised.value.person_id, raised.value.folded)
    pairing = node.codes.of_hello(hello, ANYBODY, HERE, 0, 0)
    assert pairing
    assert (pairing.person_id, pairing.known_since) == ("ann", 7)


def test_nothing_is_kept_of_codes_that_are_over() -> None:
    """They go when another one is made."""
    node = Node()
    node.make("ann")
    [key] = node.written
    node.make("eve", 1000 * GOOD_FOR + 1)
    assert node.written[key] is None
    assert len(node.written) == 2
