"""The policy: whether somebody may do what they ask for. Pure, and asked by all ways in."""

from typing import NamedTuple

from trio_chat.journal.types import NOT_YOURS
from trio_chat.protocol import requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError


class Principal(NamedTuple):
    """Who asks, and by which way.

    ``needs_hello`` tells that it is a connection that has to say who it is. ``needs_join`` tells
    that it is a connection, which takes part only in rooms that it has joined; a request by HTTP
    stands for itself.
    """

    person: Person | None = None
    needs_hello: bool = False
    needs_join: bool = False


class Rules(NamedTuple):
    """What holds in the room that a request is about."""

    is_joined: bool = False  # by the connection that asks


class Denial(NamedTuple):
    """Why somebody may not: ``code`` as the v1 protocol names it, and words for people."""

    code: str
    text: str


NOBODY = Principal()
ANY_ROOM = Rules()

HELLO_FIRST = Denial("hello_first", "say hello first")
HELLO_TWICE = Denial("bad_request", "hello was said already")
NOT_JOINED = Denial("not_joined", "join the room first")
NO_NAME = Denial(NOT_YOURS.code, NOT_YOURS.text)

OPEN_TO_ALL = (
    requests.Hello,
    requests.Join,
    requests.Nick,
    requests.History,
    requests.Search,
    requests.Rooms,
)


def allows(
    principal: Principal, request: requests.Request, rules: Rules, now: float
) -> Denial | None:
    """Return why a principal may not do a request, or ``None`` if it may.

    Args:
        principal: Who asks.
        request: For what.
        rules: What holds in the room that it is about; ``ANY_ROOM`` if it is about none.
        now: Trio's time, for rules that end.
    """
    del now  # no rule of today ends
    if isinstance(request, requests.Hello):
        return HELLO_TWICE if principal.needs_hello and principal.person else None
    is_named = principal.person is not None
    if not is_named and (principal.needs_hello or isinstance(request, requests.Nick)):
        return HELLO_FIRST
    if isinstance(request, OPEN_TO_ALL):
        return None
    if principal.needs_join and not rules.is_joined:
        return NOT_JOINED
    if isinstance(request, requests.Edit | requests.Delete) and not is_named:
        return NO_NAME
    return None


def check(principal: Principal, request: requests.Request, rules: Rules, now: float) -> None:
    """Ask the policy.

    Raises:
        RequestError: the principal may not.
    """
    denial = allows(principal, request, rules, now)
    if denial is not None:
        raise RequestError(denial.code, denial.text)


def target_author(principal: Principal, request: requests.Request) -> str | None:
    """Return the id of the person who must have written the message that a request changes.

    ``None``: it may be anybody's. The journal checks this where it commits the change, since it
    alone knows the message.
    """
    is_authors = isinstance(request, requests.Edit | requests.Delete)
    return principal.person.id if is_authors and principal.person else None
