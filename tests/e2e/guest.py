"""A person who chats by WebSocket, without a page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("trio-chat.v1")
ANSWER_LIMIT = 60  # seconds


class Guest:
    """A client that speaks v1."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def tell(self, **request: object) -> None:
        """Make a request that has no answer."""
        self._socket.send(json.dumps(request))

    def ask(self, **request: object) -> dict[str, Any]:
        """Make a request, and return its answer; it must be granted."""
        self._socket.send(json.dumps({"id": 1, **request}))
        answers: list[dict[str, Any]] = []
        while not answers:
            told = json.loads(self._socket.recv(timeout=ANSWER_LIMIT))
            answers = [answer for answer in told if "id" in answer]
        assert answers[0]["t"] != "error", answers
        return answers[0]


@contextmanager
def enter(url: str, nick: str, *rooms: str, **hello: object) -> Iterator[Guest]:
    """Be in rooms under a nick, for as long as the context lasts."""
    # What is not read is no reason to miss the end of the connection, which is waited for.
    with connect(url, subprotocols=[PROTOCOL], max_queue=None) as socket:
        guest = Guest(socket)
        guest.ask(t="hello", nick=nick, **hello)
        for room in rooms:
            guest.ask(t="join", room=room)
        yield guest
