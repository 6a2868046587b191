"""A room of a chat: its events, and the requests that can be made in it."""

from collections.abc import AsyncIterator, Iterable
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec
import trio

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.events import File, Person
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.errors import ChatError
from trio_chat.remote.happenings import Happening
from trio_chat.remote.moderation import Moderation
from trio_chat.remote.pending_request import PendingRequest
from trio_chat.remote.room_state import RoomState

TYPING_INTERVAL = 1.0  # seconds between two "typing"; the server passes on one in 2 s


class Sent:
    """A message that was submitted.

    ``cid`` is its id, which is also in ``Message.cid``; ``text`` is its text.
    """

    def __init__(self, cid: str, text: str, pending: PendingRequest) -> None:
        self.cid = cid
        self.text = text
        self._pending = pending

    @property
    def state(self) -> Literal["sending", "kept", "refused"]:
        """Whether the server has acknowledged or refused it yet."""
        if not self._pending.is_done:
            return "sending"
        return "refused" if self._pending.error else "kept"

    @property
    def error(self) -> ChatError | None:
        """Why it was refused, if it was."""
        return self._pending.error

    async def kept(self) -> int:
        """Wait until it is committed, across reconnects; return its number.

        Raises:
            Refused: the server does not grant it.
            Ended: the chat is over before the outcome is known.
        """
        return _number(await self._pending.wait(answers.Ok))


