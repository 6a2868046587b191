"""A terminal that stops reading: the chat goes on behind it, and can be ended."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
import trio

from tests.integration.running import PATIENCE, serving
from tests.terminal.tool import Tool
from tests.terminal.window import Window, window
from trio_chat.errors import Failed
from trio_chat.remote import Message, Presence, Room, connect
from trio_chat.terminal.output import Output

PINGS = 1.0  # seconds between them; an answer has to come before the next
ROUNDS = 3
CTRL_S, CTRL_Q, CTRL_C = "\x13", "\x11", "\x03"
BY_KEY, BY_PANE = "Ctrl-S", "a stopped pane"


@pytest.fixture
async def tool(tmp_path: Path) -> AsyncIterator[Tool]:
    """Of a server that soon lets go of who does not answer, and tells the others at once."""
    async with serving(
        ping_interval=PINGS, pong_timeout=0.9 * PINGS, presence_grace=0.0, nick_keep_days=0
    ) as server:
        yield Tool(f"http://localhost:{server.port}/", tmp_path)


async def get_stuck(shown: Window, room: Room, how: str) -> None:
    """Have a terminal read no longer, and paint more than it can hold."""
    if how == BY_KEY:
        shown.type(CTRL_S)
    else:
        shown.stop_reading()
    number = 0
    with trio.fail_after(2 * PATIENCE):
        while not shown.is_stuck:
            number += 1
            await room.send(f"{number} " * 500)


async def heard(room: Room, text: str) -> None:
    """Wait until somebody says something; nobody may be gone by then."""
    with trio.fail_after(2 * PATIENCE):
        async for event in room.events():
            assert not (isinstance(event, Presence) and event.state == "left")
            if isinstance(event, Message) and event.text == text:
                return


@pytest.mark.parametrize("how", [BY_KEY, BY_PANE])
async def test_the_chat_goes_on(how: str, tool: Tool, tmp_path: Path) -> None:
    """Its user is here, can speak, and sees what is new when the terminal reads again."""
    async with (
        connect(tool.url, nick="Ben") as chat,
        window(tool.url, tmp_path, "--nick", "Ann") as shown,
    ):
        room = chat.room("lobby")
        await get_stuck(shown, room, how)
        for number in range(ROUNDS):
            await room.send(f"are you there? {number}")
            shown.type(f"I am {number}\r")
            await heard(room, f"I am {number}")
            await trio.sleep(PINGS)
        shown.type(CTRL_Q)
        shown.read_on()
        await shown.shows("Ben │ are you there? 2", "Ann │ I am 2", "● Ann")
        shown.type("/quit\r")
        assert await shown.restored() == 0


END: list[tuple[Callable[[Window], None], int]] = [
    (lambda shown: shown.type(CTRL_C), 130),
    (lambda shown: shown.signal(signal.SIGTERM), 143),
    (lambda shown: shown.signal(signal.SIGHUP), 129),
]


@pytest.mark.parametrize("how", [BY_KEY, BY_PANE])
@pytest.mark.parametrize(("end", "status"), END, ids=["Ctrl-C", "SIGTERM", "SIGHUP"])
async def test_it_can_be_ended(
    how: str, end: Callable[[Window], None], status: int, tool: Tool, tmp_path: Path
) -> None:
    """By a key or a signal; one that Ctrl-S stopped is left as it was all the same."""
    async with (
        connect(tool.url, nick="Ben") as chat,
        window(tool.url, tmp_path, "--nick", "Ann") as shown,
    ):
        await get_stuck(shown, chat.room("lobby"), how)
        end(shown)
        assert await (shown.restored() if how == BY_KEY else shown.ended()) == status


async def test_a_terminal_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may not be opened by its name, as under ``su``, but is the one at which we work."""
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    monkeypatch.setattr(os, "ttyname", lambda _: "/no/such/terminal")
    monkeypatch.setattr(os, "ctermid", lambda: name)
    with closing(Output(theirs)) as output:
        output.write("hello")
        output.flush()
        assert os.read(ours, 9) == b"hello"
    monkeypatch.setattr(os, "ctermid", lambda: "/no/such/terminal")
    with pytest.raises(Failed, match="cannot open the terminal: No such file"):
        Output(theirs)
    os.close(ours)
    os.close(theirs)
