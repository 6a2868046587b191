"""What the chat knows of a connection."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from trio_chat.auth.grant import ANYBODY, Grant
from trio_chat.core.catchup import CatchUp
from trio_chat.core.links import Link
from trio_chat.delivery.recipient import Recipient
from trio_chat.limits.bucket import Bucket
from trio_chat.limits.quota import Quota


class HeldBuckets(NamedTuple):
    """The buckets from which a connection pays, as they were found, and for whom and where."""

    changes: int  # of the limits; with another one they have to be looked up again
    person_id: str | None
    of_room: Bucket | None  # in which it writes
    by_rate: Mapping[str, Bucket]


@dataclass(eq=False, slots=True, weakref_slot=True)
class ConnectionState:
    """A connection: who speaks by it, which rooms it is in, and what it waits for."""

    client: Recipient
    person_id: str | None = None
    reads_as: str | None = None  # the id of the person by whose rights it reads, without a name
    known_since: int = 0  # of the person, in ms since 1970
    session: str = ""  # the id of the session by which it came
    is_over: bool = False  # whether that has ended, and so has the connection soon
    rooms: dict[str, CatchUp] = field(default_factory=dict)
    loading: int = 0  # rooms among them that are not loaded yet
    joining: int = 0  # joins that are not answered yet
    writes: int = 0  # that are not answered yet
    links: dict[str, Link] = field(default_factory=dict)  # by room, that it showed without a name
    quota: Quota | None = None  # how much it may ask for while it has no person
    held: dict[str, HeldBuckets] = field(default_factory=dict)  # by the rate of what it asked for
    waits_since: float = float("-inf")  # since when requests have had to wait for their rates
    waited_at: float = float("-inf")  # when one had to last
    refused: int = 0  # requests since then, as they would have had to wait too long
    is_flooding: bool = False  # whether it has asked for too much for too long
    grant: Grant = ANYBODY  # what it has shown to be let in
    is_let_in: bool = True  # else its hello decides that
    label: str = ""  # of its device
    removed_from: Collection[str] = ()  # rooms that its person may not be in any more
    is_claiming: bool = False  # whether its next requests wait until a nick is claimed
    new_id: str = ""  # of a new person, who waits for that

    @property
    def holder_id(self) -> str | None:
        """The id of the person whose rights it has."""
        return self.person_id or self.reads_as

    @property
    def way_in(self) -> str:
        """The way in, as the counters of limits name it."""
        return "socket" if self.client.dialect.needs_hello else "plain"

    @property
    def only_room(self) -> CatchUp | None:
        """The room of a connection without a name, which is in one at most."""
        return next(iter(self.rooms.values()), None)
