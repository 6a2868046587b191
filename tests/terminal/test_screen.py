"""The chat on a full screen, as its user sees it."""

import io
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from urwid import SolidCanvas

from tests.integration.chatters import chatting
from tests.integration.commands import command
from tests.integration.running import PATIENCE, serving
from tests.terminal.tool import Tool
from tests.terminal.window import COLOUR, PYTHON, RESTORED, Window, window
from trio_chat.errors import Failed
from trio_chat.remote import Room, connect
from trio_chat.terminal.screen import Screen, Size

CRASH = """
import sys
from trio_chat.cli import main
from trio_chat.terminal.app import App
App._on_key = lambda self, key: 1 / 0
sys.exit(main(["connect", sys.argv[1]]))
"""


async def test_the_bar_counts_people_who_are_not_listed(tmp_path: Path) -> None:
    """At once when they come and go, although nothing else happens."""
    async with serving(members_listed=1, presence_grace=0, nick_keep_days=0) as server:
        address = f"http://localhost:{server.port}/"
        async with window(f"{address}r/tea", tmp_path, "--nick", "Ann") as shown:
            await shown.shows("1 here")
            async with chatting(server, "Ben", "tea"):
                await shown.shows("2 here")
                async with chatting(server, "Cid", "tea"):
                    await shown.shows("3 here")
                await shown.shows("2 here")
            await shown.shows("1 here")


async def texts(room: Room) -> list[str]:
    """Return what was said."""
    return [said.text for said in (await room.history()).messages]


async def test_a_chat(tool: Tool, tmp_path: Path) -> None:
    """What was said is there; what is typed goes out, and what others say comes in."""
    async with connect(tool.url, nick="Ben") as chat:
        room = chat.room("tea")
        await room.set_topic("Milk or lemon?")
        await room.send("Lemon!")
        async with window(f"{tool.url}r/tea", tmp_path, "--nick", "Ann") as shown:
            await shown.shows("tea │ Milk or lemon?", "2 here", "Ben │ Lemon!", "● Ann  [tea]")
            await shown.obeys("Milk.", "Ann │ Milk.")
            await shown.hides("sending")
            assert await texts(room) == ["Lemon!", "Milk."]
            await room.edit(2, "Lemons!")
            await room.react(2, "🍋")
            await shown.shows("Lemons! (edited) 🍋 1")
            await room.delete(2)
            await shown.shows("Ben │ deleted")
            await room.send("/me leaves")
            await shown.shows("* │ Ben leaves")
            await shown.obeys("One more", "One more")
            shown.type("and bye\r/quit\r")
            assert await shown.restored() == 0
        assert (await texts(room))[-1] == "and bye"


async def test_the_line_is_never_torn(tool: Tool, tmp_path: Path) -> None:
    """While messages pour in, at every moment it shows what has been typed so far."""
    typed = "This is typed while others talk, letter by letter."

    async def pour(room: Room) -> None:
        for number in range(400):
            await room.send(f"{number}: " + "word " * (number % 30))

    async with (
        connect(tool.url, nick="Ben") as chat,
        window(tool.url, tmp_path, "--nick", "Ann") as shown,
        trio.open_nursery() as nursery,
    ):
        lines: set[str] = set()
        shown.watch = lambda: lines.add(shown.line)
        nursery.start_soon(pour, chat.room("lobby"))
        for letter in typed:
            shown.type(letter)
            await trio.sleep(0.01)
        await shown.until(lambda: shown.line == f"> {typed}")
        shown.type("\r")
        await shown.shows("399: ")
        await shown.until(lambda: shown.line == ">")
        assert [line for line in lines if not f"> {typed}".startswith(line)] == []
        assert len(lines) > 3
    async with connect(tool.url, nick="Cy") as chat:
        room = chat.room("lobby")
        assert (await everything(room)).count(typed) == 1


async def everything(room: Room) -> list[str]:
    """Return all that was said."""
    found: list[str] = []
    page = await room.history()
    while page.messages:
        found = [said.text for said in page.messages] + found
        page = await room.history(before=page.messages[0].seq)
    return found


