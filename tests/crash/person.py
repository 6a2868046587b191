"""Somebody who talks, and keeps the rules of docs/protocol.md for coming back."""

import json
import random
import uuid
from typing import Any

import trio
from trio_websocket import (
    ConnectionClosed,
    HandshakeError,
    WebSocketConnection,
    wrap_client_stream,
)

ROOM = "tea"
SUBPROTOCOL = "trio-chat.v1"
PATIENCE = 3  # seconds for a handshake; twice as long after each that took too long
EDITS = 0.2  # of all that is sent
LOSSES = 0.02  # connections lost behind what is sent, before it can be answered
GONE = (ConnectionClosed, HandshakeError, OSError, trio.BrokenResourceError, trio.TooSlowError)

Object = dict[str, Any]


class Lost(Exception):
    """The connection is gone by an accident on our side."""


class Person:
    """One client. Whatever breaks a promise raises an ``AssertionError``."""

    def __init__(self, nick: str, *, pause: float) -> None:
        self.nick = nick
        self.events: list[Object] = []  # all that was told, in the order in which it came
        self.acknowledged: dict[str, int] = {}  # number of each cid
        self.pending: dict[str, Object] = {}  # what has no answer yet, by cid
        self.is_talking = True
        self.state = "away"  # for whoever wants to know why somebody does not go on
        self.connections = 0
        self.resends = 0
        self.duplicates = 0  # answers that say that a resend was one
        self._pause = pause  # seconds between two messages, about
        self._patience = PATIENCE
        self._session: str | None = None
        self._id: str | None = None
        self._epoch: str | None = None

    @property
    def last(self) -> int:
        """The number of the last event."""
        return self.events[-1]["seq"] if self.events else 0

    async def live(self, port: int) -> None:
        """Come back whenever the connection is lost, until cancelled."""
        while True:
            try:
                await self._converse(port)
            except* (*GONE, Lost):
                pass
            await trio.sleep(random.uniform(0, 0.3))  # noqa: S311 - no secret

    async def _converse(self, port: int) -> None:
        self.state = "connecting"
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream, trio.open_nursery() as nursery:
            self.state = "shaking hands"
            # It waits for ever if the server is killed before it answers.
            with trio.fail_after(self._patience):
                self._patience *= 2
                socket = await wrap_client_stream(
                    nursery,
                    stream,
                    f"127.0.0.1:{port}",
                    "/ws",
                    subprotocols=[SUBPROTOCOL],
                    max_message_size=2**24,  # bytes: all that was missed may come at once
                )
            self._patience = PATIENCE
            self.state = "here"
            await self._send(socket, self._hello())
            while True:
                for told in json.loads(await socket.get_message()):
                    self._take(told)
                    if told["t"] == "joined":
                        self.state = "joined"
                        self.connections += 1
                        nursery.start_soon(self._talk, socket)

    def _hello(self) -> Object:
        room = {"room": ROOM, "last": self.last, "epoch": self._epoch}
        return {"t": "hello", "nick": self.nick, "session": self._session, "rooms": [room]}

    async def _talk(self, socket: WebSocketConnection) -> None:
        """Send again what has no answer, then more and more."""
        self.resends += len(self.pending)
        for request in list(self.pending.values()):
            await self._send(socket, request)
        while self.is_talking:
            await trio.sleep(random.expovariate(1 / self._pause))
            request = self._think()
            self.pending[request["cid"]] = request
            await self._send(socket, request)
            if random.random() < LOSSES:  # noqa: S311 - no secret
                raise Lost

    def _think(self) -> Object:
        cid = str(uuid.uuid4())
        mine = [told["seq"] for told in self.events if told["t"] == "msg" and self._is_mine(told)]
        request = {"id": cid, "cid": cid, "room": ROOM, "text": f"{self.nick} says {cid}"}
        if mine and random.random() < EDITS:  # noqa: S311 - no secret
            return request | {"t": "edit", "seq": random.choice(mine)}  # noqa: S311 - no secret
        return request | {"t": "send"}

    def _is_mine(self, told: Object) -> bool:
        return bool(told["cid"] in self.acknowledged)

    async def _send(self, socket: WebSocketConnection, *objects: Object) -> None:
        await socket.send_message(json.dumps(objects))

    def _take(self, told: Object) -> None:
        match told:
            case {"t": "welcome", "session": session, "epoch": epoch, "you": {"id": id}}:
                assert self._epoch in (None, epoch), "the numbers have begun anew"
                assert self._id in (None, id), "no longer the same person"
                self._id = id
                self._session, self._epoch = session, epoch
            case {"t": "joined", "last": last}:
                assert last >= self.last, f"{self.last} was told, and now the last one is {last}"
                assert not told.get("reset"), "the server does not know what it told"
                assert not told.get("gap"), "something is lost"
            case {"t": "msg" | "edit", "seq": seq}:
                assert seq == self.last + 1, f"{seq} after {self.last}"
                self.events.append(told)
            case {"t": "ok", "id": cid, "seq": seq}:
                self._acknowledge(cid, seq, is_resend=told.get("dup", False))
            case {"t": "error"}:
                assert told.get("retry_ms"), told

    def _acknowledge(self, cid: str, seq: int, *, is_resend: bool) -> None:
        assert self.acknowledged.setdefault(cid, seq) == seq, "one cid has two numbers"
        self.pending.pop(cid, None)
        self.duplicates += is_resend
