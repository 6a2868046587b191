"""The ledger: keeps acts in the journal, and takes in those that are kept."""

from collections.abc import Callable

from trio_chat.core.effects import Turn
from trio_chat.core.links import Link, new_link
from trio_chat.core.pending_writes import SILENT, Pending, PendingWrites
from trio_chat.core.registry import SERVER, Registry
from trio_chat.journal.journal import Journal
from trio_chat.journal.types import Committed, RoomState, Write
from trio_chat.protocol.acts import LEDGER, AnyAct
from trio_chat.protocol.events import ActKept, AnyStoredEvent, decode
from trio_chat.protocol.person import Person
from trio_chat.protocol.rights import Right

PAGE = 1000  # acts that are read at once
PAGE_BYTES = 4 * 1024 * 1024

OnAct = Callable[[ActKept], None]


class Ledger:
    """Has acts, and what goes with them in rooms, kept in the journal; in order, one after another.

    Args:
        turn: Where the writes go.
        pending: Waits for what becomes of them.
        registry: Takes acts in once they are kept.
    """

    def __init__(self, turn: Turn, pending: PendingWrites, registry: Registry) -> None:
        self._turn = turn
        self._pending = pending
        self._registry = registry

    def record(self, act: AnyAct, who: Person | None, pending: Pending = SILENT) -> None:
        """Have an act kept that somebody does."""
        self.write(Write(ActKept(room=LEDGER, who=who, act=act)), pending)

    def tell(self, event: AnyStoredEvent, pending: Pending = SILENT) -> None:
        """Have an event of a room kept that tells its members of an act."""
        self.write(Write(event), pending)

    def write(self, write: Write, pending: Pending) -> None:
        """Have something kept."""
        self._turn.effects.writes.append(write)
        self._pending.add(pending)

    def follow(self, state: RoomState) -> list[Link] | None:
        """Take in what others have written, such as commands; have more read if that is not all.

        Returns:
            The links that have ended; ``None`` if nothing was taken in, so that everybody may do as
            much as before.
        """
        news = [(seq, data) for seq, data in state.recent if seq > self._registry.last]
        if news and news[0][0] == self._registry.last + 1:
            taken = [take(self._registry, seq, data) for seq, data in news]
            return [link for link in taken if link]
        if state.last > self._registry.last:
            self._turn.effects.loads.append(LEDGER)
        return None


async def make_operator(journal: Journal, registry: Registry) -> str:
    """Make an operator's link in a journal that nothing else writes to yet; return its secret.

    Raises:
        Unavailable: it cannot be kept just now.
    """
    link = new_link(SERVER, Right.OPERATE)
    [result] = await journal.commit([Write(ActKept(room=LEDGER, act=link.act))])
    assert isinstance(result, Committed)
    assert isinstance(result.event, ActKept)
    registry.apply(result.event)
    return link.secret


async def load(journal: Journal, registry: Registry) -> None:
    """Take in all acts that the journal has behind the last known one.

    Raises:
        Unavailable: they cannot be read just now.
    """
    while page := await journal.after(LEDGER, registry.last, PAGE, PAGE_BYTES):
        for seq, data in page:
            take(registry, seq, data)


def take(registry: Registry, seq: int, data: bytes) -> Link | None:
    """Take in one encoded act; return the link that it ends.

    One that is damaged changes nothing, and the journal tells of it.
    """
    event = decode(data)
    ended = registry.apply(event) if isinstance(event, ActKept) else None
    registry.last = seq
    return ended
