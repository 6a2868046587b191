"""What reaches the hub: one class for each kind of message."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import trio

from trio_chat.auth.grant import ANYBODY, Grant
from trio_chat.delivery.recipient import MissedEvents, Recipient, Requester
from trio_chat.journal.storage import Outcome
from trio_chat.limits.bucket import Bucket
from trio_chat.protocol import governing, requests
from trio_chat.protocol.close import CloseReason

ApiAsked = (
    requests.Hello
    | requests.WriteRequest
    | requests.Read
    | requests.Marks
    | requests.Sessions
    | requests.SignOut
    | requests.Pair
    | requests.Upload
    | governing.AnyGoverning
)
AnyAsked = requests.Understood


class Register(NamedTuple):
    """A connection is there; one that needs no name joins a room at once.

    Without a ``grant`` it is not let in yet; a ``LetIn`` may follow.
    """

    client: Recipient
    join: requests.Join | None = None
    grant: Grant | None = ANYBODY
    session: str | None = None  # as whom one reads that needs no name
    label: str = ""  # of the device


class LetIn(NamedTuple):
    """A connection has shown what lets it in; its hello follows."""

    client: Recipient
    grant: Grant


class Unregister(NamedTuple):
    """A connection is gone: it gets nothing more, and its send side is closed."""

    client: Recipient


class Asked:
    """Requests of one connection that arrived together, in order.

    A connection has one of these under way at a time: it waits for ``done`` before it hands over
    more. So what waits for the hub is bounded by the connections, and a sender who is too fast is
    no longer read.
    """

    def __init__(self, client: Recipient, asked: Sequence[AnyAsked]) -> None:
        self.client = client
        self.requests = deque(asked)
        self.since = 0.0  # when the hub got them, in Trio's time
        self.has_waited = False  # for a rate
        self.is_paid = False  # whether the next one has its tokens, and waits for their time
        self.refused: dict[Bucket, int] = {}  # how many, for want of tokens of which
        self._done: trio.Event | None = None

    def finish(self) -> None:
        """Tell whoever waits that no request is left."""
        if self._done is not None:
            self._done.set()

    async def done(self) -> None:
        """Wait until the hub has taken the last request."""
        if self.requests:
            if self._done is None:
                self._done = trio.Event()
            await self._done.wait()


class ApiRequest(NamedTuple):
    """Somebody without a connection asks for one thing."""

    caller: Requester
    credentials: requests.Credentials
    request: ApiAsked
    grant: Grant = ANYBODY
    label: str = ""  # of the device


class PageDone(NamedTuple):
    """A client has sent on a page of what it missed in a room.

    ``after`` is the number up to which it has everything. ``first`` is the number of the first
    event that is still there, if retention has deleted some behind ``after``.
    """

    catch_up: MissedEvents
    after: int
    first: int | None = None


class AccessChanged(NamedTuple):
    """Others are let in from now on: whoever would not be by their grant has to go."""

    admits: Callable[[Grant], bool]


class Shutdown(NamedTuple):
    """The server stops: every connection is ended with this reason, and so are later ones."""

    reason: CloseReason


class Nudge(NamedTuple):
    """Somebody wants to know whether the hub takes turns."""

    heard: Callable[[], None]


class Prove(NamedTuple):
    """Somebody wants to know whether messages are kept and delivered; see ``core/canary.py``."""

    heard: Callable[[str | None], None]


Message = (
    Register
    | LetIn
    | Unregister
    | Asked
    | ApiRequest
    | PageDone
    | AccessChanged
    | Shutdown
    | Nudge
    | Prove
    | Outcome
)
