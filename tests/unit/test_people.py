"""Rules of people: who has which nick, and until when."""

import pytest

from tests.unit.members import Listener
from trio_chat.config import Config
from trio_chat.core.people import People
from trio_chat.core.sessions import Sessions
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError

LATE = 1000.0
ANN = Person("a", "Ann")


@pytest.fixture
def people() -> People:
    """Return people of whom nobody is there yet."""
    return People(Sessions(b"secret"), Config())


def test_somebody_new_gets_an_id_and_a_token(people: People) -> None:
    """With which they are the same person again, under whatever nick."""
    first = people.enter(people.identify(None), "Ann", Listener())
    assert people.now(first.id) == first
    again = people.enter(people.identify(people.token(first)), "Anna", Listener())
    assert (again.id, again.nick) == (first.id, "Anna")
    assert people.now(first.id) == again


def test_a_key_tells_the_same_person_always(people: People) -> None:
    """Unless there is a token; and whoever has another key, or only the id, is somebody else."""
    key, other = "a secret of Ann's", "a secret of Bob's"
    ann = people.identify(None, key)
    assert people.identify(None, key) == people.identify("no token", key) == ann
    assert ann not in {people.identify(None, other), people.identify(None, ann)}
    bob = people.enter(people.identify(None, other), "Bob", Listener())
    assert people.identify(people.token(bob), key) == bob.id
    assert People(Sessions(b"another secret"), Config()).identify(None, key) != ann


def test_a_nick_that_was_given_up_is_free(people: People) -> None:
    """The one in use is not, nor is what looks like it."""
    ann = people.enter(people.identify(None), "Ann", Listener())
    people.rename(ann, "ANN")
    people.rename(ann, "Bob")
    assert people.enter(people.identify(None), "Ann", Listener()).id != ann.id
    with pytest.raises(RequestError, match="nick_taken"):
        people.enter(people.identify(None), "B.O.B", Listener())


def test_a_refused_nick_changes_nothing(people: People) -> None:
    """Neither for who has it nor for who wanted it."""
    ann = people.enter(people.identify(None), "Ann", Listener())
    bob = people.enter(people.identify(None), "Bob", Listener())
    with pytest.raises(RequestError, match="nick_taken"):
        people.rename(bob, "Ann")
    with pytest.raises(RequestError, match="bad_nick"):
        people.rename(bob, "?")
    assert (people.now(ann.id), people.now(bob.id)) == (ann, bob)
    people.rename(ann, "Anna")
    assert people.rename(bob, "Ann").nick == "Ann"


def test_somebody_is_released_when_the_last_connection_is_gone_for_long_enough(
    people: People,
) -> None:
    """Not before, not while there is another connection, and only once."""
    one, two = Listener(), Listener()
    ann = people.enter(people.identify(None), "Ann", one)
    people.enter(people.identify(people.token(ann)), "Ann", two)
    people.lose(ann.id, one, 10)
    people.release(ann.id, LATE)
    people.lose(ann.id, two, 20)
    people.release(ann.id, 19)
    assert people.now(ann.id) == ann
    people.release(ann.id, 20)
    assert people.now(ann.id) is None
    people.release(ann.id, 30)
    assert people.enter(people.identify(None), "Ann", Listener()).id != ann.id


def test_who_comes_back_is_not_released(people: People) -> None:
    """An alarm that was set before may still ring."""
    ann = people.enter(people.identify(None), "Ann", one := Listener())
    people.lose(ann.id, one, 10)
    people.enter(people.identify(people.token(ann)), "Ann", Listener())
    people.release(ann.id, 10)
    assert people.now(ann.id) == ann


def test_nobody_is_unknown(people: People) -> None:
    """An id that was never given."""
    assert people.now("nobody") is None


def test_nicks_of_before_a_restart_are_held(people: People) -> None:
    """For their owners, until the time is over; of two that look alike the first is."""
    people.hold(ANN, 10)
    people.hold(Person("b", "ANN"), 10)
    assert people.take_changes() == {"b": None}
    with pytest.raises(RequestError, match="nick_taken"):
        people.enter(people.identify(None), "Ann", Listener())
    people.release("a", 9)
    assert people.enter("a", "Ann", Listener()) == ANN
    people.release("a", LATE)
    assert people.now("a") == ANN
    assert people.take_changes() == {}


def test_changes_of_nicks_are_told_once(people: People) -> None:
    """The latest of each person; a release is one, too."""
    people.enter("a", "Anna", one := Listener())
    people.rename(Person("a", "Anna"), "Ann")
    assert people.take_changes() == {"a": "Ann"}
    people.lose("a", one, 10)
    people.release("a", 10)
    assert people.take_changes() == {"a": None}
    assert people.take_changes() == {}


def test_a_token_of_another_server_is_unknown(people: People) -> None:
    """And so is none."""
    assert not people.has_session(Sessions(b"another").token(ANN))
    assert people.has_session(people.token(ANN))
    assert not people.has_session(None)
