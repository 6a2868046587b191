"""A chat with a server: who we are there, its rooms, and the state of the connection."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import trio

from trio_chat.protocol import answers, events, governing, governing_answers, requests
from trio_chat.protocol.events import File, Person
from trio_chat.protocol.names import BadName, check_nick, check_room
from trio_chat.remote.acting import Acting
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.devices import Devices
from trio_chat.remote.errors import ChatError, Ended
from trio_chat.remote.pending import PendingRequests
from trio_chat.remote.private_rooms import PrivateRoomWatch
from trio_chat.remote.reconnector import LEFT
from trio_chat.remote.room import Room
from trio_chat.remote.states import Online, Over, State, States, Watch
from trio_chat.remote.transport import NORMAL

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
    def is_operator(self) -> bool:
        """Whether the last welcome said that we may act on everybody in all rooms."""
        return self._conversation.is_operator

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

    async def create(self, name: str, *, private: bool = False) -> governing_answers.Created:
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
        return await self._pending.request(request, governing_answers.Created, is_once=True)

    async def write_to(
        self, person: Person | str, *, name: str | None = None
    ) -> governing_answers.Created:
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
        return await self._pending.request(request, governing_answers.Created)

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

    @property
    def everywhere(self) -> Acting:
        """What an operator does with people in all rooms, and what was done there."""
        return Acting(self._conversation)

    async def download(self, file: File | str, target: Path) -> None:
        """Save a file of a message, where nothing is yet.

        Args:
            file: One of ``Message.files``, or its id.
            target: Where it is to be.

        Raises:
            Refused: there is no such file any more.
            Unreachable: the connection failed, or is too slow.
            OSError: it cannot be written, as when there is a file already.
        """
        assert self._conversation.transfers  # ``connect`` gives them
        file_id = file.id if isinstance(file, File) else file
        await self._conversation.transfers.download(file_id, target)

    async def rename(self, nick: str) -> None:
        """Change our nick.

        Raises:
            Refused: the nick is not valid, or is somebody else's.
        """
        on_ok = partial(self._be_called, nick)
        await self._pending.request(requests.Nick(nick=nick), answers.Ok, on_ok=on_ok)

    def _be_called(self, nick: str) -> None:
        """Take in that the server has changed our nick, which it writes in its normal form."""
        with suppress(BadName):  # the server's Unicode may have letters that ours has not
            nick = check_nick(nick, NAME_LIMIT)
        self._conversation.me = Person(self.me.id, nick)

    def close(self, error: ChatError | None) -> None:
        """End all that waits; ``connect`` does it."""
        self._conversation.close(error or Ended(NORMAL, LEFT))
        self._states.set(Over(error))

    @property
    def _pending(self) -> PendingRequests:
        return self._conversation.pending
