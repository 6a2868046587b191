"""The policy: whether somebody may do what they ask for. Pure, and asked by all ways in."""

import math
from typing import NamedTuple

import msgspec

from trio_chat.journal.types import NOT_YOURS
from trio_chat.protocol import governing, requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import NO_RULES, RoomRules
from trio_chat.protocol.web_links import has_link


class Principal(NamedTuple):
    """Who asks, by which way, and what they are in the room that it is about.

    ``needs_hello`` tells that it is a connection that has to say who it is. ``needs_join`` tells
    that it is a connection, which takes part only in rooms that it has joined; a request by HTTP
    stands for itself. ``known_since`` is in ms since 1970, 0 for long ago. ``is_limited`` tells
    that they may be in no room but those that they were given.
    """

    person: Person | None = None
    needs_hello: bool = False
    needs_join: bool = False
    right: Right = Right.SPEAK
    is_banned: bool = False
    is_muted: bool = False
    known_since: int = 0
    is_limited: bool = False


class Rules(NamedTuple):
    """What holds in the room that a request is about.

    ``is_joined``: by the connection that asks. ``said_at`` is when the one who asks has said
    something there last, in Trio's time; ``is_full``: no more people may come in. ``new_for`` is
    for how many seconds after the server has met somebody their links are held. ``may_mend`` tells
    that they have edited nothing since their last message.
    """

    is_joined: bool = False
    of_room: RoomRules = NO_RULES
    said_at: float = float("-inf")
    is_full: bool = False
    new_for: float = 0
    may_mend: bool = False


class Denial(NamedTuple):
    """Why somebody may not: ``code`` as the v1 protocol names it, and words for people.

    ``retry_ms`` is the time after which they may.
    """

    code: str
    text: str
    retry_ms: int | None = None


NOBODY = Principal()
ANY_ROOM = Rules()
JOINED = Rules(is_joined=True)

HELLO_FIRST = Denial("hello_first", "say hello first")
HELLO_TWICE = Denial("bad_request", "hello was said already")
NOT_JOINED = Denial("not_joined", "join the room first")
NO_NAME = Denial(NOT_YOURS.code, NOT_YOURS.text)
NO_SUCH_ROOM = Denial(
    "no_such_room", "there is no such room, or the link to it is not good any more"
)
BANNED = Denial("banned", "you may not be in this room")
BANNED_EVERYWHERE = Denial("banned", "you may not be in any room of this server")
MUTED = Denial("muted", "you may only read in this room just now")
READ_ONLY = Denial("read_only", "your link lets you only read in this room")
CLOSED = Denial("closed", "only moderators speak in this room just now")
ROOM_FULL = Denial("room_full", "no more people may be in this room")
NO_FILES = Denial("no_files", "newcomers may not send files here")
NO_LINKS = Denial("no_links", "newcomers may not set a topic with a link in it here")
NOT_MODERATOR = Denial("not_moderator", "only moderators of the room may do that")
NO_NEW_ROOMS = Denial("not_operator", "what has let you in is for the rooms that it names alone")
NOT_OPERATOR = Denial("not_operator", "only operators of the server may do that")

# Kinds of requests. They are looked up by type, as each request asks for several.
OF_DEVICES = {requests.Marks, requests.Sessions, requests.SignOut, requests.Pair}
BY_NAME = {
    requests.Nick,
    requests.Read,
    *OF_DEVICES,
    requests.Upload,
    governing.Create,
    governing.Report,
    *governing.OF_MODERATORS,
}
ABOUT_NO_ROOM = {requests.Nick, requests.Rooms, *OF_DEVICES, governing.Create}
HEARD_ELSEWHERE = {requests.Nick, governing.Create}  # by people in rooms for two, and invited ones
AN_AUTHOR_S: set[type[requests.WriteRequest]] = {requests.Edit, requests.Delete}
READING = {requests.History, requests.Edits, requests.Search, requests.Read}
SPEAKING = {requests.Send, requests.Edit, requests.Topic}  # what is told to all as one's words
NEEDS_NO_VOICE = {requests.Leave, governing.Report}
A_MODERATOR_S = {*governing.OF_MODERATORS}


def allows(
    principal: Principal, request: requests.Request, rules: Rules, now: float, wall: int = 0
) -> Denial | None:
    """Return why a principal may not do a request, or ``None`` if it may.

    Args:
        principal: Who asks.
        request: For what.
        rules: What holds in the room that it is about; ``ANY_ROOM`` if it is about none.
        now: Trio's time.
        wall: The wall clock, in ms since 1970.
    """
    if isinstance(request, requests.Hello):
        return HELLO_TWICE if principal.needs_hello and principal.person else None
    if not principal.person and (principal.needs_hello or type(request) in BY_NAME):
        return HELLO_FIRST
    if type(request) in ABOUT_NO_ROOM:
        return _may_outside(principal, request)
    if principal.right is Right.NONE:
        return BANNED if principal.is_banned else NO_SUCH_ROOM
    return _may_in_room(principal, request, rules, now, wall)


def _may_outside(principal: Principal, request: requests.Request) -> Denial | None:
    """Return why somebody may not do something that is about no room that is there already."""
    if principal.is_limited and isinstance(request, governing.Create):
        return NO_NEW_ROOMS
    is_out = principal.is_banned and type(request) in HEARD_ELSEWHERE
    return BANNED_EVERYWHERE if is_out else None


