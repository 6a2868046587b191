"""A chat with a server, and the nursery that owns its connection."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from trio_chat.protocol import answers, events, governing, requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import check_nick, check_room
from trio_chat.remote.address import parse
from trio_chat.remote.backoff import Backoff
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.devices import Devices
from trio_chat.remote.errors import ChatError, Ended
from trio_chat.remote.pending import PendingRequests
from trio_chat.remote.private_rooms import PrivateRoomWatch
from trio_chat.remote.reconnector import LEFT, Reconnector
from trio_chat.remote.room import Room
from trio_chat.remote.states import Online, Over, State, States, Watch
from trio_chat.remote.transport import NORMAL, dialer

QUEUE_LIMIT = 1000  # events of a room that may wait to be read
ROOMS_LIMIT = 10_000  # rooms of a list
NAME_LIMIT = 1000  # characters of a name; the server has a lower limit of its own


class Chat(Devices):
    """A chat with a server, from ``connect``; it ends with that block."""

    def __init__(self, conversation: Conversation, states: States) -> None:
        super().__init__(conversation)
        self._states = states
        self._rooms: dict[str, Room] = {}

    @property
    def me(self) -> Person:
        """Our id and nick; the id is empty until the first welcome."""
        return self._conversation.me

    @property
    def session(self) -> str | None:
        """The token with which you are the same person next time; a secret like a password."""
        return self._conversation.session

    @property
    def unknown_session(self) -> bool:
        """Whether the last welcome said that the server does not know our session.

        Then we are another person than before, who cannot change what was said by that one.
        """
        return self._conversation.unknown_session

    @property
    def limits(self) -> dict[str, int]:
        """The server's limits from its welcome; empty before that."""
        return self._conversation.limits

    @property
    def state(self) -> State:
        """The present state of the connection."""
        return self._states.now

    @property
    def is_slowed(self) -> bool:
        """Whether the server has some requests wait, as there were too many; none is lost."""
        return trio.current_time() < self._pending.slowed_until

    def states(self) -> Watch:
        """Return an iterator over the states of the connection, from the present one on."""
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
        """Whether an event or message is our own."""
        return event.who is not None and event.who.id == self.me.id

    def room(
        self,
        name: str,
        *,
        last: int | None = None,
        epoch: str | None = None,
        link: str | None = None,
    ) -> Room:
        """Return a room and join it; the same object for the same name until it is left.

        It does not wait: ``Room.events`` yields a ``Joined`` once we are in the room.

        Args:
            name: Up to 64 letters, digits, ``_``, ``.`` and ``-``; case does not count.
            last: The number of the last event that you have handled before: the events after it
                come first. It is used only when the room is joined.
            epoch: The epoch of that number, from ``Room.epoch``.
            link: The secret of a link to the room. Its right is ours from then on, also in a room
                in which we are; it need not be shown again by the same person.

        Raises:
            ValueError: the name is not valid.
            Ended: the chat is over.
        """
        name = check_room(name, NAME_LIMIT)
        state = self._conversation.rooms.get(name)
        if state is None:
            state = self._conversation.enter(name, last, epoch, link)
            self._rooms[name] = Room(state, self._conversation)
        elif link:
            self._conversation.show_link(state, link)
        return self._rooms[name]

    async def join(self, name: str, *, link: str | None = None) -> Room:
        """Join a room as with ``room``, and wait until we are in it, across reconnects.

        Raises:
            ValueError: the name is not valid.
            Refused: the server does not let us in; ``no_such_room`` without a good link.
            Ended: the chat is over.
        """
        room = self.room(name, link=link)
        await room.joined()
        return room

    async def create(self, name: str, *, private: bool = False) -> answers.Created:
        """Make a room; return its name and links, whose secrets are told only here.

        Its moderator is who makes it: join it by its name, with no link.

        Args:
            name: The name of a public room, or the title of a private one, up to 100 characters.
            private: Whether only those come in who have a link. Its name is an identifier.

        Raises:
            Refused: it cannot be called so, or the name is taken.
            Lost: the connection was lost before the answer; a room may have been made.
        """
        request = governing.Create(name=name, private=private)
        return await self._pending.request(request, answers.Created, is_once=True)

    async def write_to(self, person: Person | str, *, name: str | None = None) -> answers.Created:
        """Make the private room for two with a person, or return the one that there is.

        Join it by its ``room``; its ``title`` is how the other one is called. They are told.

        Args:
            person: Whom, or their id.
            name: How they are called, if you know them by their id alone.

        Raises:
            Refused: there can be none, or too many have written to them just now.
        """
        if isinstance(person, Person):
            name = name or person.nick
        other = person.id if isinstance(person, Person) else person
        request = governing.Create(name=name, private=True, other=other)
        return await self._pending.request(request, answers.Created)

    @property
    def private_rooms(self) -> list[answers.PrivateRoom]:
        """The latest private rooms for two that we have, by their ``room`` and ``title``."""
        return list(self._conversation.private.known.values())

    def watch_private_rooms(self) -> PrivateRoomWatch:
        """Return an iterator over these rooms: those that there are, then each new one.

        One comes when somebody writes to us for the first time.
        """
        return PrivateRoomWatch(self._conversation.private)

    async def rooms(self) -> list[answers.RoomInfo]:
        """Return the rooms of the server, the latest first, and at most ``ROOMS_LIMIT``.

        The list comes by pages. A room in which something happens meanwhile may be missing if it
        was on a later page; it is not there twice.

        Raises:
            Refused: the server does not grant it.
        """
        found: dict[str, answers.RoomInfo] = {}
        skip, more = 0, True
        while more and skip < ROOMS_LIMIT:
            page = await self._pending.request(requests.Rooms(skip=skip), answers.RoomList)
            known = len(found)
            for room in page.rooms:
                found.setdefault(room.room, room)
            skip += len(page.rooms)
            more = page.more and len(found) > known  # a server may know no pages
        return list(found.values())[:ROOMS_LIMIT]

    async def rename(self, nick: str) -> None:
        """Change our nick.

        Raises:
            Refused: the nick is not valid, or is somebody else's.
        """
        await self._pending.request(requests.Nick(nick=nick), answers.Ok)
        self._conversation.me = Person(self.me.id, check_nick(nick, NAME_LIMIT))

    def close(self, error: ChatError | None) -> None:
        """End all that waits; ``connect`` does it."""
        self._conversation.close(error or Ended(NORMAL, LEFT))
        self._states.set(Over(error))

    @property
    def _pending(self) -> PendingRequests:
        return self._conversation.pending