async def test_the_window_is_resized(tool: Tool, tmp_path: Path) -> None:
    """Narrow ones have no columns for times and nicks; tiny ones show nothing."""
    await tool.done("--nick", "Ben", stdin=b"one two three four five six seven eight nine ten\n")
    async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
        await shown.shows("Ben │ one two", "● Ann")
        shown.type("typed")
        shown.resize(30, 10)
        await shown.shows("Ben one two three four five\nsix seven", "> typed")
        shown.resize(8, 3)
        await shown.until(lambda: not shown.text.strip())
        shown.type("\x1b[5~")
        shown.resize(100, 12)
        await shown.shows("Ben │ one two", "> typed", "● Ann")
        shown.type("\x0c")
        await shown.shows("> typed")


async def test_the_server_is_restarted(tmp_path: Path) -> None:
    """The status line tells; what is typed meanwhile is sent once; both carry on."""
    database = str(tmp_path / "chat.db")
    async with command("--database", database) as server:
        url = f"http://localhost:{server.port}/"
        async with window(url, tmp_path, "--nick", "Ann") as shown:
            await shown.obeys("before", "Ann │ before", "● Ann")
            server.signal(signal.SIGKILL)
            await server.exit_status()
            await shown.shows("○ offline, trying again in ")
            await shown.obeys("meanwhile", "Ann │ meanwhile … will be sent")
            await shown.obeys("/quit", "would be lost")
            async with command("--database", database, "--port", str(server.port)):
                await shown.shows("● Ann")
                await shown.hides("will be sent")
                await shown.obeys("after", "Ann │ after")
                async with connect(url, nick="Ben") as chat:
                    assert await texts(chat.room("lobby")) == ["before", "meanwhile", "after"]


async def test_who_is_too_fast_is_told_and_loses_nothing(tmp_path: Path) -> None:
    """In the status line, and no more when that is over."""
    rates = ("--send-rate", "12/min:1", "--rate-patience", "0.1")
    async with (
        command(*rates) as server,
        window(f"http://localhost:{server.port}/", tmp_path, "--nick", "Ann") as shown,
    ):
        await shown.obeys("one", "Ann │ one")
        await shown.obeys("two", "◐ a little slower")
        await shown.shows("● Ann")
        await shown.hides("sending")
        await shown.shows("two")


@asynccontextmanager
async def offline(home: Path) -> AsyncIterator[Window]:
    """Chat for the block with a server that is no longer there."""
    async with command() as server, window(f"http://localhost:{server.port}/", home) as shown:
        server.signal(signal.SIGKILL)
        await shown.shows("○ ")
        yield shown


async def test_not_everything_can_wait(tmp_path: Path) -> None:
    """What is too much stays in the line."""
    async with offline(tmp_path) as shown:
        shown.type("x\r" * 257)
        await shown.shows("not sent: too much waits to be sent", "> x")
        await shown.obeys("\x15//etc", "> //etc")


async def test_who_leaves_offline_is_told(tmp_path: Path) -> None:
    """That something has not been sent."""
    async with offline(tmp_path) as shown:
        await shown.obeys("hello", "hello … will be sent")
        await shown.obeys("/quit", "would be lost")
        shown.type("\x04")
        assert await shown.restored() == 1
        await shown.shows("trio-chat: 1 of your messages may not have been sent")


async def test_commands(tool: Tool, tmp_path: Path) -> None:
    """Each does what /help says."""
    async with (
        connect(tool.url, nick="Ben Lee") as chat,
        window(tool.url, tmp_path, "--nick", "Ann") as shown,
    ):
        room = chat.room("lobby")
        await room.send("hello")
        await shown.shows("Ben Lee │ hello")
        await shown.obeys("/who", "2 here: Ann, Ben Lee")
        await shown.obeys("/topic", "topic: none")
        await shown.obeys("/topic Tea", "Ann set the topic: Tea", "lobby │ Tea")
        await shown.obeys("/edit x", "there is no message of yours here")
        await shown.obeys("I say", "│ I say")
        await shown.obeys("/edit I said", "│ I said (edited)")
        await shown.obeys("/edit", "#3          Ann │ I said", "> /edit #3 I said")
        await shown.obeys(" so", "I said so (edited)")
        await shown.obeys("/edits #3", " I say")
        await shown.obeys("/edits three", "/edits N")
        await shown.obeys("/me waves", "* │ Ann waves")
        await shown.obeys("//me is text", "│  /me is text")
        await shown.obeys("//path", "│ /path")
        await shown.obeys("/nick Anna", "Ann is Anna now", "● Anna")
        await shown.obeys("/nick ben-lee", "somebody else is called that (nick_taken)")
        await shown.obeys("/nick", "/nick NAME")
        await shown.obeys("/foo", "there is no /foo")
        await shown.obeys("/leave", "this is the only room")
        await shown.obeys("/join no room", "a room's name begins with")
        shown.resize(80, 44)
        await shown.obeys("/help", "/me TEXT", "Ctrl-C")
        shown.type("be\t")
        await shown.until(lambda: shown.line == "> Ben Lee:")
        await shown.obeys("hi", "Ben Lee: hi")
        assert "/path" in await texts(room)
        shown.type("/quit\r")
        assert await shown.restored() == 0
    kept = await trio.Path(tmp_path).rglob("ann*")
    assert {path.name for path in kept} == {"ann.key", "anna.key"}


