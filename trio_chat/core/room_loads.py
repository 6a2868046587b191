"""Room loads: which rooms are loaded next, one client after the other, a few at a time."""

from collections import OrderedDict
from collections.abc import Callable

from trio_chat.delivery.recipient import Recipient, Requester

AT_ONCE = 32  # loads that the storage has; two of its batches, so that it never idles

Owner = Requester | None  # who wants a room; nobody: it is open, and read anew


class RoomLoads:
    """A queue for each client, which take turns: whoever joins many rooms holds up nobody.

    Args:
        load: Has a room loaded.
    """

    def __init__(self, load: Callable[[str], None]) -> None:
        self._load = load
        self._wanted: OrderedDict[Owner, dict[str, None]] = OrderedDict()
        self._under_way = 0

    def want(self, owner: Owner, name: str) -> None:
        """Have a room loaded when it is its owner's turn."""
        self._wanted.setdefault(owner, {})[name] = None
        self._go_on()

    def abandon(self, owner: Recipient) -> list[str]:
        """Forget what a client wants that is gone; return the rooms whose loads have not begun."""
        return list(self._wanted.pop(owner, ()))

    def done(self) -> None:
        """Take in that one load has ended, one way or the other."""
        self._under_way -= 1
        self._go_on()

    def clear(self) -> None:
        """Forget all that has not begun."""
        self._wanted.clear()

    def _go_on(self) -> None:
        while self._wanted and self._under_way < AT_ONCE:
            owner, names = self._wanted.popitem(last=False)
            name = next(iter(names))
            del names[name]
            if names:
                self._wanted[owner] = names
            self._under_way += 1
            self._load(name)
