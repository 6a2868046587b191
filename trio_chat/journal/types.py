"""What a journal takes and gives: writes and what became of them, states of rooms, pages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from trio_chat.config import ConfigError
from trio_chat.errors import FAILED
from trio_chat.journal.terms import Starts, Terms
from trio_chat.protocol.acts import Forgotten
from trio_chat.protocol.answers import MessageView, Version
from trio_chat.protocol.events import ActKept, AnyStoredEvent, Person
from trio_chat.protocol.names import BadName, check_new_room


class JournalError(ConfigError):
    """A journal cannot be opened; the message is one line for a person."""


class JournalFailed(JournalError):
    """It is named rightly, and is damaged, or the machine fails."""

    status = FAILED


class Damaged(JournalFailed):
    """It is damaged."""


class Unavailable(Exception):
    """Nothing can be committed just now; nothing was.

    ``retry_ms`` says when trying again can help.
    """

    def __init__(self, retry_ms: int) -> None:
        super().__init__(retry_ms)
        self.retry_ms = retry_ms


class Replaced(Exception):
    """What is kept is not what it was: the numbers that clients know mean nothing there."""


class Unsearchable(Exception):
    """Nothing can be looked for here, now or later."""


class Rejected(NamedTuple):
    """An event that cannot be: ``code`` as the v1 protocol names it, and words for people."""

    code: str
    text: str


class Write(NamedTuple):
    """An event to be kept, and its conditions.

    ``target_author`` is the id of the person who must have written the message that the event
    changes; ``None`` for anybody. ``may_begin`` tells whether it may be the first one of a room,
    ``must_begin`` that it has to be. ``since_ts`` is the time in ms since 1970 from which on a
    ``clear`` is for messages. With ``needs_approval`` nothing is kept: a resend is told what became
    of it, what cannot be is refused, and all else is ``HELD``; so it is with ``refused``, and all
    else is that. ``with_next`` tells that another
    write follows in the same turn which is kept in the same transaction. ``with_topics`` tells that
    a ``clear`` is also for topics. With ``takes_topic``, the key of such a ``clear`` that was kept
    just before, a topic is the one of before those that it has cleared, and is kept only if one of
    these is the present one. With ``gives_topic``, the key of one that can be taken back, it is the
    one that was taken so, and is kept only if there was no other one since. With ``unused_since``,
    in ms since 1970, an act that forgets a room is kept only if the room is unused since then
    (``Journal.unused``). ``is_canary`` tells that it only proves that events can be kept: what it
    is for is written over what the last one has written, and it is no event of any room; the result
    is a ``Duplicate``.
    """

    event: AnyStoredEvent
    target_author: str | None = None
    may_begin: bool = True
    must_begin: bool = False
    since_ts: int = 0
    needs_approval: bool = False
    with_next: bool = False
    with_topics: bool = False
    takes_topic: str | None = None
    gives_topic: str | None = None
    unused_since: int = 0
    is_canary: bool = False
    refused: Rejected | None = None

    @property
    def otherwise(self) -> "Rejected | None":
        """What becomes of it if it is neither a resend nor refused by the journal: it is kept."""
        return self.refused or (HELD if self.needs_approval else None)

    @property
    def forgets(self) -> str | None:
        """The name of the room that it forgets, if any."""
        act = self.event.act if isinstance(self.event, ActKept) else None
        return act.about if isinstance(act, Forgotten) else None


class Committed(NamedTuple):
    """An event that is kept from now on."""

    event: AnyStoredEvent  # with its number and time
    data: bytes  # as it is encoded
    rewritten: Sequence[tuple[int, bytes]] = ()  # earlier events that changed with it
    first: int | None = None  # the first event that is left, if one had to go for it
    is_partial: bool = False  # others have changed besides those in ``rewritten``
    begins_room: bool = False  # it is the first one of a room that was not there


class Duplicate(NamedTuple):
    """An event that was committed before, as its ``cid`` tells."""

    seq: int
    ts: int


NO_SUCH_MESSAGE = Rejected("not_found", "there is no such message")
NOT_YOURS = Rejected("not_yours", "only its author can change a message")
TOO_MANY_REACTIONS = Rejected(
    "too_many_reactions", "the message has too many different emoji; take one of those"
)
TOO_MANY_CHANGES = Rejected(
    "too_many_changes", "the message was changed too often; send another one"
)
NO_NEW_ROOM = Rejected(
    "too_many_new_rooms", "too many new rooms were begun from your address; use one that is there"
)
TOO_LATE = Rejected("too_late", "that was taken back already, or is gone for good")
STILL_USED = Rejected("too_late", "somebody has used the room meanwhile")
ROOM_TAKEN = Rejected("room_taken", "there is such a room already; choose another name")
STORAGE_FULL = Rejected(
    "storage_full",
    "the server has no space for more messages; delete some, or tell its operator",
)
CANARY_REFUSED = Rejected("storage_full", "the server has no space for a proof")
CID_TAKEN = Rejected("cid_taken", "somebody else has used this cid")
KEY_REUSED = Rejected("key_reused", "this cid was used for another request")
HELD = Rejected(
    "held", "it waits for a moderator, as it has a link and you are new; it is sent if they approve"
)

Result = Committed | Duplicate | Rejected


def judge_new_room(write: Write) -> Rejected | None:
    """Refuse what would begin a room, if it may not or if no new room can be called so."""
    try:
        check_new_room(write.event.room)
    except BadName as error:
        return Rejected("bad_room", str(error))
    return None if write.may_begin else NO_NEW_ROOM


class RoomState(NamedTuple):
    """What a journal knows of a room."""

    name: str
    first: int  # the number of the first event that is still there; ``last + 1`` if none is
    last: int  # the number of the last event; 0 if there never was one
    topic: str
    recent: Sequence[tuple[int, bytes]]  # the last events, in order, encoded
    starts: Starts = ()  # where terms have begun


class MessagePage(NamedTuple):
    """Messages as they stand, and whether there are others beyond them."""

    messages: list[MessageView]
    more: bool


class VersionPage(NamedTuple):
    """Texts that a message has had, and whether there are later ones."""

    versions: list[Version]
    more: bool


class Place(NamedTuple):
    """Where a message is: in which room, and under which number."""

    room: str
    seq: int


class RoomSummary(NamedTuple):
    """A room as it is listed."""

    name: str
    topic: str
    ts: int  # when something was said last


class Pruned(NamedTuple):
    """The journal has forgotten events: it now begins with these numbers in these rooms."""

    first: dict[str, int]


class PeopleChanged(NamedTuple):
    """Other nodes have kept these records, encoded, by their keys."""

    records: Mapping[str, bytes]


class RoomsUnused(NamedTuple):
    """These rooms, which were made, are unused since a time in ms since 1970."""

    names: Sequence[str]
    since_ts: int


class PeopleForgotten(NamedTuple):
    """The journal has forgotten these people, who were not seen since a time in ms since 1970."""

    ids: Sequence[str]
    before_ts: int


class ForeignWrites(NamedTuple):
    """Others have written to the journal, and these rooms stand like this there."""

    states: Sequence[RoomState]


class Moved(NamedTuple):
    """The journal goes on in another term, in which these rooms stand like this."""

    terms: Terms
    states: Sequence[RoomState]


class Arrived(NamedTuple):
    """Another node has committed these events, and has come this far in other rooms.

    ``typing`` tells who types there, with the name of the room.
    """

    events: Sequence[Committed]
    lasts: Mapping[str, int]
    typing: Sequence[tuple[str, Person]] = ()


class InRoom(NamedTuple):
    """Somebody who is in a room; with ``is_quiet`` nobody was told of their coming."""

    room: str
    person_id: str
    nick: str
    is_quiet: bool = False


class HeldChanged(NamedTuple):
    """Other nodes hold these messages for approval, encoded, by number, and have dropped others.

    With ``is_lost`` nobody knows any more what was held: all that is known is to be written again.
    """

    held: Mapping[int, bytes]
    dropped: Sequence[int]
    is_lost: bool = False


# What a node counts: connections by address, and what was taken from buckets of tokens. Of these:
# a number that says whose it is, their key, the name of the rate, and how many tokens.
Counts = tuple[Mapping[str, int], Sequence[tuple[int, str, str, float]]]
# Which nicks this node is to hold: by folded nick the id of the person, ``None`` for it no more.
Wishes = Mapping[str, str | None]


class Claimed(NamedTuple):
    """What became of claims: each a folded nick, and the id of the person who is to have it.

    ``holders`` has the ids of those who have them now, by folded nick. What is missing there may be
    claimed again after ``retry_ms``.
    """

    claims: Sequence[tuple[str, str]]
    holders: Mapping[str, str]
    retry_ms: int = 0


class Elsewhere(NamedTuple):
    """Who is in these rooms by other nodes."""

    names: Sequence[str]
    places: Sequence[InRoom]


Come = tuple[str, bool]  # the nick of who is in a room, and whether nobody was told of them
Moves = Mapping[tuple[str, str], Come | None]  # by room and id; ``None``: they are gone


# Takes the number of the first event that is still there of a room that has just lost some.
TellPruned = Callable[[dict[str, int]], Awaitable[None]]


async def tell_nobody(first: dict[str, int]) -> None:
    """Be what nobody hears."""


class Bounds(NamedTuple):
    """Which messages of a room count; ``None`` for all."""

    who: str | None = None  # the author's nick when it was said, in any case, or their id
    since: int | None = None  # in ms since 1970
    until: int | None = None  # the first moment that does not count
    before: int | None = None  # the first number that does not count