async def test_commands_about_a_message(tool: Tool, tmp_path: Path) -> None:
    """The last one, or one by the number that is shown while the command is typed."""
    async with (
        connect(tool.url, nick="Ben") as chat,
        window(tool.url, tmp_path, "--nick", "Ann") as shown,
    ):
        room = chat.room("lobby")
        await shown.obeys("/reply yes", "there is no message of anybody else here")
        await shown.obeys("/delete", "there is no message of yours here")
        await room.send("Milk?")
        await room.send("Lemon?")
        await shown.shows("Ben │ Lemon?")
        await shown.obeys("/reply yes", "↪ Ben: Lemon?", "│ yes")
        await shown.obeys("/reply #1 no", "↪ Ben: Milk?", "│ no")
        await shown.hides("#1")
        await shown.obeys("/reply", "#1          Ben │ Milk?", "> /reply #2")
        await shown.obeys("perhaps", "│ perhaps")
        await shown.hides("sending")
        assert [said.reply for said in (await room.history()).messages] == [None, None, 2, 1, 2]
        await shown.obeys("/react #1 lemon", "Milk? 🍋 1")
        await shown.obeys("/react +1", "Lemon? 👍 1")
        shown.type("/react #1 🍋\r")
        await shown.hides("🍋")
        await shown.obeys("/react #99 🍋", "there is no such message (not_found)")
        await shown.obeys("/react great", "there is no emoji great")
        await shown.obeys("/edit #3 yes!", "yes! (edited)")
        await shown.obeys("/edit #2 mine", "(not_yours)")
        await shown.obeys("/delete", "> /delete #5", "Enter takes message 5 back, for everybody")
        shown.type("\r")
        await shown.hides("perhaps")
        await shown.obeys("/delete 4", "> /delete #4")
        await shown.obeys("", "Ann │ deleted")
        await shown.until(lambda: shown.text.count("│ deleted") == 2)
        assert [said.deleted for said in (await room.history()).messages][2:] == [False, True, True]


async def test_a_message_can_be_changed_before_it_is_acknowledged(tmp_path: Path) -> None:
    """Changes wait for its number, and are made in the order in which they were typed."""
    async with command() as server:
        url = f"http://localhost:{server.port}/"
        async with window(url, tmp_path, "--nick", "Ann") as shown:
            await shown.obeys("first", "│ first")
            await shown.hides("sending")
            server.signal(signal.SIGSTOP)
            await shown.obeys("I say", "│ I say … sending")
            shown.type("/edit I said\r/edit I have said\r")
            await shown.obeys("/edit", "> /edit I say")
            shown.type("\x15/delete\r")
            server.signal(signal.SIGCONT)
            await shown.shows("│ I have said (edited)", "> /delete #2", "Enter takes message 2")
            await shown.obeys("", "Ann │ deleted")
            assert "first" in shown.text
            server.signal(signal.SIGSTOP)
            shown.type("third\r/delete\rtyped")
            await shown.shows("│ third … sending", "> typed")
            server.signal(signal.SIGCONT)
            await shown.hides("sending")
            await shown.shows("│ third", "> typed")


async def test_what_is_refused_cannot_be_changed(tmp_path: Path) -> None:
    """The reason is shown; what was typed meanwhile stays in the line."""
    async with command("--text-limit", "5") as server:
        url = f"http://localhost:{server.port}/"
        async with window(url, tmp_path, "--nick", "Ann") as shown:
            await shown.shows("● Ann")
            server.signal(signal.SIGSTOP)
            await shown.obeys("too long", "│ too long … sending")
            shown.type("/edit\r\x15/edit short\r/delete\rtyped")
            await shown.shows("> typed")
            server.signal(signal.SIGCONT)
            await shown.shows("not sent: ", "> typed")
            await shown.until(lambda: shown.text.count("longer than 5") == 3)
            await shown.obeys("\x15/edit x", "there is no message of yours here")


