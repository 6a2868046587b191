"""A server that says what it should not: nothing of it reaches the terminal as it is."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
import trio_websocket

from tests.terminal.tool import Tool
from tests.terminal.window import window

EVIL = "\x1b]0;pwned\x07\x1b[2J\u009b31m\u202e\u2066\r\n\x7f\x00"
SHOWN = "␛]0;pwned"
WHO = {"id": "e", "nick": f"Eve{EVIL}"}


def answers(asked: dict[str, Any]) -> list[Any]:
    """Return what such a server says to a request."""
    same = {"id": asked.get("id")}
    message = {
        "seq": 1,
        "ts": 2**53,
        "from": WHO,
        "text": f"old {EVIL}",
        "reactions": {EVIL: [WHO]},
    }
    room = {"room": "lobby", "ts": -(2**62), "from": WHO}
    match asked["t"]:
        case "join":
            joined = {"t": "joined", "room": "lobby", "last": 1, "epoch": "e", "members": [WHO]}
            return [{**joined, **same, "topic": f"topic {EVIL}"}]
        case "history":
            return [
                {"t": "history", "room": "lobby", "messages": [message], "more": False, **same},
                {"t": "msg", **room, "seq": 2, "text": f"new {EVIL}"},
                {"t": "edit", **room, "seq": 3, "target": 2, "text": f"edited {EVIL}"},
                {"t": "react", **room, "seq": 4, "target": 2, "emoji": EVIL},
                {"t": "topic", **room, "seq": 5, "text": EVIL},
                {"t": "presence", "room": "lobby", "who": {**WHO, "id": "f"}, "state": "joined"},
                {"t": "nick", "room": "lobby", "who": {"id": "f", "nick": f"F{EVIL}"}},
            ]
        case _:
            return [{"t": "error", "code": EVIL, "text": f"refused {EVIL}", **same}]


async def talk(request: trio_websocket.WebSocketRequest) -> None:
    """Be such a server, for one connection."""
    line = await request.accept(subprotocol="trio-chat.v1")
    try:
        (hello,) = json.loads(await line.get_message())
        welcome = {"t": "welcome", "session": "s", "you": {"id": "a", "nick": "Ann"}, "epoch": "e"}
        more = {"id": hello["id"], "ping_interval": 0, "limits": {}}
        said = [{**welcome, **more}]
        said += [answer for room in hello["rooms"] for answer in answers({"t": "join", **room})]
        while True:
            await line.send_message(json.dumps(said))
            asked = json.loads(await line.get_message())
            said = [answer for one in asked for answer in answers(one)]
    except trio_websocket.ConnectionClosed:
        pass


@pytest.fixture
async def evil(tmp_path: Path) -> AsyncIterator[Tool]:
    """Run such a server."""
    async with trio.open_nursery() as nursery:
        server = await nursery.start(
            trio_websocket.serve_websocket,
            talk,
            "localhost",
            0,
            None,
        )
        yield Tool(f"http://localhost:{server.port}/", tmp_path)
        nursery.cancel_scope.cancel()


def check(written: bytes) -> None:
    """See that a terminal has not got what would steer it."""
    for part in (b"\x1b]0;", b"\x07", b"\x7f", "\u009b".encode(), "\u202e".encode(), b"\x00"):
        assert part not in written


async def test_on_the_screen(evil: Tool, tmp_path: Path) -> None:
    """Messages, nicks, topics, reactions and errors."""
    async with window(evil.url, tmp_path, "--nick", "Ann", size=(110, 40)) as shown:
        await shown.shows(f"old {SHOWN}", f"edited {SHOWN}", f"topic: {SHOWN}"[:5], "→ Eve", "is F")
        await shown.obeys("hello", f"not sent: refused {SHOWN}")
        await shown.obeys("/who", "2 here: ")
        await shown.obeys("/topic", "topic: ")
        await shown.obeys("/nick Bob", "refused ")
        shown.type("x eve\t\r")
        await shown.shows(f"x Eve{SHOWN}")
        check(shown.raw)


async def test_in_lines(evil: Tool) -> None:
    """Those for people, and those of JSON."""
    async with evil.started("--follow", "--nick", "Ann") as follower:
        lines = await follower.lines(4)
        assert lines[0].startswith("Eve␛]0;pwned␇␛[2J\ufffd31m ⏎ ␡␀: old ")
        check("".join(lines).encode())
        await follower.end(signal.SIGINT)
    async with evil.started("--json", "--nick", "Ann") as follower:
        check("".join(await follower.lines(5)).encode())
        await follower.end(signal.SIGINT)
    refused = await evil.run("--send", stdin=b"hello\n")
    assert refused.returncode == 1
    assert b"line 1 was refused: refused " in refused.stderr
    check(refused.stderr)
