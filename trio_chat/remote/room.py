"""A room of a chat: read what happens there, and take part."""

from collections.abc import AsyncIterator
from typing import Literal
from uuid import uuid4

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.events import Person
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.errors import ChatError, Refused
from trio_chat.remote.pending import PendingRequest, PendingRequests
from trio_chat.remote.room_state import Happening, RoomState


class Sent:
    """A message on its way.

    ``cid`` is its id, which comes with it in ``Message.cid``; ``text`` what it says.
    """

    def __init__(self, cid: str, text: str, pending: PendingRequest) -> None:
        self.cid = cid
        self.text = text
        self._pending = pending

    @property
    def state(self) -> Literal["sending", "kept", "refused"]:
        """How far it has come."""
        if not self._pending.is_done:
            return "sending"
        return "refused" if self._pending.error else "kept"

    @property
    def error(self) -> ChatError | None:
        """Why it was refused."""
        return self._pending.error

    async def kept(self) -> int:
        """Wait until it is kept, across reconnects; return its number.

        Raises:
            Refused: it is not.
            Ended: the chat is over before that is known.
        """
        return _number(await self._pending.wait(answers.Ok))


class Room(AsyncIterator[events.Message]):
    """A room that we are in, from ``Chat.room``.

    ``async for message in room`` yields the messages in it, each once and in order, ours too;
    ``async for event in room.events()`` all that happens. Both take from the same queue, and one
    task at a time may: another one gets ``trio.BusyResourceError``. They end when the room is
    left. Nothing is lost if one breaks out of the loop and comes back to it later.

    Who does not keep up loses nothing: see ``Chat``.

    The methods that ask for something wait for the answer, across reconnects; bound that by a
    cancel scope of your own. When such a wait is cancelled, the request is not sent again, but if
    it had been sent already it may still be done. They raise ``Refused`` if the server does not
    grant it, and ``ValueError`` for text that cannot be sent, such as half of a surrogate pair.
    """

    def __init__(self, state: RoomState, conversation: Conversation) -> None:
        self._state = state
        self._conversation = conversation

    async def __anext__(self) -> events.Message:
        """Wait for the next message."""
        while True:
            happening = await self._state.next()
            if isinstance(happening, events.Message) and not happening.deleted:
                return happening

    def events(self) -> "Events":
        """Return an iterator over all that happens here.

        A ``Joined`` comes whenever we are in the room, for the first time or again. Its ``gap``
        and ``reset`` tell if something is lost.
        """
        return Events(self._state)

    # What is known

    @property
    def name(self) -> str:
        """The name in its normal form."""
        return self._state.name

    @property
    def members(self) -> list[Person]:
        """Who is here, as far as is known; the last known while the connection is lost."""
        return list(self._state.people.values())

    @property
    def guests(self) -> int:
        """How many were here without a name when we joined."""
        return self._state.guests

    @property
    def topic(self) -> str:
        """What the room is about."""
        return self._state.topic

    @property
    def epoch(self) -> str | None:
        """What the numbers belong to; with the last one handled it tells where to go on."""
        return self._state.epoch

    @property
    def is_joined(self) -> bool:
        """Whether the server lets us hear what happens here just now."""
        return self._state.is_joined

    # What can be done

    async def send(self, text: str, *, reply: int | None = None, cid: str | None = None) -> int:
        """Say something; return its number once it is kept.

        Args:
            text: Up to 4,000 characters, unless the server sets another limit.
            reply: The number of the message that is answered.
            cid: An id of your own, 8 to 64 characters. What was sent with it before is not said
                again: the first number is returned.
        """
        return await self._keep(
            requests.Send(room=self.name, cid=cid or new_cid(), text=text, reply=reply)
        )

    def submit(self, text: str, *, reply: int | None = None, cid: str | None = None) -> Sent:
        """Say something, and do not wait; messages are said in the order of the calls.

        Raises:
            trio.WouldBlock: too many requests wait for their answers.
        """
        self._check()
        cid = cid or new_cid()
        request = requests.Send(room=self.name, cid=cid, text=text, reply=reply)
        return Sent(cid, text, self._pending.submit(request, self.name))

    async def edit(self, seq: int, text: str) -> int:
        """Give your message ``seq`` another text; return the number of the edit."""
        return await self._keep(requests.Edit(room=self.name, cid=new_cid(), seq=seq, text=text))

    async def delete(self, seq: int) -> int:
        """Take your message ``seq`` back; return the number of the deletion."""
        return await self._keep(requests.Delete(room=self.name, cid=new_cid(), seq=seq))

    async def react(self, seq: int, emoji: str, *, on: bool = True) -> int:
        """Put an emoji to a message, or take yours away; return the number of that."""
        return await self._keep(
            requests.React(room=self.name, cid=new_cid(), seq=seq, emoji=emoji, on=on)
        )

    async def set_topic(self, text: str) -> int:
        """Say what the room is about; return the number of that."""
        return await self._keep(requests.Topic(room=self.name, cid=new_cid(), text=text))

    def typing(self) -> None:
        """Let the others know that you are writing; call it as often as you like.

        It is passed on at most every 2 s, and not at all while the connection is lost.
        """
        if self._state.is_joined:
            request = requests.Typing(room=self.name)
            self._pending.add(PendingRequest(request, self.name, is_resent=False))

    async def history(
        self, *, before: int | None = None, after: int | None = None, limit: int = 100
    ) -> answers.Page:
        """Return a page of messages as they stand, the oldest first; the latest by default.

        Args:
            before: Only those before this number.
            after: Only those after this number.
            limit: At most so many, up to 100 unless the server sets another limit.
        """
        request = requests.History(room=self.name, before=before, after=after, limit=limit)
        return await self._pending.request(request, answers.Page)

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
        """Find messages by their words, the newest first; docs/protocol.md tells how to pending.

        Args:
            query: What to look for.
            who: Only those of this nick or id.
            since: Only those from this time on, in milliseconds since 1970.
            until: Only those before this time.
            before: Only those before this number.
            limit: At most so many.
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
        """Be in the room no longer: reading it ends."""
        self._check()
        await self._conversation.leave(self.name).wait(answers.Ok)

    @property
    def _pending(self) -> PendingRequests:
        return self._conversation.pending

    async def _keep(self, request: requests.WriteRequest) -> int:
        self._check()
        return _number(await self._pending.request(request, answers.Ok, self.name))

    def _check(self) -> None:
        """Make sure that we are to be in the room."""
        if self._conversation.rooms.get(self.name) is not self._state:
            raise self._state.refusal or Refused("not_joined", "you have left the room")


class Events(AsyncIterator[Happening]):
    """Iterates over what happens in a room; made by ``Room.events``."""

    def __init__(self, state: RoomState) -> None:
        self._state = state

    async def __anext__(self) -> Happening:
        """Wait for what happens next."""
        return await self._state.next()


def new_cid() -> str:
    """Return an id for something that is to be kept."""
    return str(uuid4())


def _number(ok: answers.Ok) -> int:
    return ok.seq or 0
