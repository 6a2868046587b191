"""The ledger: keeps acts in the journal, and takes in those that are kept."""

from trio_chat.core.effects import Turn
from trio_chat.core.links import Link, new_link
from trio_chat.core.pending_writes import SILENT, Pending, PendingWrites
from trio_chat.core.registry import SERVER, Registry
from trio_chat.core.rooms import Delay
from trio_chat.journal.journal import Journal
from trio_chat.journal.types import RoomState, Write
from trio_chat.protocol.acts import LEDGER, AnyAct
from trio_chat.protocol.events import ActKept, AnyStoredEvent, decode
from trio_chat.protocol.person import Person
from trio_chat.protocol.rights import Right

EARLY = 256  # acts that may wait for one before them
PAGE = 1000  # acts that are read at once
PAGE_BYTES = 4 * 1024 * 1024

Taken = tuple[ActKept, Link | None]  # an act, and the link that it ends


class Ledger:
    """Has acts, and what goes with them in rooms, kept in the journal; in order, one after another.

    Args:
        turn: Where the writes go.
        pending: Waits for what becomes of them.
        registry: Takes acts in once they are kept.
        delay: Has something called so many seconds later.
    """

    def __init__(
        self,
        turn: Turn,
        pending: PendingWrites,
        registry: Registry,
        delay: Delay,
    ) -> None:
        self._turn = turn
        self._pending = pending
        self._registry = registry
        self._early: dict[int, ActKept] = {}  # acts that wait for those before them
        self._delay = delay
        self._is_loading = False
        self._heard = 0  # how far others say while acts are read that they are

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

    def take(self, kept: ActKept) -> list[Taken]:
        """Take in an act that is kept, and those that waited for it.

        What another node has kept before it, and is not known here yet, is read first.
        """
        if kept.seq <= self._registry.last:
            return []
        if len(self._early) < EARLY:
            self._early[kept.seq] = kept
        if kept.seq > self._registry.last + 1:
            self.catch_up(kept.seq)
        return self._take_early()

    def _take_early(self) -> list[Taken]:
        taken = []
        while kept := self._early.pop(self._registry.last + 1, None):
            taken.append((kept, self._registry.apply(kept)))
        return taken

    def catch_up(self, last: int) -> None:
        """Have acts read that others have kept, up to a number; after those that are being read."""
        if self._is_loading:
            self._heard = max(self._heard, last)
        else:
            self._heard = 0
            self._is_loading = True
            self._load()

    def _load(self) -> None:
        self._turn.effects.loads.append(LEDGER)

    def loaded(self) -> None:
        """Take in that acts are read, which ``follow`` takes in."""
        self._is_loading = False

    def not_loaded(self, retry_ms: int) -> None:
        """Take in that acts cannot be read just now: that is tried again."""
        self._delay(retry_ms / 1000, self._load)

    def follow(self, state: RoomState) -> list[Taken]:
        """Take in what others have written; have more read if that is not all.

        Returns:
            The acts that are taken in. Nothing if everybody may do as much as before.
        """
        taken: list[Taken] = []
        for seq, data in state.recent:
            if seq == self._registry.last + 1:
                event = decode(data)
                if isinstance(event, ActKept):
                    taken.append((event, self._registry.apply(event)))
                self._registry.last = seq
        taken += self._take_early()
        self._early = {seq: act for seq, act in self._early.items() if seq > self._registry.last}
        last = max(state.last, self._heard)
        if last > self._registry.last or self._early:
            self.catch_up(last)
        return taken


async def make_operator(journal: Journal, registry: Registry) -> str:
    """Make an operator's link in a journal that nothing else writes to yet; return its secret.

    Raises:
        Unavailable: it cannot be kept just now.
    """
    link = new_link(SERVER, Right.OPERATE)
    await journal.commit([Write(ActKept(room=LEDGER, act=link.act))])
    await load(journal, registry)  # another node may have kept something before it
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