@asynccontextmanager
async def connect(  # noqa: PLR0913 - each has a name, and most are left out
    url: str,
    *,
    nick: str = "",
    session: str | None = None,
    key: str | None = None,
    pair: str | None = None,
    password: str | None = None,
    token: str | None = None,
    operator: str | None = None,
    link: str | None = None,
    ssl_context: ssl.SSLContext | None = None,
    connect_timeout: float = 10.0,
    wait: bool = True,
    queue_limit: int = QUEUE_LIMIT,
) -> AsyncIterator[Chat]:
    """Chat with a server for the block.

    A lost connection is made again, after a random delay with a ceiling that doubles from 0.5 to
    20 s until a connection lasts for 5 s, and at least as long as the server asks for. Rooms
    resume behind the last event that came, and requests without an answer are sent again; so
    nothing is lost and nothing comes twice.

    Up to ``queue_limit`` events of each room wait to be read. Events that come when the queue is
    full are dropped, and requested again when all that waits has been read. So a slow reader
    costs a bounded amount of memory, does not delay others, and loses nothing.

    When the chat is over, the block is cancelled and the error raised. An exception in the block
    is raised as it is, not in a group.

    Args:
        url: The address that the server prints (``http://localhost:8080/``), or that of its
            WebSocket (``wss://chat.example.org/ws``).
        nick: The nick to ask for; none is needed with ``pair``.
        session: The token from ``Chat.session`` of an earlier time, to be the same person.
        key: A secret of yours that does the same, 16 to 64 characters made at random; it works
            also if the first welcome was lost.
        pair: A code from ``Chat.pair`` of another device, to be the same person as there.
        password: The password of the server, if it asks for one.
        token: A token (JWT) that says who you are, if it asks for that. The chat ends when it
            expires.
        operator: The secret of an operator's link, ``#operator=SECRET``: we may moderate all rooms
            from then on, and need not show it again as the same person.
        link: The secret of a link to any room, which lets us in if the server asks for one; we need
            not show it again as the same person. ``operator`` lets in, too.
        ssl_context: For ``wss`` and ``https``, if not Python's default.
        connect_timeout: Seconds in which the server must say welcome for the first time.
        wait: Whether to wait for the welcome before the block begins.
        queue_limit: Events of a room that may wait to be read.

    Raises:
        ValueError: the URL is not valid.
        Unreachable: the server did not say welcome in time.
        Refused: the server does not accept the nick, or the code (``bad_pair``), or does not let
            us in (``unauthorized``).
        Ended: the server has ended the chat for good, or does not speak this protocol.
    """
    address = parse(url)
    dial = dialer(address, ssl_context)
    access = requests.Access(password, token) if password or token else None
    conversation = Conversation(nick, session, key, queue_limit, access, operator or link, pair)
    states = States()
    reconnector = Reconnector(conversation, states, dial, address, Backoff(), connect_timeout)
    async with running(Chat(conversation, states), reconnector, wait=wait) as chat:
        yield chat


@asynccontextmanager
async def running(
    chat: Chat, reconnector: Reconnector, *, wait: bool = True
) -> AsyncIterator[Chat]:
    """Run the reconnector of a chat for the block."""
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
