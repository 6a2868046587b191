"""Makes the client of each WebSocket and of each stream of events."""

from collections.abc import Awaitable, Callable

from trio_chat.client.client import Client
from trio_chat.client.lookups import ConnectionContext
from trio_chat.core.readers import Readers
from trio_chat.delivery.frames import Frame
from trio_chat.net.eventstream import EventStream
from trio_chat.net.head import Head, HttpError
from trio_chat.net.problems import Problem, of_error
from trio_chat.net.streams import Stream
from trio_chat.net.visitor import Visitor
from trio_chat.net.websocket import WebSocket
from trio_chat.protocol import requests
from trio_chat.protocol.dialects import plain, v1
from trio_chat.protocol.dialects.base import Dialect
from trio_chat.protocol.dialects.sse import Sse
from trio_chat.protocol.names import BadName, check_room
from trio_chat.protocol.request_error import RequestError

DIALECTS: dict[str | None, Dialect] = {None: plain, v1.SUBPROTOCOL: v1}
DEFAULT_ROOM = "lobby"  # of those who do not say


class ClientFactory:
    """Chooses the dialect of a connection, and the room of those who say no hello.

    Args:
        context: What all clients share.
        readers: Tells whether somebody without a hello may read in a room.
        epoch: Returns the one to which the numbers in streams of events belong.
    """

    def __init__(
        self, context: ConnectionContext, readers: Readers, epoch: Callable[[], str]
    ) -> None:
        self._context = context
        self._readers = readers
        self._sse = Sse(epoch)

    async def on_websocket(
        self, stream: Stream, websocket: WebSocket, answer: bytes, head: Head, visitor: Visitor
    ) -> Awaitable[None]:
        """Return what runs a client that is upgraded to a WebSocket; ``answer`` goes first.

        Raises:
            HttpError: its room has a name that cannot be.
            Problem: it may not be there.
        """
        dialect = DIALECTS[websocket.subprotocol]
        join = None if dialect.needs_hello else self._join(head)
        if join:
            await self._admit(join, visitor)
        client = Client(stream, websocket, dialect, self._context, join, visitor)
        client.deliver(Frame(answer))
        return client.run(head.rest)

    async def on_events(
        self,
        stream: Stream,
        join: requests.Join,
        answer: bytes,
        already_read: bytes,
        visitor: Visitor,
    ) -> Awaitable[None]:
        """Return what runs a client that follows a room; ``answer`` goes first.

        Raises:
            Problem: it may not be there.
        """
        await self._admit(join, visitor)
        client = Client(stream, EventStream(), self._sse, self._context, join, visitor)
        client.deliver(Frame(answer))
        return client.run(already_read)

    async def _admit(self, join: requests.Join, visitor: Visitor) -> None:
        """See that a visitor without a hello may come into a room, before that is promised.

        Of a name that no new room may have the journal is asked first. What has let them in is
        looked at behind that, as the hub does not know of them yet.

        Raises:
            Problem: they may not.
        """
        fault = await self._context.history.name_fault(join.room)
        gate, grant = self._context.gate, visitor.grant
        if gate and grant and not gate.admits(grant):
            raise Problem("unauthorized", "what has let you in holds no more")
        self._check_reader(join, visitor)
        if fault:
            raise of_error(fault)

    def _check_reader(self, join: requests.Join, visitor: Visitor) -> None:
        """See that the policy lets a visitor without a hello be in a room.

        Raises:
            Problem: it does not.
        """
        assert visitor.grant is not None  # only a hello could bring one later
        join.link = visitor.link
        try:
            self._readers.check(
                join,
                visitor.address,
                session=visitor.session,
                link=visitor.link,
                grant=visitor.grant,
            )
        except RequestError as error:
            raise of_error(error.answer) from None

    def _join(self, head: Head) -> requests.Join:
        """Return the request to join the room that the query names, as in ``/ws?room=tea``.

        Raises:
            HttpError: its name cannot be.
        """
        [room, *_] = head.parameters("room") or [DEFAULT_ROOM]
        try:
            return requests.Join(room=check_room(room, self._context.config.room_limit))
        except BadName as error:
            raise HttpError(400, str(error)) from None