async def test_searching(tool: Tool, tmp_path: Path) -> None:
    """It shows the latest that are found, and older ones when it is asked to."""
    async with (
        connect(tool.url, nick="Ben") as chat,
        window(tool.url, tmp_path, "--nick", "Ann", size=(80, 40)) as shown,
    ):
        room = chat.room("lobby")
        for number in range(12):
            await room.send(f"tea {number}\nand milk")
        await shown.obeys("/search", "/search WORDS")
        await shown.obeys("/search lemon", "0 messages found")
        await shown.obeys("/search tea", "the latest 10 messages found; /search finds older ones")
        found = [line for line in shown.said if line.startswith("#")]
        assert re.fullmatch(r"#3 [-0-9]+ [0-9:]+ Ben: tea 2 ⏎ and milk", found[0])
        assert found[-1].startswith("#12 ")
        await shown.obeys("/search", "older: 2 messages found")
        await shown.obeys("/search", "/search WORDS")
        await shown.obeys("/search tea 11", "1 message found")
        await shown.obeys("/search ?", "(bad_request)")


async def test_several_rooms(tool: Tool, tmp_path: Path) -> None:
    """One is in sight; of the others it is told how much is new there."""
    async with (
        connect(tool.url, nick="Ben") as chat,
        window(tool.url, tmp_path, "--nick", "Ann") as shown,
    ):
        await shown.obeys("/join Tea", "● Ann  lobby  [tea]")
        await shown.obeys("in tea", "│ in tea")
        lobby = chat.room("lobby")
        await lobby.send("one")
        await lobby.send("two")
        await shown.shows("lobby 2  [tea]")
        shown.type("\x0e")
        await shown.shows("[lobby]  tea", "Ben │ two")
        await shown.hides("in tea")
        shown.type("\x10")
        await shown.shows("lobby  [tea]", "in tea")
        await shown.obeys("/join " + "x" * 65, "(bad_room)", "lobby  [tea]")
        shown.type("/join " + "y" * 65 + "\r\x0e")
        await shown.shows("yyy: a room's name has at most 64")
        await shown.obeys("/join lobby", "[lobby]  tea")
        await shown.obeys("/join tea", "lobby  [tea]")
        await shown.obeys("/leave", "● Ann  [lobby]")
        await chat.room("tea").send("still there?")
        await shown.obeys("/join tea", "Ben │ still there?")
        shown.type("\x0e/leave\r")
        await shown.shows("● Ann  [tea]")


async def page_up(shown: Window) -> None:
    """Scroll back by a page."""
    before = shown.said[0]
    shown.type("\x1b[5~")
    await shown.until(lambda: shown.said[0] != before)
    await trio.sleep(0.1)


async def test_scrolling(tool: Tool, tmp_path: Path) -> None:
    """Back to the first message, page by page; what comes meanwhile does not move anything."""
    lines = "\n".join(f"line {number}" for number in range(230))
    await tool.done("--nick", "Ben", stdin=lines.encode())
    async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
        await shown.shows("│ line 229")
        with trio.fail_after(2 * PATIENCE):
            while "│ line 0" not in shown.text:
                await page_up(shown)
        seen = shown.said
        await tool.done("--nick", "Ben", stdin=b"new\n")
        await shown.shows("↓ 1 new · End")
        assert shown.said == seen
        shown.type("\x1b[6~")
        await shown.shows("│ line 20")
        shown.type("\x1b[F")
        await shown.shows("│ new")
        await shown.hides("End")
        shown.type("\x1b[5~")
        await shown.shows("↓ End")
        shown.type("\x1b[6~")
        await shown.hides("↓ End")


async def test_long_messages_are_shown(tool: Tool, tmp_path: Path) -> None:
    """A page of them is larger than what may wait for a client: they come in several."""
    text = "\u6f22" * 3990
    await tool.done("--send", "--nick", "Ben", stdin=(f"{text}\n" * 100).encode())
    async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
        await shown.shows(text[:28], "\u25cf Ann")
        await shown.obeys("I can read", "\u2502 I can read", "\u25cf Ann")
        await shown.hides("sending")


