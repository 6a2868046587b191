"""The log of a room: how far it has come, and its latest events, ready for those who come back."""

from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple

from trio_chat.core.memory_budget import MemoryBudget
from trio_chat.delivery.frames import Frame, pack
from trio_chat.journal.keys import author_of
from trio_chat.journal.types import Committed, RoomState
from trio_chat.protocol import events
from trio_chat.protocol.dialects.base import Dialect
from trio_chat.protocol.events import decode

REPLAYS = 4  # sets of frames that are kept in a room, for those who missed the same
EARLY = 256  # events that may wait for one before them

Numbered = tuple[events.AnyStoredEvent, bytes]


class Sizes(NamedTuple):
    """What one room may keep at hand: events, their bytes, and the bytes of each replay."""

    recent: int
    recent_bytes: int
    replay_bytes: int


class Budgets(NamedTuple):
    """What all rooms together may keep."""

    recent: MemoryBudget
    replays: MemoryBudget


class RoomLog:
    """The numbered events of one open room, as the journal told them.

    Args:
        state: What the journal knows.
        sizes: How much is kept at hand.
        budgets: How many bytes of all rooms' events, and of their replays, are kept.
    """

    def __init__(self, state: RoomState, sizes: Sizes, budgets: Budgets) -> None:
        self.name = state.name
        self.first = 0
        self._sizes = sizes
        self._budgets = budgets
        self._early: dict[int, Committed] = {}
        self._known = 0  # the last number of which the journal has told
        self._replays: dict[tuple[Dialect, int], Sequence[Frame]] = {}
        self._term = 0  # the present one, if no event of it is known yet
        self._stand(state)

    def _stand(self, state: RoomState) -> None:
        """Take over what the journal says: numbers, topic, and the latest events.

        What was deleted after that was read is passed over.
        """
        self.first = max(self.first, state.first)
        self.last = state.last
        self.topic = state.topic
        self.starts = state.starts  # where terms have begun
        self.enter(self._term)
        self._recent = deque(event for event in state.recent if event[0] >= self.first)
        self._recent_size = sum(len(data) for _, data in self._recent)
        self._shrink()

    def enter(self, term: int) -> None:
        """Note where a term begins: with the next event, unless it has begun."""
        self._term = 0 if self.starts and self.starts[-1][0] >= term else term

    def move(self, state: RoomState, term: int) -> None:
        """Go on in another term, in which the journal has all that is here; it may have more."""
        self._early.clear()
        self._known = self.last
        self.first = min(self.first, state.first)  # a deletion may be lost with the term before
        self.starts = state.starts
        self.enter(term)

    @property
    def is_behind(self) -> bool:
        """Whether the journal has committed something that is not taken in yet."""
        return self._known > self.last

    def take(self, committed: Committed) -> list[Numbered] | None:
        """Take an event in that the journal has committed.

        Returns:
            What is to be told: the event and those that waited for it; nothing if it is known
            already. ``None`` if one is missing before it, which somebody else has written: it
            waits, and the room has to be loaded.
        """
        seq = committed.event.seq
        self._known = max(self._known, seq)
        if seq <= self.last:
            return []
        if seq > self.last + 1:
            if len(self._early) < EARLY:
                self._early[seq] = committed
            return None
        told = [self._append(committed)]
        return told + self._append_early()

    def _append_early(self) -> list[Numbered]:
        """Take in what waited and has nothing missing before it any more."""
        told = []
        while self._early and (committed := self._early.pop(self.last + 1, None)):
            told.append(self._append(committed))
        return told

    def _append(self, committed: Committed) -> Numbered:
        event, data, rewritten, first, is_partial, _ = committed
        self.last = event.seq
        if self._term:
            self.starts = (*self.starts, (self._term, event.seq))
            self._term = 0
        if first is not None:
            self.forget_before(first)
        if isinstance(event, events.Topic):
            self.topic = event.text
        if is_partial:  # what is at hand may have a text that was deleted; the journal has not
            self._shed_recent()
        if rewritten:
            changed = dict(rewritten)
            self._recent = deque((seq, changed.get(seq, old)) for seq, old in self._recent)
            self._recent_size = sum(len(data) for _, data in self._recent)
        self._recent.append((event.seq, data))
        self._recent_size += len(data)
        self._shrink()
        return event, data

    def follow(self, state: RoomState, limit: int) -> list[Numbered] | None:
        """Take in what the journal knows by now.

        Returns:
            What is to be told. ``None`` if that has more than ``limit`` bytes, or is not all at
            hand: then nothing is told, and members have to read it.
        """
        if state.last < self.last:
            return []
        found = [(decode(data), data) for seq, data in state.recent if seq > self.last]
        news = [(event, data) for event, data in found if event]
        is_all = len(news) == state.last - self.last
        is_little = sum(len(data) for _, data in news) <= limit
        self._stand(state)
        self._early = {seq: event for seq, event in self._early.items() if seq > self.last}
        if not (is_all and is_little):
            return None
        return news + self._append_early()

    def forget_before(self, first: int) -> None:
        """Follow the journal, which has deleted what was before a number."""
        self.first = max(self.first, first)
        while self._recent and self._recent[0][0] < first:
            self._drop_oldest()
        self._account()

    def missed(self, after: int, dialect: Dialect) -> Sequence[Frame] | None:
        """Return what followed a number, the same frames for all who ask; ``None``: not at hand."""
        at_hand = self._recent[0][0] if self._recent else self.last + 1
        if after + 1 < at_hand:
            return None
        if after >= self.last:
            return ()
        frames = self._replays.get((dialect, after))
        if frames is None:
            told = (dialect.recall(seq, data) for seq, data in self._recent if seq > after)
            frames = tuple(pack(told, dialect))
            self._keep_replay((dialect, after), frames)
        return frames

    def count_messages(self, authors: Collection[str], since: int) -> int:
        """Return how many of what is at hand people have sent or edited since a time.

        Args:
            authors: Their ids, an empty one for all without a name.
            since: In ms since 1970.
        """
        said = (decode(data) for _, data in self._recent)
        written = {
            event.target if isinstance(event, events.Edit) else event.seq
            for event in said
            if isinstance(event, events.Message | events.Edit)
            and event.ts >= since
            and (author_of(event) or "") in authors
        }
        return len(written)

    def close(self) -> None:
        """Give up all that is kept at hand."""
        self._shed_recent()
        self._budgets.recent.keep(self._shed_recent, 0)
        self._shed_replays()
        self._budgets.replays.keep(self._shed_replays, 0)

    def _keep_replay(self, wanted: tuple[Dialect, int], frames: Sequence[Frame]) -> None:
        if _size(frames) > self._sizes.replay_bytes:
            return
        if len(self._replays) >= REPLAYS:
            self._replays.clear()
        self._replays[wanted] = frames
        self._budgets.replays.keep(self._shed_replays, sum(map(_size, self._replays.values())))

    def _shrink(self) -> None:
        recent, recent_bytes, _ = self._sizes
        while len(self._recent) > recent or self._recent_size > recent_bytes:
            self._drop_oldest()
        self._account()

    def _drop_oldest(self) -> None:
        _, data = self._recent.popleft()
        self._recent_size -= len(data)

    def _account(self) -> None:
        """Take in that the events at hand have changed: replays are made of them, and dropped."""
        if self._replays:
            self._shed_replays()
            self._budgets.replays.keep(self._shed_replays, 0)
        self._budgets.recent.keep(self._shed_recent, self._recent_size)

    def _shed_recent(self) -> None:
        self._recent.clear()
        self._recent_size = 0

    def _shed_replays(self) -> None:
        self._replays.clear()


def _size(frames: Sequence[Frame]) -> int:
    return sum(len(frame.wire) for frame in frames)
