"""Rules of session tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_chat.core.sessions import Claim, Sessions
from trio_chat.journal.people import STAMP
from trio_chat.protocol.events import Person
from trio_chat.protocol.requests import TOKEN_LIMIT

SESSIONS = Sessions(b"secret")
ANN = Person(SESSIONS.new_id(), "Ann Ö.")
TOKEN = SESSIONS.token(ANN)
CLAIM, _, SIGNATURE = TOKEN.rpartition(".")
FORGED = {
    "nothing": "",
    "an id without signature": ANN.id,
    "an empty signature": f"{ANN.id}.",
    "a claim without signature": CLAIM,
    "nobody": ".",
    "another signature": f"{CLAIM}.{'0' * 32}",
    "half a signature": TOKEN[:-1],
    "more than a signature": TOKEN + "0",
    "a signature twice": f"{TOKEN}.{SIGNATURE}",
    "another's signature": CLAIM + SESSIONS.token(Person("b", "Bob"))[-33:],
    "an id that begins so": f"x{TOKEN}",
    "another nick": f"{ANN.id}.Qm9i.{SIGNATURE}",
    "no nick": f"{ANN.id}.{SIGNATURE}",
    "the id of a name": f"{SESSIONS.id_of('ann')}.{SIGNATURE}",
    "another server's": Sessions(b"another").token(ANN),
    "without secret": Sessions(b"").token(ANN),
    "not ASCII": TOKEN + "é",
    "full width": "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN),
    "upper case": TOKEN.upper() + "A",
    "very long": TOKEN * 1000,
}


def test_a_token_tells_whose_it_is() -> None:
    """And the nick, to whoever has the secret, also after a restart."""
    assert Sessions(b"secret").claim(TOKEN) == Claim(ANN)
    assert len(TOKEN) <= TOKEN_LIMIT


def test_people_have_different_ids() -> None:
    """Which nobody can guess."""
    assert len({SESSIONS.new_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_nobody_s(token: str) -> None:
    """However it is made."""
    assert SESSIONS.claim(token) is None


@given(st.text())
def test_no_text_is_a_token_by_chance(token: str) -> None:
    """And none makes the check crash."""
    assert SESSIONS.claim(token) is None


def test_a_token_without_a_nick_tells_a_person_without() -> None:
    """As those of earlier versions are."""
    assert SESSIONS.claim(f"a1.{SESSIONS._sign('a1')}") == Claim(Person("a1", ""))


def test_a_name_has_an_id_of_its_own() -> None:
    """Always the same one, which only the server can tell."""
    assert SESSIONS.id_of("ann") == Sessions(b"secret").id_of("ann")
    assert len({SESSIONS.id_of("ann"), SESSIONS.id_of("bob"), Sessions(b"x").id_of("ann")}) == 3
    assert len(SESSIONS.id_of("ann")) == len(SESSIONS.new_id())


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=32))
def test_the_longest_token_is_within_the_limit(nick: str) -> None:
    """Whatever the nick is."""
    person = Person(SESSIONS.new_id(), nick)
    session = SESSIONS.new_session("0" * STAMP)
    claim = Claim(person, 2**42, SESSIONS.mark_for("x"), session, 2**42)
    token = SESSIONS.token(person, claim.mark, claim.known_since, session, claim.issued)
    assert len(token) <= TOKEN_LIMIT
    assert SESSIONS.claim(token) == claim
