"""A client of the protocol v1 over a real socket, that says and hears object by object."""

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import uuid4

import trio
import trio_websocket

from tests.integration.running import PATIENCE
from trio_chat.protocol.dialects.v1 import SUBPROTOCOL

Object = dict[str, Any]


class Reachable(Protocol):
    """A server, in this process or in another one."""

    @property
    def ws(self) -> str:
        """The address of its WebSocket."""
        ...

    @property
    def trust(self) -> ssl.SSLContext | None:
        """The TLS context of its clients, if it speaks TLS."""
        ...


class Chatter:
    """One connection. What comes is kept in order until it is asked for."""

    def __init__(self, websocket: trio_websocket.WebSocketConnection) -> None:
        self.websocket = websocket
        self.who: dict[str, str] = {}
        self.session = ""
        self.epoch = ""
        self.welcome: Object = {}
        self.heard: list[Object] = []

    async def say(self, *objects: Object) -> None:
        """Send objects in one frame."""
        await self.websocket.send_message(json.dumps(objects))

    async def next(self) -> Object:
        """Return the next object."""
        with trio.fail_after(PATIENCE):
            while not self.heard:
                message = await self.websocket.get_message()
                assert isinstance(message, str)
                self.heard += json.loads(message)
        return self.heard.pop(0)

    async def until(self, *kinds: str) -> Object:
        """Return the next object of one of these types; the others before it are dropped."""
        return (await self.all_until(*kinds))[-1]

    async def all_until(self, *kinds: str) -> list[Object]:
        """Return all objects up to one of these types."""
        found = [await self.next()]
        while found[-1]["t"] not in kinds:
            found.append(await self.next())
        return found

    async def seqs_until(self, last: int) -> list[int]:
        """Return the numbers of all that comes up to a number, in the order in which it comes."""
        found: list[int] = []
        while last not in found:
            entry = await self.next()
            if "seq" in entry and entry["t"] != "ok":
                found.append(entry["seq"])
        return found

    async def ask(self, **request: object) -> Object:
        """Ask for something and return its answer; what comes before it can be heard later."""
        number = uuid4().hex
        await self.say({"id": number, **request})
        before: list[Object] = []
        while (answer := await self.next()).get("id") != number:
            before.append(answer)
        self.heard[:0] = before
        return answer

    async def answered(self, rooms: int) -> None:
        """Wait until so many rooms of the hello are joined, or refused; that can be heard later."""
        found: list[Object] = []
        while sum(one["t"] in ("joined", "error") for one in found) < rooms:
            found.append(await self.next())
        self.heard[:0] = found

    async def send(self, room: str, text: str, **more: object) -> int:
        """Say something, and return the number under which it was committed."""
        answer = await self.ask(t="send", room=room, text=text, cid=str(uuid4()), **more)
        assert answer["t"] == "ok", answer
        return int(answer["seq"])

    async def hello(
        self,
        nick: str,
        *rooms: Object | str,
        session: str = "",
        access: Object | None = None,
        **more: object,
    ) -> Object:
        """Say hello, and return the answer; the rooms' own answers can be heard next."""
        wishes = [{"room": room} if isinstance(room, str) else room for room in rooms]
        if session:
            more["session"] = session
        if access:
            more["access"] = access
        answer = await self.ask(t="hello", nick=nick, rooms=wishes, **more)
        if answer["t"] == "welcome":
            self.who, self.session, self.epoch = answer["you"], answer["session"], answer["epoch"]
            self.welcome = answer
        return answer

    async def ending(self) -> tuple[list[Object], int, str]:
        """Wait for the end: return what was told last, the close code and the reason."""
        told = self.heard
        with trio.fail_after(PATIENCE):
            try:
                while True:
                    message = await self.websocket.get_message()
                    assert isinstance(message, str)
                    told += json.loads(message)
            except trio_websocket.ConnectionClosed as closed:
                reason = closed.reason
        assert reason is not None
        return told, reason.code, reason.reason or ""


@asynccontextmanager
async def connected(server: Reachable, *headers: tuple[bytes, bytes]) -> AsyncIterator[Chatter]:
    """Connect for the block, without a word."""
    async with trio_websocket.open_websocket_url(
        server.ws,
        ssl_context=server.trust,
        subprotocols=[SUBPROTOCOL],
        extra_headers=list(headers),
    ) as websocket:
        assert websocket.subprotocol == SUBPROTOCOL
        try:
            yield Chatter(websocket)
        finally:
            if websocket.closed:  # by the server: then nobody closes the socket
                await trio.aclose_forcefully(websocket._stream)


@asynccontextmanager
async def chatting(
    server: Reachable,
    nick: str,
    *rooms: Object | str,
    session: str = "",
    **more: Any,  # noqa: ANN401 - fields
) -> AsyncIterator[Chatter]:
    """Connect for the block and say hello, which must be welcome; the rooms are joined then."""
    async with connected(server) as chatter:
        answer = await chatter.hello(nick, *rooms, session=session, **more)
        assert answer["t"] == "welcome", answer
        await chatter.answered(len(rooms))
        yield chatter