async def test_typing(tool: Tool, tmp_path: Path) -> None:
    """What is pasted is not sent by the line ends in it; what was typed can be fetched."""
    async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
        shown.type("\x1b[200~one\r\x1b[31mtwo\x1b[201~")
        await shown.shows("> one\n")
        await shown.obeys("", "│ one")
        await shown.hides("sending")
        async with connect(tool.url, nick="Ben") as chat:
            (said,) = await texts(chat.room("lobby"))
        assert said.startswith("one\n")
        await shown.obeys("second", "│ second")
        shown.type("\x1b[A")
        await shown.until(lambda: shown.line == "> second")


async def test_colours(tool: Tool, tmp_path: Path) -> None:
    """There are some, unless NO_COLOR asks for none."""
    for variables, is_coloured in ({}, True), ({"NO_COLOR": "1"}, False):
        async with window(tool.url, tmp_path, "--nick", "Ann", variables=variables) as shown:
            await shown.obeys("hello", "Ann │ hello", "● Ann")
            shown.type("/quit\r")
            await shown.restored()
            assert bool(COLOUR.search(shown.raw)) is is_coloured


async def test_a_dumb_terminal_gets_lines(tool: Tool, tmp_path: Path) -> None:
    """It cannot be painted on."""
    async with window(
        tool.url, tmp_path, "--nick", "Ann", ready="", variables={"TERM": "dumb"}
    ) as shown:
        shown.type("hello\r")
        await shown.shows("Ann: hello")
        assert b"\x1b" not in shown.raw
        shown.type("\x04\x03")
        assert await shown.ended() == 130


async def test_signals_leave_the_terminal_as_it_was(tool: Tool, tmp_path: Path) -> None:
    """With the status of the signal."""
    for number, status in (signal.SIGTERM, 143), (signal.SIGHUP, 129):
        async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
            shown.signal(number)
            assert await shown.restored() == status
    async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
        shown.type("\x03")
        assert await shown.restored() == 130


async def test_a_crash_leaves_the_terminal_as_it_was(tool: Tool, tmp_path: Path) -> None:
    """With a traceback to read."""
    async with window(tool.url, tmp_path, program=(PYTHON, "-c", CRASH)) as shown:
        shown.type("x")
        assert await shown.restored() == 1
        await shown.shows("ZeroDivisionError")
        assert b"ZeroDivisionError" in shown.raw[shown.raw.index(RESTORED) :]


async def test_a_closed_window_ends_it(tool: Tool, tmp_path: Path) -> None:
    """Nothing is left behind."""
    async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
        shown.hang_up()
        await shown.ended()


async def test_who_is_not_let_in_is_told(tool: Tool, tmp_path: Path) -> None:
    """In a line, on the terminal as it was."""
    async with (
        connect(tool.url, nick="Ben"),
        window(tool.url, tmp_path, "--nick", "ben", ready="") as shown,
    ):
        assert await shown.restored() == 1
        await shown.shows("trio-chat: somebody else is called that (nick_taken); choose ")
    async with window("http://localhost:1/", tmp_path, "--timeout", "1", ready="○ ") as shown:
        assert await shown.restored() == 3
        assert re.search("trio-chat: cannot reach http://localhost:1/", shown.text)
    async with window(tool.url, tmp_path, "--nick", "Ann", "--room", "x" * 65, ready="") as shown:
        assert await shown.restored() == 1
        await shown.shows("(bad_room)")


@pytest.mark.parametrize("when", ["reading", "painting"])
async def test_a_terminal_that_is_gone_ends_it(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if no signal tells."""
    ours, theirs = os.openpty()
    painted = trio.Event()

    def draw(size: Size) -> SolidCanvas:
        if when == "painting":
            os.close(ours)
        painted.set()
        assert size == (80, 24)  # what is usual, as this terminal does not know
        return SolidCanvas("x", *size)

    async def run() -> None:
        with pytest.raises(Failed, match="the terminal is gone"):
            await Screen(draw, print).run()

    with open(theirs, "r+b", buffering=0) as slave:  # noqa: ASYNC230, PTH123 - no file
        text = io.TextIOWrapper(slave, write_through=True)
        monkeypatch.setattr(sys, "stdin", text)
        monkeypatch.setattr(sys, "stdout", text)
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(run)
                await painted.wait()
                if when == "reading":
                    os.close(ours)