def _may_in_room(
    principal: Principal, request: requests.Request, rules: Rules, now: float, wall: int
) -> Denial | None:
    """Return why somebody who may read in a room may not do something there."""
    if type(request) in A_MODERATOR_S:
        return _may_moderate(principal, request)
    if isinstance(request, requests.Join):
        return ROOM_FULL if rules.is_full and principal.right < Right.MODERATE else None
    if type(request) in READING:
        return None
    return _may_take_part(principal, request, rules, now, wall)


def _may_moderate(principal: Principal, request: requests.Request) -> Denial | None:
    """Return why somebody may not give links, set rules or act on people."""
    if not getattr(request, "room", None) and principal.right < Right.OPERATE:
        return NOT_OPERATOR
    return None if principal.right >= Right.MODERATE else NOT_MODERATOR


def _may_take_part(
    principal: Principal, request: requests.Request, rules: Rules, now: float, wall: int
) -> Denial | None:
    """Return why somebody who may read may not do more."""
    if principal.needs_join and not rules.is_joined:
        return NOT_JOINED
    if type(request) in NEEDS_NO_VOICE:
        return None
    if not principal.person and type(request) in AN_AUTHOR_S:
        return NO_NAME
    if principal.right >= Right.MODERATE:
        return None
    denial = _has_no_voice(principal, rules.of_room)
    if denial or rules.of_room is NO_RULES:
        return denial
    return _has_to_wait(principal, request, rules, now, wall)


def _has_no_voice(principal: Principal, of_room: RoomRules) -> Denial | None:
    """Return why somebody may not speak, whenever they try."""
    if principal.is_muted:
        return MUTED
    if principal.right < Right.SPEAK:
        return READ_ONLY
    return CLOSED if of_room.closed else None


def _has_to_wait(
    principal: Principal, request: requests.Request, rules: Rules, now: float, wall: int
) -> Denial | None:
    """Return why somebody may not speak yet."""
    newcomers, slow = rules.of_room.newcomers, rules.of_room.slow
    wait = newcomers - (wall - principal.known_since) / 1000
    if newcomers and wait > 0:
        return _later("newcomer", "newcomers may not speak here yet", wait)
    wait = rules.said_at + slow - now
    is_mended = rules.may_mend and isinstance(request, requests.Edit)
    if slow and wait > 0 and type(request) in SPEAKING and not is_mended:
        return _later("slow_mode", f"one message in {slow} s may be sent here", wait)
    if _sends_files(request) and rules.of_room.no_files and _is_new(principal, rules.new_for, wall):
        return NO_FILES
    is_held = isinstance(request, requests.Topic) and _holds(
        principal, request.text, rules.of_room, rules.new_for, wall
    )
    return NO_LINKS if is_held else None  # everybody sees a topic, and it cannot wait


def _later(code: str, text: str, seconds: float) -> Denial:
    return Denial(code, text, math.ceil(seconds * 1000))


def check(
    principal: Principal, request: requests.Request, rules: Rules, now: float, wall: int = 0
) -> None:
    """Ask the policy.

    Raises:
        RequestError: the principal may not.
    """
    denial = allows(principal, request, rules, now, wall)
    if denial is not None:
        raise RequestError(denial.code, denial.text, denial.retry_ms)


def needs_approval(
    principal: Principal, request: requests.Request, of_room: RoomRules, new_for: float, wall: int
) -> bool:
    """Whether what somebody may say has to wait until a moderator of the room approves it.

    Args:
        principal: Who asks.
        request: What for; the policy allows it.
        of_room: The rules of the room.
        new_for: For how many seconds after the server has met somebody their links are held.
        wall: The wall clock, in ms since 1970.
    """
    return (
        of_room.hold_links  # mostly not, and then nothing is read
        and principal.right < Right.MODERATE
        and isinstance(request, requests.Send | requests.Edit)
        and _holds(principal, _words_of(request), of_room, new_for, wall)
    )


def _words_of(request: requests.Send | requests.Edit) -> str:
    """Return all that others would read of what somebody says, but for names of files."""
    if isinstance(request, requests.Edit):
        return request.text
    return "\n".join([request.text, *(file.alt for file in request.files)])


def _holds(principal: Principal, text: str, of_room: RoomRules, new_for: float, wall: int) -> bool:
    """Whether a text has a link that somebody who does not moderate may not show to all yet."""
    return of_room.hold_links and _is_new(principal, new_for, wall) and has_link(text)


def _is_new(principal: Principal, new_for: float, wall: int) -> bool:
    """Whether the server has met somebody less than so many seconds ago."""
    return wall - principal.known_since < 1000 * new_for


def _sends_files(request: requests.Request) -> bool:
    is_upload = isinstance(request, requests.Upload)
    return is_upload or (isinstance(request, requests.Send) and bool(request.files))


def as_allowed(principal: Principal, request: requests.WriteRequest) -> requests.WriteRequest:
    """Return a request that is allowed without what only moderators say to all with it.

    That is why a message is deleted: else somebody could say so what they may not send.
    """
    is_told = not isinstance(request, requests.Delete) or principal.right >= Right.MODERATE
    return request if is_told else msgspec.structs.replace(request, why="")


def target_author(principal: Principal, request: requests.Request) -> str | None:
    """Return the id of the person who must have written the message that a request changes.

    ``None``: it may be anybody's, as what a moderator deletes. The journal checks this where it
    commits the change, since it alone knows the message.
    """
    is_moderator = principal.right >= Right.MODERATE and isinstance(request, requests.Delete)
    is_authors = type(request) in AN_AUTHOR_S and not is_moderator
    return principal.person.id if is_authors and principal.person else None
