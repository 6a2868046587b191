"""Effects: what a turn has decided, for the hub to carry out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trio_chat.core.catchup import CatchUp
from trio_chat.core.records import NO_CHANGES, Changes
from trio_chat.delivery.audience import Audience
from trio_chat.delivery.frames import Frame
from trio_chat.delivery.recipient import LookedUp, Recipient, Requester
from trio_chat.journal.storage import Seek, Tally
from trio_chat.journal.types import Moves, Wishes, Write
from trio_chat.protocol import answers
from trio_chat.protocol.close import CloseReason
from trio_chat.protocol.events import Person

Replies = dict[Requester, list[answers.Answer]]


@dataclass
class Effects:
    """What is to be done, in the order of the fields.

    ``replies`` and ``acks`` are answers to single connections; the ``acks`` come behind the
    broadcasts of what they acknowledge. ``catch_up`` is what single connections have missed.
    ``people`` is what is to be kept of them from now on, ``claims`` which nicks are to be theirs.
    ``held`` is what waits for approval since, or no more, for other nodes.
    Other nodes are to learn ``moves``, who has come into rooms or gone, and ``typing``, who types
    where.
    """

    replies: Replies = field(default_factory=lambda: defaultdict(list))
    catch_up: list[tuple[Recipient, Sequence[Frame]]] = field(default_factory=list)
    broadcasts: list[tuple[Frame, Audience]] = field(default_factory=list)
    acks: Replies = field(default_factory=lambda: defaultdict(list))
    writes: list[Write] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    seeks: list[Seek | Tally] = field(default_factory=list)
    people: Changes = NO_CHANGES
    claims: Wishes = field(default_factory=dict)
    held: Mapping[int, bytes | None] = field(default_factory=dict)
    moves: Moves = field(default_factory=dict)
    typing: list[tuple[str, Person]] = field(default_factory=list)
    look_ups: list[tuple[Recipient, LookedUp]] = field(default_factory=list)
    pages: list[tuple[Recipient, CatchUp]] = field(default_factory=list)
    closes: list[tuple[Recipient, CloseReason | None]] = field(default_factory=list)


@dataclass
class Turn:
    """The turn under way: its time, and what it has decided so far."""

    now: float = 0.0
    effects: Effects = field(default_factory=Effects)

    def begin(self, now: float) -> Effects:
        """Begin another turn at a time of Trio's clock; return its effects, which are none yet."""
        self.now = now
        self.effects = Effects()
        return self.effects

    def reply(self, requester: Requester, answer: answers.Answer) -> None:
        """Answer somebody."""
        self.effects.replies[requester].append(answer)
