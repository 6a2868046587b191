"""Rules of the policy: a table of who may do what."""

from itertools import product
from typing import get_args

import pytest

from trio_chat.core import policy
from trio_chat.core.policy import (
    BANNED,
    BANNED_EVERYWHERE,
    HELLO_FIRST,
    HELLO_TWICE,
    MUTED,
    NO_LINKS,
    NO_NAME,
    NO_NEW_ROOMS,
    NO_SUCH_ROOM,
    NOT_JOINED,
    NOT_MODERATOR,
    NOT_OPERATOR,
    READ_ONLY,
    ROOM_FULL,
    Denial,
    Principal,
    Rules,
)
from trio_chat.protocol import governing, requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules

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
    requests.Edits(room="tea", seq=1),
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
CREATE = governing.Create(name="tea")
REPORT = governing.Report(room="tea", seq=1)
A_MODERATOR_S = (
    governing.MakeLink(room="tea", right="read"),
    governing.EndLink(room="tea", link="x"),
    governing.Links(room="tea"),
    governing.SetRules(room="tea"),
    governing.Moderate(room="tea", act="kick", people=["b"]),
    governing.Raid(room="tea", since=0),
    governing.Undo(room="tea", act=1),
    governing.Held(room="tea"),
    governing.Review(room="tea", held=1, act="approve"),
    governing.Audit(room="tea"),
)
AN_OPERATOR_S = (governing.FreeNick(nick="Ann"),)
OF_DEVICES = (requests.Marks(), requests.Sessions(), requests.SignOut(), requests.Pair())
READ_MARK = requests.Read(room="tea", seq=1)
ALL = (
    HELLO,
    NICK,
    *OF_DEVICES,
    CREATE,
    *EVERYWHERE,
    READ_MARK,
    *IN_A_ROOM,
    *AN_AUTHOR_S,
    REPORT,
    *A_MODERATOR_S,
    *AN_OPERATOR_S,
)


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
    nameless: dict[Principal, Denial | None] = {
        UNKNOWN: HELLO_FIRST,
        GUEST: HELLO_FIRST,
        NOBODY: HELLO_FIRST,
    }
    fill((NICK, *OF_DEVICES, READ_MARK, CREATE, REPORT), nameless)
    fill(AN_OPERATOR_S, {MEMBER: NOT_OPERATOR, CALLER: NOT_OPERATOR, **nameless})
    fill(A_MODERATOR_S, {MEMBER: NOT_MODERATOR, CALLER: NOT_MODERATOR, **nameless})
    fill(IN_A_ROOM, {UNKNOWN: HELLO_FIRST})
    fill(AN_AUTHOR_S, {UNKNOWN: HELLO_FIRST, GUEST: NO_NAME, NOBODY: NO_NAME})
    for request, principal in product((*IN_A_ROOM, *AN_AUTHOR_S), (MEMBER, GUEST)):
        denials[principal, type(request).__name__, OUTSIDE] = NOT_JOINED
    denials[MEMBER, "Report", OUTSIDE] = NOT_JOINED
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
    over_http = {requests.Marks}
    kinds = {type(request) for request in ALL}
    assert kinds - over_http == set(get_args(requests.AnyRequest))
    assert kinds >= over_http


# What somebody with a name may do with each right in a room that they are in.
READ = (*EVERYWHERE, READ_MARK, IN_A_ROOM[0], REPORT)
SPEAK = (*READ, *IN_A_ROOM, *AN_AUTHOR_S)
MAY = {
    Right.NONE: (),
    Right.READ: READ,
    Right.SPEAK: SPEAK,
    Right.MODERATE: (*SPEAK, *A_MODERATOR_S),
    Right.OPERATE: (*SPEAK, *A_MODERATOR_S, *AN_OPERATOR_S),
}
LACKS = {
    Right.NONE: NO_SUCH_ROOM,
    Right.READ: READ_ONLY,
}


@pytest.mark.parametrize("right", Right)
def test_a_right_includes_those_below_it(right: Right) -> None:
    """Whoever has none learns nothing; who may only read, that they may only read."""
    principal = MEMBER._replace(right=right)
    for request in ALL[ALL.index(EVERYWHERE[0]) :]:
        denial = policy.allows(principal, request, INSIDE, 0)
        if request in MAY[right] or isinstance(request, requests.Rooms):
            expected = None
        elif request in A_MODERATOR_S and right:
            expected = NOT_MODERATOR
        elif request in AN_OPERATOR_S and right:
            expected = NOT_OPERATOR
        else:
            expected = LACKS[right]
        assert denial == expected, request


def test_acts_on_all_rooms_are_an_operator_s() -> None:
    """A moderator of one room has no say in others."""
    everywhere = governing.Moderate(act="ban", people=["b"])
    moderator, operator = (
        MEMBER._replace(right=right) for right in (Right.MODERATE, Right.OPERATE)
    )
    assert policy.allows(moderator, everywhere, INSIDE, 0) == NOT_OPERATOR
    assert policy.allows(operator, everywhere, INSIDE, 0) is None


WRITES = (*IN_A_ROOM[1:], *AN_AUTHOR_S)
MINUTE = RoomRules(slow=60), RoomRules(newcomers=60), RoomRules(closed=True)


