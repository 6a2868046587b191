"""The conversation in docs/protocol.md, as it stands, with a real server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio_websocket

import trio_chat
from tests.integration.chatters import Chatter, connected
from tests.integration.running import running
from trio_chat.config import Config
from trio_chat.protocol.close import Violation
from trio_chat.protocol.dialects import v1

DOCUMENT = Path(trio_chat.__file__).parent.parent / "docs" / "protocol.md"
# What differs from one server to the next, and must be the same wherever the document has it.
BOUND = {"session", "epoch", "ts", "ping_interval"}


def transcript() -> Iterator[tuple[str, str]]:
    """Yield the direction and the frame of each line of the conversation."""
    found = re.search(r"```transcript\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert found
    for line in found[1].splitlines():
        direction, _, frame = line.partition(" ")
        yield direction, frame


class Bindings:
    """What the names, times and tokens of the document are on this server."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, object], object] = {}

    def bind(self, written: object, real: object, field: str = "") -> object:
        """Return what is real, with what is bound put back as it is written; bind what is new."""
        if isinstance(written, dict) and isinstance(real, dict):
            is_person = written.keys() == {"id", "nick"}
            return {
                key: self.bind(written.get(key), value, "person" if is_person else key)
                if key != "nick"
                else value
                for key, value in real.items()
            }
        if isinstance(written, list) and isinstance(real, list) and len(written) == len(real):
            return [self.bind(*pair) for pair in zip(written, real, strict=True)]
        if field in BOUND | {"person"} and type(written) is type(real):
            first = self.known.setdefault((field, written), real)
            return written if first == real else f"{real!r}, where it was {first!r} before"
        return real

    def real(self, written: object, field: str = "") -> object:
        """Return what a client has to send for what is written."""
        if isinstance(written, dict):
            return {key: self.real(value, key) for key, value in written.items()}
        if isinstance(written, list):
            return [self.real(value) for value in written]
        return self.known.get((field, written), written)


async def play(chatter: Chatter) -> None:
    """Say and expect what the document says, object by object."""
    bindings = Bindings()
    for direction, frame in transcript():
        if direction == ">":
            await chatter.websocket.send_message(json.dumps(bindings.real(json.loads(frame))))
            continue
        assert direction == "<"
        for written in json.loads(frame):
            told = bindings.bind(written, await chatter.next())
            assert told == written


@pytest.mark.parametrize("database", ["chat.db", ":memory:"])
async def test_the_documented_conversation_takes_place(database: str, tmp_path: Path) -> None:
    """Frame by frame as it stands there, and with nothing besides."""
    where = str(tmp_path / database) if database != ":memory:" else database
    files = tmp_path / "files"
    async with (
        running(database=where, files=files, ping_interval=0.0) as server,
        connected(server) as chatter,
    ):
        await play(chatter)
        await chatter.say({"t": "dance"})
        assert (await chatter.ask(t="rooms"))["t"] == "rooms"
        await chatter.websocket.aclose()
        with pytest.raises(trio_websocket.ConnectionClosed):
            await chatter.websocket.get_message()


def test_every_documented_request_is_in_the_server_s_vocabulary() -> None:
    """And the other way round: nothing is understood that is not documented."""
    text = DOCUMENT.read_text("utf-8")
    table = text[text.index("## What the client says") : text.index("## What the server says")]
    assert set(re.findall(r"^\| `(\w\w+)` \|", table, re.MULTILINE)) == set(v1._DECODERS)


def test_every_word_of_the_client_is_read_without_complaint() -> None:
    """A request in the document that the server refused would be a bad example."""
    for direction, frame in transcript():
        if direction == ">":
            try:
                assert v1.read(frame, Config())
            except Violation as violation:
                pytest.fail(f"{frame}: {violation.reason.reason}")