class Room(Moderation, AsyncIterator[events.Message]):
    """A room that we are in, from ``Chat.room``.

    ``async for message in room`` yields the messages in it, each once and in order, our own too;
    ``async for event in room.events()`` yields all events. Both take from the same queue, and one
    task at a time may iterate: another one gets ``trio.BusyResourceError``. They end when the
    room is left. A loop can be left and another one begun later; nothing is lost in between, and
    slow readers lose nothing (see ``connect``).

    The methods that make a request wait for the answer, across reconnects; bound that by a
    cancel scope of your own. When such a wait is cancelled, the request is not sent again, but if
    it had been sent already it may still be done. They raise ``Refused`` if the server does not
    grant it, and ``ValueError`` for text that cannot be sent, such as half of a surrogate pair.
    A request that the server refuses for the moment is made again at the time that it names.
    """

    def __init__(self, state: RoomState, conversation: Conversation) -> None:
        super().__init__(state, conversation)
        self._typed_at = float("-inf")

    async def __anext__(self) -> events.Message:
        """Wait for the next message."""
        while True:
            happening = await self._state.next()
            if isinstance(happening, events.Message) and not happening.deleted:
                return happening

    def events(self) -> "Events":
        """Return an iterator over all events of the room.

        A ``Joined`` comes whenever the room was joined, for the first time or again. Its ``gap``
        and ``reset`` say whether something is lost; one with a ``gap`` may also come while missed
        events follow, as some of them were deleted meanwhile.
        """
        return Events(self._state)

    # What is known

    @property
    def name(self) -> str:
        """The room's name in its normal form; of a private room, its identifier."""
        return self._state.name

    @property
    def read_up_to(self) -> int | None:
        """The number of the last message that we have read here on any device, if it is known."""
        return self._conversation.marks.get(self.name)

    @property
    def title(self) -> str:
        """The title of a private room; else an empty text."""
        return self._state.title

    @property
    def right(self) -> Right:
        """What we may do in the room; nothing until we are in it."""
        return self._state.right

    @property
    def rules(self) -> RoomRules:
        """What holds in the room for all but moderators."""
        return self._state.rules

    @property
    def members(self) -> list[Person]:
        """The people in the room; the last known ones while the connection is lost.

        In a large room the list may be cut: see ``population``.
        """
        return list(self._state.members.people.values())

    @property
    def population(self) -> int:
        """How many people are in the room; more than ``members`` if that list is cut."""
        return self._state.members.population

    @property
    def guests(self) -> int:
        """How many connections without a name were in the room when we joined."""
        return self._state.guests

    @property
    def topic(self) -> str:
        """The room's topic, or an empty text."""
        return self._state.topic

    @property
    def epoch(self) -> str | None:
        """The epoch of the numbers; with the last number handled it tells where to resume."""
        return self._state.epoch

    @property
    def is_joined(self) -> bool:
        """Whether we are in the room on the present connection."""
        return self._state.is_joined

    async def joined(self) -> None:
        """Wait until we are in the room, by a link if one is to be shown.

        Raises:
            Refused: the server does not let us in, or we have left the room.
            Ended: the chat is over.
        """
        await self._state.settled()
        self._pending.check_open()
        self._check()

    # What can be done

    async def send(
        self,
        text: str,
        *,
        reply: int | None = None,
        cid: str | None = None,
        files: Iterable[File] = (),
    ) -> int:
        """Send a message; return its number once it is committed.

        Args:
            text: Up to 4,000 characters, unless the server sets another limit.
            reply: The number of the message that is answered.
            cid: An id of your own, 8 to 64 characters that can be seen. If a message was
                sent with it before, that one's number is returned and nothing is sent again.
            files: Those that ``upload`` has returned; with them ``text`` may be empty.
        """
        return await self._keep(
            requests.Send(
                room=self.name,
                cid=cid or new_cid(),
                text=text,
                reply=reply,
                files=[requests.Attachment(file.id, file.alt) for file in files],
            )
        )

    async def upload(self, source: Path | bytes, *, name: str = "", alt: str = "") -> File:
        """Upload a file for a message that we send in this room within an hour.

        Args:
            source: A file, or what is in one.
            name: How it is called, if not as the file.
            alt: What a picture shows, for those who do not see it.

        Raises:
            Refused: the server does not take it.
            Unreachable: the connection failed, or is too slow.
            OSError: the file cannot be read.
        """
        self._check()
        assert self._conversation.transfers  # ``connect`` gives them
        name = name or (source.name if isinstance(source, Path) else "")
        file = await self._conversation.transfers.upload(self.name, source, name)
        return msgspec.structs.replace(file, alt=alt)

    async def send_file(
        self, source: Path | bytes, text: str = "", *, name: str = "", alt: str = ""
    ) -> int:
        """Send a message with one file; return its number once it is committed.

        Args:
            source: A file, or what is in one.
            text: Of the message.
            name: How the file is called, if not as it is.
            alt: What a picture shows, for those who do not see it.

        Raises:
            Refused: the server does not take it.
            Unreachable: the connection failed, or is too slow.
            OSError: the file cannot be read.
        """
        return await self.send(text, files=[await self.upload(source, name=name, alt=alt)])

    def submit(self, text: str, *, reply: int | None = None, cid: str | None = None) -> Sent:
        """Send a message and do not wait; messages are sent in the order of the calls.

        Raises:
            trio.WouldBlock: too many requests wait for their answers.
        """
        self._check()
        cid = cid or new_cid()
        request = requests.Send(room=self.name, cid=cid, text=text, reply=reply)
        return Sent(cid, text, self._pending.submit(request, self.name))

    async def edit(self, seq: int, text: str) -> int:
        """Change the text of your message ``seq``; return the number of the edit."""
        return await self._keep(requests.Edit(room=self.name, cid=new_cid(), seq=seq, text=text))

    async def delete(self, seq: int, why: str = "") -> int:
        """Delete the message ``seq``; return the number of the deletion.

        Args:
            seq: The number of a message of yours; moderators delete those of others, too.
            why: A reason that is told to all, up to 250 characters.
        """
        request = requests.Delete(room=self.name, cid=new_cid(), seq=seq, why=why)
        return await self._keep(request)

    async def react(self, seq: int, emoji: str, *, on: bool = True) -> int:
        """Add an emoji to a message, or remove yours; return the number of the event."""
        return await self._keep(
            requests.React(room=self.name, cid=new_cid(), seq=seq, emoji=emoji, on=on)
        )

    async def set_topic(self, text: str) -> int:
        """Set the room's topic; return the number of the event."""
        return await self._keep(requests.Topic(room=self.name, cid=new_cid(), text=text))

    def typing(self) -> None:
        """Show the others that you are typing; it may be called at any rate.

        It is sent at most once a second, the server passes it on at most every 2 s, and nothing
        is sent while the connection is lost.
        """
        now = trio.current_time()
        if self._state.is_joined and now >= self._typed_at + TYPING_INTERVAL:
            self._typed_at = now
            self._pending.add_typing(self.name)

    async def mark_read(self, seq: int) -> None:
        """Tell our other devices that we have read up to a message; it only grows."""
        request = requests.Read(room=self.name, seq=seq)
        on_ok = partial(self._conversation.read, self.name, seq)
        await self._pending.request(request, answers.Ok, on_ok=on_ok)

    async def mark_unread(self, seq: int) -> None:
        """Tell our other devices that a message, and what is behind it, is unread again.

        Raises:
            Lost: the connection was lost before the answer.
        """
        request = requests.Read(room=self.name, seq=seq - 1, back=True)
        on_ok = partial(self._conversation.set_back, self.name, seq - 1)
        await self._pending.request(request, answers.Ok, is_once=True, on_ok=on_ok)

    async def history(
        self, *, before: int | None = None, after: int | None = None, limit: int = 100
    ) -> answers.Page:
        """Return a page of messages as they stand, the oldest first; the latest by default.

        A page may hold fewer messages than ``limit`` although there are others beyond: go by
        ``more``, and ask for the next page with the number of the first or last message.

        Args:
            before: Only messages before this number.
            after: Only messages after this number.
            limit: The most messages, up to 100 unless the server sets another limit.
        """
        request = requests.History(room=self.name, before=before, after=after, limit=limit)
        return await self._pending.request(request, answers.Page)

    async def edits(
        self, seq: int, *, after: int | None = None, limit: int = 100
    ) -> answers.EditList:
        """Return the texts that message ``seq`` has had, the oldest first, its own among them.

        Args:
            seq: The number of the message.
            after: Only texts of edits with a larger number: the next page, after the last one's.
            limit: The most texts, up to 100 unless the server sets another limit.

        Raises:
            Refused: ``not_found``: there is no such message, or it is deleted or cleared.
        """
        request = requests.Edits(room=self.name, seq=seq, after=after, limit=limit)
        return await self._pending.request(request, answers.EditList)

    async def search(
        self,
        query: str,
        *,
        who: str | None = None,
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = 20,
    ) -> answers.SearchResult:
        """Find messages by their words, the newest first; docs/protocol.md has the syntax.

        Args:
            query: Words, phrases or beginnings of words.
            who: Only messages of this nick or id.
            since: Only messages from this time on, in milliseconds since 1970.
            until: Only messages before this time.
            before: Only messages before this number.
            limit: The most messages.
        """
        request = requests.Search(
            room=self.name,
            query=query,
            who=who,
            since=since,
            until=until,
            before=before,
            limit=limit,
        )
        return await self._pending.request(request, answers.SearchResult)

    async def leave(self) -> None:
        """Leave the room: iterating over it ends, and requests in it fail."""
        self._check()
        await self._conversation.leave(self._state)

    async def _keep(self, request: requests.WriteRequest) -> int:
        return _number(await self._ask(request, answers.Ok))


class Events(AsyncIterator[Happening]):
    """Iterates over the events of a room; made by ``Room.events``."""

    def __init__(self, state: RoomState) -> None:
        self._state = state

    async def __anext__(self) -> Happening:
        """Wait for the next event."""
        return await self._state.next()


def new_cid() -> str:
    """Return a new id for a message."""
    return str(uuid4())


def _number(ok: answers.Ok) -> int:
    return ok.seq or 0