@pytest.mark.parametrize("request_", WRITES, ids=lambda request: type(request).__name__)
def test_rules_of_a_room_hold_for_all_but_moderators(request_: requests.Request) -> None:
    """Closed: nobody else writes; newcomers wait for their time, and in slow mode who speaks."""
    slow, newcomers, closed = (Rules(is_joined=True, of_room=rules) for rules in MINUTE)
    just_said = slow._replace(said_at=90)
    known = MEMBER._replace(known_since=70_000)
    moderator = known._replace(right=Right.MODERATE)
    is_edit = isinstance(request_, requests.Edit)
    speaks = is_edit or isinstance(request_, requests.Send | requests.Topic)
    for rules, code in (
        (closed, "closed"),
        (newcomers, "newcomer"),
        (just_said, "slow_mode" if speaks else None),
        (just_said._replace(may_mend=True), "slow_mode" if speaks and not is_edit else None),
        (slow, None),
    ):
        denial = policy.allows(known, request_, rules, 100, 100_000)
        assert (denial and denial.code) == code
        assert policy.allows(moderator, request_, rules, 100, 100_000) is None
        if denial and denial.retry_ms:
            later = denial.retry_ms / 1000
            assert (
                policy.allows(known, request_, rules, 100 + later, 100_000 + 1000 * int(later))
                is None
            )


DAY = 24 * 60 * 60
LINKS_HELD, LINK = RoomRules(hold_links=True), "see https://a.b"


def test_links_of_somebody_new_need_approval() -> None:
    """In messages and edits alone, where the rule holds; for so long, and not for moderators."""
    send, edit = requests.Send(room="tea", text=LINK), requests.Edit(room="tea", seq=1, text=LINK)
    topic = requests.Topic(room="tea", text=LINK)
    plain = requests.Send(room="tea", text="see a.b")
    moderator = MEMBER._replace(right=Right.MODERATE)

    def is_held(
        request: requests.Request,
        principal: Principal = MEMBER,
        of_room: RoomRules = LINKS_HELD,
        wall: int = 1000 * DAY - 1,
    ) -> bool:
        return policy.needs_approval(principal, request, of_room, DAY, wall)

    assert [is_held(one) for one in (send, edit, topic, plain)] == [True, True, False, False]
    assert is_held(send, GUEST)
    assert not is_held(send, moderator)
    assert not is_held(send, of_room=RoomRules(newcomers=60))
    assert not is_held(send, wall=1000 * DAY)


def test_a_topic_of_somebody_new_has_no_link() -> None:
    """Where links are held, as everybody sees it at once; for so long, and not for moderators."""
    topic, plain = (requests.Topic(room="tea", text=text) for text in (LINK, "see a.b"))
    inside = Rules(is_joined=True, of_room=LINKS_HELD, new_for=DAY)
    free = inside._replace(of_room=RoomRules(slow=60))
    moderator = MEMBER._replace(right=Right.MODERATE)
    wall = 1000 * DAY - 1
    assert policy.allows(MEMBER, topic, inside, 0, wall) == NO_LINKS
    assert policy.allows(GUEST, topic, inside, 0, wall) == NO_LINKS
    assert policy.allows(MEMBER, plain, inside, 0, wall) is None
    assert policy.allows(MEMBER, topic, free, 0, wall) is None
    assert policy.allows(MEMBER, topic, inside, 0, wall + 1) is None
    assert policy.allows(moderator, topic, inside, 0, wall) is None


def test_who_is_banned_or_muted_is_told_so() -> None:
    """And a full room is full for all but its moderators."""
    banned = MEMBER._replace(right=Right.NONE, is_banned=True)
    everywhere = [one for one in ALL if policy.allows(banned, one, INSIDE, 0) == BANNED_EVERYWHERE]
    assert everywhere == [NICK, CREATE]
    muted = MEMBER._replace(right=Right.READ, is_muted=True)
    assert policy.allows(banned, EVERYWHERE[0], OUTSIDE, 0) == BANNED
    assert policy.allows(muted, IN_A_ROOM[2], INSIDE, 0) == MUTED
    full = Rules(is_full=True)
    assert policy.allows(MEMBER, EVERYWHERE[0], full, 0) == ROOM_FULL
    moderator = MEMBER._replace(right=Right.MODERATE)
    assert policy.allows(moderator, EVERYWHERE[0], full, 0) is None
    assert policy.target_author(moderator, AN_AUTHOR_S[1]) is None
    assert policy.target_author(moderator, AN_AUTHOR_S[0]) == ANN.id


@pytest.mark.parametrize("request_", ALL, ids=lambda request: type(request).__name__)
def test_whoever_is_let_into_some_rooms_alone_makes_no_other(request_: requests.Request) -> None:
    """In those rooms they may do as much as others with their right."""
    for principal, rules in product((MEMBER, CALLER), (INSIDE, OUTSIDE)):
        denial = policy.allows(principal._replace(is_limited=True), request_, rules, 0)
        as_others = policy.allows(principal, request_, rules, 0)
        assert denial == (NO_NEW_ROOMS if request_ is CREATE else as_others)


def test_a_denial_becomes_an_error() -> None:
    """With its code and words."""
    policy.check(MEMBER, EVERYWHERE[0], INSIDE, 0)
    with pytest.raises(RequestError) as caught:
        policy.check(UNKNOWN, EVERYWHERE[0], OUTSIDE, 0)
    answer = caught.value.answer
    assert (answer.code, answer.text, answer.retry_ms) == HELLO_FIRST


@pytest.mark.parametrize("request_", ALL, ids=lambda request: type(request).__name__)
def test_only_the_author_changes_a_text(request_: requests.Request) -> None:
    """The journal checks who that is; all else can be done to anybody's message."""
    is_authors = request_ in AN_AUTHOR_S
    assert policy.target_author(MEMBER, request_) == (ANN.id if is_authors else None)
    assert policy.target_author(GUEST, request_) is None
