"""Rules of the policy: a table of who may do what."""

from itertools import product
from typing import get_args

import pytest

from trio_chat.core import policy
from trio_chat.core.policy import (
    HELLO_FIRST,
    HELLO_TWICE,
    NO_NAME,
    NOT_JOINED,
    Denial,
    Principal,
    Rules,
)
from trio_chat.protocol import requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError

ANN = Person("a", "Ann")
INSIDE, OUTSIDE = Rules(is_joined=True), Rules()

# Everybody who can ask: connections of the v1 protocol, connections without names, HTTP requests.
UNKNOWN = Principal(None, needs_hello=True, needs_join=True)
MEMBER = Principal(ANN, needs_hello=True, needs_join=True)
GUEST = Principal(None, needs_hello=False, needs_join=True)
CALLER = Principal(ANN)
NOBODY = policy.NOBODY

HELLO = requests.Hello(nick="Ann")
NICK = requests.Nick(nick="Ann")
EVERYWHERE = (
    requests.Join(room="tea"),
    requests.History(room="tea"),
    requests.Search(room="tea", query="milk"),
    requests.Rooms(),
)
IN_A_ROOM = (
    requests.Leave(room="tea"),
    requests.Typing(room="tea"),
    requests.Send(room="tea", text="x"),
    requests.React(room="tea", seq=1, emoji="x"),
    requests.Topic(room="tea", text="x"),
)
AN_AUTHOR_S = (
    requests.Edit(room="tea", seq=1, text="x"),
    requests.Delete(room="tea", seq=1),
)
PRINCIPALS = (UNKNOWN, MEMBER, GUEST, CALLER, NOBODY)
ALL = (HELLO, NICK, *EVERYWHERE, *IN_A_ROOM, *AN_AUTHOR_S)


def table() -> dict[tuple[Principal, str, Rules], Denial | None]:
    """Return who may not do which request where, and why not."""
    denials: dict[tuple[Principal, str, Rules], Denial | None] = {}

    def fill(asked: tuple[requests.Request, ...], inside: dict[Principal, Denial | None]) -> None:
        for request, principal in product(asked, PRINCIPALS):
            denial = inside.get(principal)
            denials[principal, type(request).__name__, INSIDE] = denial
            denials[principal, type(request).__name__, OUTSIDE] = denial

    fill((HELLO,), {MEMBER: HELLO_TWICE})
    fill(EVERYWHERE, {UNKNOWN: HELLO_FIRST})
    fill((NICK,), {UNKNOWN: HELLO_FIRST, GUEST: HELLO_FIRST, NOBODY: HELLO_FIRST})
    fill(IN_A_ROOM, {UNKNOWN: HELLO_FIRST})
    fill(AN_AUTHOR_S, {UNKNOWN: HELLO_FIRST, GUEST: NO_NAME, NOBODY: NO_NAME})
    for request, principal in product((*IN_A_ROOM, *AN_AUTHOR_S), (MEMBER, GUEST)):
        denials[principal, type(request).__name__, OUTSIDE] = NOT_JOINED
    return denials


@pytest.mark.parametrize("request_", ALL, ids=lambda request: type(request).__name__)
def test_who_may_do_what(request_: requests.Request) -> None:
    """Each kind of request, by each kind of principal, in a room that it is in or not."""
    expected = table()
    for principal, rules in product(PRINCIPALS, (INSIDE, OUTSIDE)):
        denial = policy.allows(principal, request_, rules, 0)
        assert denial == expected[principal, type(request_).__name__, rules]


def test_the_table_is_complete() -> None:
    """A new kind of request needs a line."""
    assert {type(request) for request in ALL} == set(get_args(requests.AnyRequest))


def test_a_denial_becomes_an_error() -> None:
    """With its code and words."""
    policy.check(MEMBER, EVERYWHERE[0], INSIDE, 0)
    with pytest.raises(RequestError) as caught:
        policy.check(UNKNOWN, EVERYWHERE[0], OUTSIDE, 0)
    answer = caught.value.answer
    assert (answer.code, answer.text) == HELLO_FIRST


@pytest.mark.parametrize("request_", ALL, ids=lambda request: type(request).__name__)
def test_only_the_author_changes_a_text(request_: requests.Request) -> None:
    """The journal checks who that is; all else can be done to anybody's message."""
    is_authors = request_ in AN_AUTHOR_S
    assert policy.target_author(MEMBER, request_) == (ANN.id if is_authors else None)
    assert policy.target_author(GUEST, request_) is None
