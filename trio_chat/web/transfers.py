"""Transfers: how the bodies of requests that bring files come no faster than they are read."""

from collections.abc import Callable
from typing import cast

import trio
from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent
from quart_trio.wrappers.request import TrioRequest

FLOW = "trio_chat.flow"  # of a body, in the scope that an app gets
AHEAD = 128 * 1024  # bytes of a body that are read before what came first is taken


class Flow:
    """Holds back the body of a request until its reader has taken what came before.

    Quart takes all that comes, however long its reader waits.

    Args:
        receive: Returns the next message of the request.
        on_taken: Called when something was taken.
    """

    def __init__(self, receive: ASGIReceiveCallable, on_taken: Callable[[], None]) -> None:
        self._receive = receive
        self._on_taken = on_taken
        self._ahead = 0  # bytes that were not taken yet
        self._moved = trio.Event()

    async def receive(self) -> ASGIReceiveEvent:
        """Return the next message, once little waits to be taken."""
        while self._ahead >= AHEAD:
            self._moved = trio.Event()
            await self._moved.wait()
        message = await self._receive()
        if message["type"] == "http.request":
            self._ahead += len(message.get("body", b""))
        return message

    def take(self, size: int) -> None:
        """Take in that so many bytes were read."""
        self._ahead -= size
        self._on_taken()
        self._moved.set()


class TransferRequest(TrioRequest):
    """A request whose body has no limit of Quart's if it brings a file: its reader has one."""

    def __init__(self, *args: object, **options: object) -> None:
        scope = options.get("scope", args[7] if len(args) > 7 else {})  # noqa: PLR2004
        limit = options["max_content_length"]
        if isinstance(scope, dict) and FLOW in scope:
            options["max_content_length"] = None
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.max_content_length = cast("int | None", limit)  # for whoever reads a body as a whole
