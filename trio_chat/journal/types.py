"""Keeps what is said: commits events in order, and tells them again. One module a way to do it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from trio_chat.config import Config, ConfigError
from trio_chat.journal.search.query import Query
from trio_chat.protocol.answers import MessageView
from trio_chat.protocol.events import AnyStoredEvent


class JournalError(ConfigError):
    """A journal cannot be opened; the message is one line for a person."""


class Unavailable(Exception):
    """Nothing can be committed just now; nothing was.

    ``retry_ms`` says when trying again can help.
    """

    def __init__(self, retry_ms: int) -> None:
        super().__init__(retry_ms)
        self.retry_ms = retry_ms


class Unsearchable(Exception):
    """Nothing can be looked for here, now or later."""


class Write(NamedTuple):
    """An event to be kept, and its conditions.

    ``target_author`` is the id of the person who must have written the message that the event
    changes; ``None`` for anybody. ``may_begin`` tells whether it may be the first one of a room,
    ``must_begin`` that it has to be. ``since_ts`` is the time in ms since 1970 from which on a
    ``clear`` is for messages. With ``needs_approval`` nothing is kept: a resend is told what became
    of it, what cannot be is refused, and all else is ``HELD``. ``with_next`` tells that another
    write follows in the same turn which is kept in the same transaction. With ``if_topic`` a topic
    is kept only in the place of this one.
    """

    event: AnyStoredEvent
    target_author: str | None = None
    may_begin: bool = True
    must_begin: bool = False
    since_ts: int = 0
    needs_approval: bool = False
    with_next: bool = False
    if_topic: str | None = None


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


class Rejected(NamedTuple):
    """An event that cannot be: ``code`` as the v1 protocol names it, and words for people."""

    code: str
    text: str


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
ROOM_TAKEN = Rejected("room_taken", "there is such a room already; choose another name")
STORAGE_FULL = Rejected(
    "storage_full",
    "the server has no space for more messages; delete some, or tell its operator",
)
CID_TAKEN = Rejected("cid_taken", "somebody else has used this cid")
KEY_REUSED = Rejected("key_reused", "this cid was used for another request")
HELD = Rejected(
    "held", "it waits for a moderator, as it has a link and you are new; it is sent if they approve"
)

Result = Committed | Duplicate | Rejected


class RoomState(NamedTuple):
    """What a journal knows of a room."""

    name: str
    first: int  # the number of the first event that is still there; ``last + 1`` if none is
    last: int  # the number of the last event; 0 if there never was one
    topic: str
    recent: Sequence[tuple[int, bytes]]  # the last events, in order, encoded


class MessagePage(NamedTuple):
    """Messages as they stand, and whether there are others beyond them."""

    messages: list[MessageView]
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


class PeopleForgotten(NamedTuple):
    """The journal has forgotten these people, who were not seen since a time in ms since 1970."""

    ids: Sequence[str]
    before_ts: int


class ForeignWrites(NamedTuple):
    """Others have written to the journal, and these rooms stand like this there."""

    states: Sequence[RoomState]


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


class Journal(Protocol):
    """Where kept events are kept. All methods may wait, and leave nothing half done if cancelled.

    ``epoch`` names this journal's numbers: another epoch, other numbers. ``secret`` is for
    signing what has to hold as long as the journal does.
    """

    epoch: str
    secret: bytes

    @property
    def people(self) -> Mapping[str, bytes]:
        """What was kept of people when the journal was opened, encoded, by the person's id."""
        ...

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed."""
        ...

    async def load(self, names: Sequence[str], recent: int) -> list[RoomState]:
        """Return the states of rooms, with at most ``recent`` events each."""
        ...

    async def commit(self, writes: Sequence[Write]) -> list[Result]:
        """Keep events, all whose condition holds, and number them in order.

        Raises:
            Unavailable: nothing was kept.
        """
        ...

    async def after(
        self, room: str, seq: int, limit: int, max_bytes: int
    ) -> list[tuple[int, bytes]]:
        """Return the events that follow a number, encoded.

        There are at most ``limit`` of them with at most ``max_bytes`` together, but at least one
        if any follows.
        """
        ...

    async def messages(
        self, room: str, *, before: int | None, after: int | None, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return messages as they stand, the oldest first.

        They are the first ones after the number ``after``, or the last ones before the number
        ``before`` or of all; at most ``limit`` with at most ``max_bytes`` of JSON together, but
        at least one if there is any.
        """
        ...

    async def search(
        self, room: str, query: Query, bounds: Bounds, limit: int, max_bytes: int
    ) -> MessagePage:
        """Return messages whose present text matches, as they stand, the newest first.

        There are at most ``limit`` with at most ``max_bytes`` of JSON together, but at least one
        if there is any.

        Raises:
            Unsearchable: this journal has no index.
        """
        ...

    async def rooms(self, limit: int, among: Collection[str] | None = None) -> list[RoomSummary]:
        """Return the rooms in which something was said, perhaps only some, the latest first."""
        ...

    async def rooms_of(self, authors: Collection[str], since_ts: int, limit: int) -> list[str]:
        """Return the rooms in which people have kept messages, the latest first.

        Rooms with no message of theirs but deleted ones may be among them.

        Args:
            authors: The people's ids; an empty one is of all without a name.
            since_ts: In ms since 1970; messages of before do not count.
            limit: How many rooms, at most.

        Raises:
            Unavailable: it failed, or took too long.
        """
        ...

    async def gone(self, places: Collection[Place]) -> set[Place]:
        """Return at which places there is no message that can be read: it is deleted, or cleared.

        Raises:
            Unavailable: it cannot be read just now.
        """
        ...

    async def keep_people(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep records of people, encoded, by their ids; ``None``: there is none any more.

        Raises:
            Unavailable: nothing was kept.
        """
        ...

    async def forget_people(self, before_ts: int) -> list[str]:
        """Forget people who were not seen since a time in ms since 1970; return their ids."""
        ...

    async def prune(
        self, keep_messages: int, before_ts: int, tell: TellPruned = tell_nobody
    ) -> dict[str, int]:
        """Forget what comes before the last ``keep_messages`` messages of a room, and all older.

        Finish what deletions have left to do. What changed a message goes with it; edits of one
        that is gone lose their text. Events from the future count as old as what follows them.

        Args:
            keep_messages: 0 for no limit.
            before_ts: In milliseconds since 1970; 0 for no limit.
            tell: Hears of each room as soon as something of it is gone.

        Returns:
            The number of the first event still there, for each room that has lost some.
        """
        ...

    async def forget(self, before_ts: int, in_use: Collection[str]) -> int:
        """Forget rooms in which nothing is kept, and nothing was said since a time.

        One that begins anew goes on from the number at which it was, or a higher one.

        Args:
            before_ts: In milliseconds since 1970.
            in_use: Names of rooms that are not to be forgotten.

        Returns:
            How many were forgotten.
        """
        ...

    async def last_prune(self) -> int | None:
        """Return the time of the last prune with a ``before_ts``; ``None`` if there was none."""
        ...

    async def has_changed(self) -> bool:
        """Return whether anybody else has written to it since this was asked last.

        Raises:
            Unavailable: that cannot be told just now.
        """
        ...

    async def close(self) -> None:
        """Let go of what is open."""
        ...
