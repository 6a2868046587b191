"""The canary: a message that nobody sees, to prove that messages are kept and delivered."""

from collections.abc import Callable
from typing import cast

from trio_chat.core.effects import Turn
from trio_chat.core.pending_writes import Pending, PendingWrites
from trio_chat.delivery.audience import Audience
from trio_chat.delivery.frames import Frame
from trio_chat.delivery.recipient import Recipient
from trio_chat.journal.types import Committed, Duplicate, Write
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import Message

CANARY = Write(Message(room=LEDGER, text=""), is_canary=True)
NOT_KEPT = "messages cannot be kept"

Heard = Callable[[str | None], None]  # is told why messages are not delivered, ``None`` if they are


class Canary:
    """Goes the way of a message: it is committed with others, fanned out, and heard here alone.

    The journal writes each one over the one before it, so it takes no space.

    Args:
        turn: Has its effects.
        pending: Tells what became of it.
        delay: Has something called so many seconds later.
    """

    def __init__(
        self, turn: Turn, pending: PendingWrites, delay: Callable[[float, Callable[[], None]], None]
    ) -> None:
        self._turn = turn
        self._pending = pending
        self._delay = delay
        self._flying: list[Heard] = []  # committed, and not heard yet
        self._audience = Audience()
        self._audience.add(cast("Recipient", _Ear(self._hear)))

    def release(self, heard: Heard) -> None:
        """Let one go; ``heard`` is called once, unless the journal never tells what became of it.

        So whoever asks has a deadline, and does not ask again before it is called.
        """
        is_kept = False

        def keep(_: Committed | Duplicate) -> None:
            nonlocal is_kept
            is_kept = True
            self._flying.append(heard)
            self._turn.effects.broadcasts.append((Frame(b""), self._audience))

        def judge() -> None:
            if not is_kept:
                heard(NOT_KEPT)

        self._turn.effects.writes.append(CANARY)
        over = lambda: self._delay(0.0, judge)  # noqa: E731 - behind ``keep``, if that is called
        self._pending.add(Pending(None, None, None, keep, over=over))

    def _hear(self) -> None:
        flying, self._flying = self._flying, []
        for heard in flying:
            heard(None)


class _Ear:
    """The one member of the canary's audience, as far as an audience knows its members."""

    send_now = None

    def __init__(self, hear: Callable[[], None]) -> None:
        self._hear = hear

    def watch(self, _: object) -> None:
        """Do nothing: nothing changes."""

    def deliver(self, _: Frame) -> bool:
        """Hear it."""
        self._hear()
        return True
