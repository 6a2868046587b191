"""The journal as the rest sees it: commits events in order, and tells them again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from trio_chat.config import Config
from trio_chat.journal.bus import Bus
from trio_chat.journal.search.query import Query
from trio_chat.journal.terms import Terms
from trio_chat.journal.types import (
    Bounds,
    MessagePage,
    Moved,
    Place,
    Result,
    RoomState,
    RoomSummary,
    TellPruned,
    VersionPage,
    Write,
    tell_nobody,
)
from trio_chat.measures import JournalFigures


class Journal(Protocol):
    """Where kept events are kept. All methods may wait, and leave nothing half done if cancelled.

    ``terms`` are what this journal's numbers belong to, and ``epoch`` names the present one: in a
    later term numbers may be missing that were given in the one before. ``secret`` is for signing
    what has to hold as long as the journal does. ``figures`` is what it tells of itself.
    ``bus`` is how the nodes that share it tell each other what they commit.
    """

    bus: Bus
    secret: bytes
    figures: JournalFigures

    @property
    def epoch(self) -> str:
        """The name of the present term."""
        ...

    @property
    def terms(self) -> Terms:
        """What numbers belong to."""
        ...

    async def moved(self, told: Callable[[], Mapping[str, int]]) -> Moved | None:
        """Go on in another term, if one has begun; ``None`` if none has.

        Nothing of it is told before this is.

        Args:
            told: Returns how far rooms have come, as clients were told; of these is told how they
                stand there.

        Raises:
            Unavailable: that cannot be done just now.
        """
        ...

    @property
    def people(self) -> Mapping[str, bytes]:
        """What was kept of people when the journal was opened, encoded, by the person's id."""
        ...

    def reconfigure(self, config: Config) -> None:
        """Take in that settings have changed."""
        ...

    async def run(self) -> None:
        """Do beside all else what it has to do by itself, until it is cancelled."""
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

    async def versions(
        self, place: Place, after: int, limit: int, max_bytes: int
    ) -> VersionPage | None:
        """Return the texts that a message has had, the oldest first; ``None`` if it cannot be read.

        The first one has the number of the message, each other one that of its edit. They are the
        first ones after a number, at most ``limit`` with at most ``max_bytes`` of JSON together,
        but at least one if there is any. No more is read than the changes of the message.

        Raises:
            Unavailable: it cannot be read just now.
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

    async def count_messages(self, room: str, authors: Collection[str], since_ts: int) -> int:
        """Return how many messages of people can be read in a room that a clearing would clear.

        That is those that they have sent, or edited, since a time.

        Args:
            room: The room's name.
            authors: The people's ids; an empty one is of all without a name.
            since_ts: In ms since 1970.

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

    async def files_of(self, places: Collection[Place]) -> dict[Place, frozenset[str]]:
        """Return which files the messages at these places have, by their ids.

        A message that is cleared still has them, as that may be taken back; none that is deleted.

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

    async def people_changes(self) -> Mapping[str, bytes]:
        """Return records that other nodes may have kept since this was asked last, by their keys.

        Raises:
            Unavailable: that cannot be told just now.
        """
        ...

    async def forget_people(self, before_ts: int) -> list[str]:
        """Forget people who were not seen since a time in ms since 1970; return their ids."""
        ...

    async def prune(
        self,
        keep_messages: int,
        before_ts: int,
        tell: TellPruned = tell_nobody,
        *,
        is_clock_right: bool = True,
    ) -> dict[str, int]:
        """Forget what comes before the last ``keep_messages`` messages of a room, and all older.

        Finish what deletions have left to do. What changed a message goes with it; edits of one
        that is gone lose their text. Events from the future count as old as what follows them.

        Args:
            keep_messages: 0 for no limit.
            before_ts: In milliseconds since 1970; 0 for no limit.
            tell: Hears of each room as soon as something of it is gone.
            is_clock_right: Whether what was cleared a day ago may go for good by the clock.

        Returns:
            The number of the first event still there, for each room that has lost some.
        """
        ...

    async def forget(self, before_ts: int, is_used: Callable[[str], bool]) -> int:
        """Forget rooms in which nothing is kept, nothing was said since a time, and nobody is.

        One that begins anew goes on from the number at which it was, or a higher one.

        Args:
            before_ts: In milliseconds since 1970.
            is_used: Tells of a name whether its room stays; it is asked when that one's turn comes.

        Returns:
            How many were forgotten.
        """
        ...

    async def note_visits(self, visits: Mapping[str, int]) -> None:
        """Keep when rooms that were made were visited last, in ms since 1970, by their names.

        Raises:
            Unavailable: nothing was kept.
        """
        ...

    async def unused(
        self, names: Sequence[str], since_ts: int, tell: TellPruned = tell_nobody
    ) -> list[str]:
        """Return which of these rooms are unused since a time, and ready to be forgotten.

        No message is kept there, nothing has happened and no visit was noted since then. What a
        commit would take long to delete there is deleted before, a step at a time.

        Args:
            names: Of rooms that were made; they need not be in the journal.
            since_ts: In ms since 1970.
            tell: Hears of each room as soon as something of it is gone.

        Raises:
            Unavailable: it cannot be told just now.
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
