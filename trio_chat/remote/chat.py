"""A chat: the connection to a server as its user sees it, and the nursery that owns it."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import check_nick, check_room
from trio_chat.remote.address import parse
from trio_chat.remote.backoff import Backoff
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.errors import ChatError, Ended
from trio_chat.remote.pending import PendingRequests
from trio_chat.remote.reconnector import LEFT, Reconnector
from trio_chat.remote.room import Room
from trio_chat.remote.states import Online, Over, State, States, Watch
from trio_chat.remote.transport import NORMAL, dialer

QUEUE_LIMIT = 1000  # events of a room that may wait to be read
NAME_LIMIT = 1000  # characters of any name; the server has limits of its own


class Chat:
    """A chat with a server, from ``connect``; all of it belongs to the block."""

    def __init__(self, conversation: Conversation, states: States) -> None:
        self._conversation = conversation
        self._states = states
        self._rooms: dict[str, Room] = {}

    @property
    def me(self) -> Person:
        """Who we are; without an id until the first welcome."""
        return self._conversation.me

    @property
    def session(self) -> str | None:
        """The token that makes you the same person again; keep it as you would a password."""
        return self._conversation.session

    @property
    def limits(self) -> dict[str, int]:
        """The server's limits, as its welcome tells them; empty before that."""
        return self._conversation.limits

    @property
    def state(self) -> State:
        """How the connection is just now."""
        return self._states.now

    def states(self) -> Watch:
        """Return an iterator over the state of the connection: that of now, then each change."""
        return Watch(self._states)

    async def online(self) -> None:
        """Wait until the server has said welcome.

        Raises:
            ChatError: the chat is over.
        """
        watch = self.states()
        while not isinstance(state := await anext(watch), Online):
            if isinstance(state, Over):
                raise state.error or Ended(NORMAL, LEFT)

    def wrote(self, event: events.StoredEvent | answers.MessageView) -> bool:
        """Whether something was said or done by ourselves."""
        return event.who is not None and event.who.id == self.me.id

    def room(self, name: str, *, last: int | None = None, epoch: str | None = None) -> Room:
        """Return a room, and be in it from now on; the same one for the same name until it is left.

        It does not wait: that we are in it is received by ``Room.events``.

        Args:
            name: Up to 64 letters, digits, ``_``, ``.`` and ``-``; case does not count.
            last: The number of the last event that you know from before: what came after it is
                received first. It counts only when the room is entered.
            epoch: What that number belongs to, from ``Room.epoch``.

        Raises:
            ValueError: the name cannot be.
        """
        name = check_room(name, NAME_LIMIT)
        if name not in self._conversation.rooms:
            state = self._conversation.enter(name, last, epoch)
            self._rooms[name] = Room(state, self._conversation)
        return self._rooms[name]

    async def rooms(self) -> list[answers.RoomInfo]:
        """Return the list of the rooms of the server, the latest first.

        Raises:
            Refused: the server does not grant it.
        """
        return (await self._pending.request(requests.Rooms(), answers.RoomList)).rooms

    async def rename(self, nick: str) -> None:
        """Be called something else.

        Raises:
            Refused: the nick cannot be, or is somebody else's.
        """
        await self._pending.request(requests.Nick(nick=nick), answers.Ok)
        self._conversation.me = Person(self.me.id, check_nick(nick, NAME_LIMIT))

    def close(self, error: ChatError | None) -> None:
        """End all that waits; the block does it."""
        self._conversation.close(error or Ended(NORMAL, LEFT))
        self._states.set(Over(error))

    @property
    def _pending(self) -> PendingRequests:
        return self._conversation.pending


@asynccontextmanager
async def connect(  # noqa: PLR0913 - each has a name, and most are left out
    url: str,
    *,
    nick: str,
    session: str | None = None,
    key: str | None = None,
    ssl_context: ssl.SSLContext | None = None,
    connect_timeout: float = 10.0,
    wait: bool = True,
    queue_limit: int = QUEUE_LIMIT,
) -> AsyncIterator[Chat]:
    """Chat with a server for the block.

    A lost connection is made again, after a random pause with a ceiling from 0.5 to 20 s, and at
    least as long as the server pending for. Rooms go on from the last event that came, and what has
    no answer is sent again; so nothing is lost and nothing comes twice.

    Up to ``queue_limit`` events of each room wait to be read. What comes when the queue is full
    is dropped, and asked for again when all that waits has been read. So a slow reader costs no
    memory without bound, holds up nobody, and loses nothing.

    When the chat cannot go on, the block is cancelled and the error raised. An exception in the
    block leaves it as it is, not in a group.

    Args:
        url: The address that the server prints (``http://localhost:8080/``), or that of its
            WebSocket (``wss://chat.example.org/ws``).
        nick: What to be called.
        session: The token from ``Chat.session`` of an earlier time, to be the same person.
        key: A secret of yours that does the same, 16 to 64 characters made at random; there need
            not have been a welcome before.
        ssl_context: For ``wss`` and ``https``, if not Python's default.
        connect_timeout: Seconds in which the server must have said welcome for the first time.
        wait: Whether to wait for that before the block begins.
        queue_limit: Events of a room that may wait to be read.

    Raises:
        ValueError: the URL is none.
        Unreachable: the server did not say welcome in time.
        Refused: it does not want us under this nick.
        Ended: it has ended the chat for good, or does not speak this protocol.
    """
    address = parse(url)
    dial = dialer(address, ssl_context)
    conversation = Conversation(nick, session, key, queue_limit)
    states = States()
    reconnector = Reconnector(conversation, states, dial, address, Backoff(), connect_timeout)
    async with running(Chat(conversation, states), reconnector, wait=wait) as chat:
        yield chat


@asynccontextmanager
async def running(
    chat: Chat, reconnector: Reconnector, *, wait: bool = True
) -> AsyncIterator[Chat]:
    """Have the reconnector hold the connection of a chat for the block."""
    over: ChatError | None = None
    failure: BaseException | None = None
    async with trio.open_nursery() as nursery:

        async def reconnect() -> None:
            nonlocal over
            over = await reconnector.run()
            chat.close(over)
            nursery.cancel_scope.cancel(reason="the chat is over")

        nursery.start_soon(reconnect)
        try:
            if wait:
                await chat.online()
            yield chat
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the nursery would wrap it
            failure = error
        await reconnector.leave()
        nursery.cancel_scope.cancel(reason="the block is over")
    chat.close(over)
    outcome = failure or over
    if outcome:
        raise outcome
