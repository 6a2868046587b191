"""A server for the Python client that does what a test says, over connections in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import msgspec
import trio
import trio.testing

from tests.frames import CLOSE, TEXT, unmasked
from trio_chat.config import Config
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import parse_head
from trio_chat.net.websocket import WebSocket
from trio_chat.remote import Chat, ChatError, Joined, Room
from trio_chat.remote.address import Address
from trio_chat.remote.backoff import Backoff
from trio_chat.remote.connector import running
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.reconnector import Reconnector
from trio_chat.remote.states import States

Object = dict[str, Any]
MemoryStream = trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]

ADDRESS = Address("localhost", 8080, "/ws", is_secure=False)
PONG_FRAME = b"\x8a"  # how it begins
END_OF_HEAD = b"\r\n\r\n"
FOR_EVER = 10_000  # seconds of virtual time
ANN = {"id": "ann", "nick": "Ann"}


class Peer:
    """The server's end of one connection. ``at`` is when it was called."""

    def __init__(self, stream: MemoryStream) -> None:
        self.at = trio.current_time()
        self.stream = stream
        self.pings = 0
        self.counts: list[int] = []  # of the objects in each frame
        self._websocket: WebSocket | None = None
        self._heard: list[Object] = []
        self.is_over = False  # the client has closed, or hung up

    async def shake_hands(self, *, speaks_v1: bool = True) -> None:
        """Let the WebSocket stand."""
        head = await self.read_head()
        if not speaks_v1:
            head = head.replace(b"trio-chat.v1", b"trio-chat.v0")
        self._websocket, answer = shake_hands(parse_head(head), Config())
        await self.stream.send_all(answer)

    async def read_head(self) -> bytes:
        """Return the request with which the client begins."""
        head = b""
        with trio.fail_after(FOR_EVER):
            while not head.endswith(END_OF_HEAD):
                head += await self.stream.receive_some(1)
        return head

    async def hears(self) -> Object:
        """Return the next object that the client sends; ``{}`` if it says nothing more."""
        while not self._heard and not self.is_over:
            await self._hear()
        return self._heard.pop(0) if self._heard else {}

    async def _hear(self) -> None:
        assert self._websocket
        data = b""
        with trio.fail_after(FOR_EVER), suppress(trio.BrokenResourceError):
            data = bytes(await self.stream.receive_some(65536))
        if not data:
            self.is_over = True
            return
        received = self._websocket.feed(data)
        for message in received.messages:
            objects = msgspec.json.decode(message)
            self.counts.append(len(objects))
            self._heard += objects
        self.is_over = received.ended
        if received.reply:
            await self._answer(received.reply)

    async def _answer(self, wire: bytes) -> None:
        self.pings += wire.startswith(PONG_FRAME)
        with suppress(trio.BrokenResourceError):
            await self.stream.send_all(wire)

    async def says(self, *objects: Object) -> None:
        """Send objects in one message, and let everything come of it."""
        await self.sends(unmasked(TEXT, msgspec.json.encode(objects)))

    async def sends(self, wire: bytes) -> None:
        """Send bytes, and let everything come of it."""
        await self.stream.send_all(wire)
        await trio.testing.wait_all_tasks_blocked()

    async def closes(self, code: int, reason: bytes = b"") -> None:
        """Send a close frame, and hang up once it is answered."""
        await self.sends(unmasked(CLOSE, code.to_bytes(2) + reason))
        await self.hangs_up()

    async def hangs_up(self) -> None:
        """Be gone without a word."""
        await self.stream.aclose()
        await trio.testing.wait_all_tasks_blocked()

    async def welcomes(self, *more: Object, **fields: object) -> Object:
        """Shake hands, say welcome, and more behind it; return the hello."""
        await self.shake_hands()
        hello = await self.hears()
        assert hello["t"] == "hello"
        await self.says(welcome(**fields), *more)
        return hello


def welcome(**fields: object) -> Object:
    """Return a welcome for Ann."""
    told = {"t": "welcome", "id": 0, "session": "secret", "you": ANN, "epoch": "e1"}
    return {**told, "ping_interval": 25, "limits": {"text": 4000, "frame": 65536}, **fields}


def joined(last: int = 0, **fields: object) -> Object:
    """Return that the client is in the room ``tea``."""
    return {"t": "joined", "room": "tea", "last": last, "epoch": "e1", "members": [ANN], **fields}


def message(seq: int, **fields: object) -> Object:
    """Return a message in the room ``tea``."""
    said = {"t": "msg", "room": "tea", "seq": seq, "ts": 1, "text": f"line {seq}", "from": ANN}
    return {**said, **fields}


def refusal(code: str, **fields: object) -> Object:
    """Return an error."""
    return {"t": "error", "code": code, "text": f"it is {code}", **fields}


class Calls:
    """Takes the calls of a client. While there is ``trouble``, none gets through."""

    def __init__(self) -> None:
        self.trouble: OSError | trio.BrokenResourceError | None = None
        self.is_deaf = False  # calls are not even refused
        self.times: list[float] = []
        self.ours: list[MemoryStream] = []  # the client's ends
        self._answer, self._waiting = trio.open_memory_channel[Peer](100)

    async def dial(self) -> trio.abc.Stream:
        """Call the server: what the client does to connect."""
        self.times.append(trio.current_time())
        if self.is_deaf:
            await trio.sleep_forever()
        if self.trouble:
            raise self.trouble
        ours, theirs = trio.testing.memory_stream_pair()
        self.ours.append(ours)
        self._answer.send_nowait(Peer(theirs))
        return ours

    async def next(self) -> Peer:
        """Wait for the client to call, and answer."""
        with trio.fail_after(FOR_EVER):
            return await self._waiting.receive()


async def end_of(calls: Calls, script: Callable[[Peer], Awaitable[None]]) -> ChatError | None:
    """Return the error that ends a chat whose first connection goes as in a script."""
    try:
        async with calling(calls) as chat:
            chat.room("tea")
            await script(await calls.next())
            await trio.sleep(FOR_EVER)
    except ChatError as error:
        return error
    return None


class Visit(NamedTuple):
    """Ann is in the room ``tea``, whose last event has the number 2."""

    chat: Chat
    tea: Room
    peer: Peer


@asynccontextmanager
async def visiting(calls: Calls, *, queue_limit: int = 1000) -> AsyncIterator[Visit]:
    """Have Ann in the room for the block; she has read that she is there."""
    async with calling(calls, queue_limit=queue_limit) as chat:
        tea = chat.room("tea")
        peer = await calls.next()
        await peer.welcomes(joined(2))
        assert isinstance(await anext(tea.events()), Joined)
        yield Visit(chat, tea, peer)


@asynccontextmanager
async def calling(
    calls: Calls,
    *,
    connect_timeout: float = 10.0,
    queue_limit: int = 1000,
    jitter: float = 1.0,
    session: str | None = None,
) -> AsyncIterator[Chat]:
    """Chat as Ann for the block, which begins before anybody has answered."""
    conversation = Conversation("Ann", session, None, queue_limit)
    states = States()
    backoff = Backoff(lambda: jitter)
    reconnector = Reconnector(conversation, states, calls.dial, ADDRESS, backoff, connect_timeout)
    async with running(Chat(conversation, states), reconnector, wait=False) as chat:
        yield chat
