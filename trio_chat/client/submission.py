"""Submission: what a peer asks for on its way to the hub, one read's requests after the other's."""

from collections.abc import Sequence

from trio_chat.auth.grant import Grant
from trio_chat.client.entry import let_in
from trio_chat.client.keepalive import Keepalive
from trio_chat.client.lookups import ConnectionContext
from trio_chat.core.messages import AnyAsked, Asked, LetIn
from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol.close import Violation


class Submission:
    """The requests of one connection. While they wait, the peer is not read, and need not pong.

    Args:
        context: Has the inbox of the hub, and who lets peers in.
        keepalive: Of the connection.
        grant: What the peer has been granted; ``None`` if its hello must show something.
    """

    __slots__ = ("_asked", "_context", "_keepalive", "grant")

    def __init__(
        self, context: ConnectionContext, keepalive: Keepalive, grant: Grant | None
    ) -> None:
        self._context = context
        self._keepalive = keepalive
        self.grant = grant
        self._asked: Asked | None = None  # what the hub was asked last

    @property
    def waits(self) -> bool:
        """Whether the hub has not taken all requests."""
        return self._asked is not None and bool(self._asked.requests)

    @property
    def is_under_way(self) -> bool:
        """Whether the end of the last requests has not been waited for."""
        return self._asked is not None

    async def submit(self, client: Recipient, messages: Sequence[str | bytes]) -> None:
        """Hand requests to the hub, once that is done with what it was asked before.

        A client that breaks the rules is ended, behind what it asked for until then.

        Raises:
            HelloDenied: the peer is not let in.
        """
        asked: list[AnyAsked] = []
        try:
            for message in messages:
                asked += client.dialect.read(message, self._context.config)
        except Violation as violation:
            client.end(violation.reason)
        if asked and self.grant is None:
            await self._let_in(client, asked)
        if asked:
            await self.settle()
            self._asked = Asked(client, asked)
            self._keepalive.is_paused = True  # the hub may be busy
            await self._context.inbox.put(self._asked)
            self._keepalive.is_paused = False

    async def settle(self) -> None:
        """Wait until the hub has taken all requests."""
        if self._asked is not None:
            self._keepalive.is_paused = True
            await self._asked.done()
            self._keepalive.is_paused = False
            self._asked = None

    def forget(self) -> None:
        """Forget what the hub was asked; the connection is over."""
        self._asked = None

    async def _let_in(self, client: Recipient, asked: Sequence[AnyAsked]) -> None:
        """Have the hello among requests show what lets the peer in."""
        self._keepalive.is_paused = True
        try:
            self.grant = await let_in(asked, self._context, client.address)
        finally:
            self._keepalive.is_paused = False
        if self.grant:
            self._context.inbox.post(LetIn(client, self.grant))
