"""A room: its log, its roster, and what its members are told next."""

from collections.abc import Callable, Iterator

from trio_chat.core.room_log import RoomLog
from trio_chat.core.roster import Roster
from trio_chat.delivery.audience import Audience
from trio_chat.delivery.frames import Frame, pack
from trio_chat.delivery.recipient import Recipient
from trio_chat.limits.bucket import Bucket
from trio_chat.protocol import events
from trio_chat.protocol.dialects.base import Dialect
from trio_chat.rates import NO_LIMIT, Rate


class Room:
    """One room while a connection or a person is in it; the journal remembers the rest.

    What happens waits until ``frames`` makes it ready for all members.

    Args:
        log: Its numbered events.
        listed_limit: How many people are listed; the others are counted.
        on_news: Is called when something begins to wait.
        delay: Has something called so many seconds later.
        rate: Of messages and changes.
        pace: Returns how many seconds later so many members are to be told of presence.
    """

    def __init__(
        self,
        log: RoomLog,
        listed_limit: int,
        on_news: Callable[["Room"], None],
        delay: Callable[[float, Callable[[], None]], None],
        rate: Rate = NO_LIMIT,
        pace: Callable[[int], float] = lambda _: 0.0,
    ) -> None:
        self.name = log.name
        self.log = log
        self.bucket = Bucket(rate)
        self.has_numbered_news = False  # whether any of what waits has a number
        self._audiences: dict[Dialect, Audience] = {}  # who gets what happens
        self._holds = 0  # catch-ups that keep the room open
        self.roster = Roster(log.name, listed_limit, self.tell, delay, pace)
        self._on_news = on_news
        self._news: list[tuple[events.Event, bytes | None]] = []

    # Who gets what happens

    def hold(self) -> None:
        """Keep the room open for one more catch-up."""
        self._holds += 1

    def release(self) -> None:
        """Let the room close as far as one catch-up is concerned."""
        self._holds -= 1

    @property
    def is_empty(self) -> bool:
        """Whether it can be forgotten."""
        return not self._holds and self.roster.is_empty

    @property
    def population(self) -> int:
        """How many are here: named people, and connections without a name."""
        return self.roster.count + self.guests

    @property
    def guests(self) -> int:
        """How many connections are here that speak without a name."""
        return sum(
            len(audience)
            for dialect, audience in self._audiences.items()
            if not dialect.needs_hello and not dialect.only_listens
        )

    def admit(self, member: Recipient) -> None:
        """From now on the member gets what happens here."""
        if member.dialect not in self._audiences:
            self._audiences[member.dialect] = Audience()
        self._audiences[member.dialect].add(member)

    def dismiss(self, member: Recipient) -> None:
        """Let a member go, who gets nothing more."""
        if member.dialect in self._audiences:
            self._audiences[member.dialect].discard(member)

    def readers(self) -> list[Recipient]:
        """Return the members that count numbers, and can read on in the journal."""
        return [
            member
            for dialect, audience in self._audiences.items()
            for member in audience
            if dialect.knows_numbers
        ]

    # What happens here

    def tell(self, event: events.Event, data: bytes | None = None) -> None:
        """Let all members know of an event, with the next frames; ``data`` is how it is kept."""
        if isinstance(event, events.Message) and event.who:
            self.roster.introduce(event.who.id)
        if not self._news:
            self._on_news(self)
        self._news.append((event, data))
        self.has_numbered_news = self.has_numbered_news or data is not None

    def frames(self) -> Iterator[tuple[Frame, Audience]]:
        """Yield what has happened since the last call, for the members of each dialect."""
        news, self._news = self._news, []
        self.has_numbered_news = False
        self.roster.told()
        for dialect, audience in self._audiences.items():
            if news and audience:
                payloads = (dialect.tell(event, data) for event, data in news)
                for frame in pack((data for data in payloads if data is not None), dialect):
                    yield frame, audience
