"""The memory that SQLite shares through a file: whatever happens to it, nothing said is lost."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.chat import NO_RATES, PATIENCE, Chat
from tests.forked import ForkedChat
from trio_chat.protocol.dialects.v1 import SUBPROTOCOL

ROUNDS = 5


def ask(person: ClientConnection, **request: object) -> dict[str, Any]:
    """Ask for something; return the answer."""
    person.send(json.dumps([{"id": 1, **request}]))
    while True:
        for one in json.loads(person.recv(timeout=PATIENCE)):
            if one.get("id") == 1:
                return dict(one)


@contextmanager
def talking(chat: Chat) -> Iterator[ClientConnection]:
    with connect(chat.ws, subprotocols=[Subprotocol(SUBPROTOCOL)]) as person:
        assert ask(person, t="hello", nick="Ann", rooms=[{"room": "tea"}])["t"] == "welcome"
        yield person


def say(person: ClientConnection, text: str) -> bool:
    """Say something; return whether it was acknowledged."""
    answer = ask(person, t="send", room="tea", text=text)
    assert answer["t"] == "ok" or answer["code"] == "unavailable"
    return bool(answer["t"] == "ok")


def heard(chat: Chat) -> list[str]:
    """Return what the history has."""
    with connect(chat.ws, subprotocols=[Subprotocol(SUBPROTOCOL)]) as person:
        ask(person, t="hello", nick="Ben")
        return [one["text"] for one in ask(person, t="history", room="tea")["messages"]]


def empty(path: Path) -> None:
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, 4096)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))


def replace(path: Path) -> None:
    path.unlink()
    path.touch()


def goes_on(person: ClientConnection, said: list[str]) -> None:
    """Read and talk on, and take down what is acknowledged, until the server ends, if it does."""
    with suppress(ConnectionClosed):
        for number in range(ROUNDS):
            if say(person, f"after {number}"):
                said.append(f"after {number}")
            assert ask(person, t="history", room="tea")["t"] == "history"


@pytest.mark.parametrize("harm", [empty, cut, overwrite, Path.unlink, replace])
def test_what_is_acknowledged_is_kept(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """Before and after; what is not acknowledged may be.

    A server whose shared memory is cut off is ended by the system: it can believe nothing that it
    reads there, and whoever watches it starts it again.
    """
    chat = ForkedChat(tmp_path / "chat.db", *NO_RATES)
    said: list[str] = []
    try:
        with talking(chat) as person:
            for number in range(ROUNDS):
                assert say(person, f"before {number}")
                said.append(f"before {number}")
            harm(tmp_path / "chat.db-shm")
            goes_on(person, said)
        assert len(said) == 2 * ROUNDS or harm is not overwrite
    finally:
        chat.kill()
    chat.start()
    try:
        assert [text for text in heard(chat) if text in said] == said
    finally:
        chat.stop()
