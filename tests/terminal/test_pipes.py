"""The chat between pipes: what comes in is sent, what is said is printed, and scripts can tell."""

import json
import re
import signal
import socket
import stat
import sys
from itertools import count
from pathlib import Path

import pytest
import trio
import trio_websocket

from tests.integration.commands import COMMAND, ROOT, command, outcome
from tests.integration.running import PATIENCE
from tests.terminal.tool import Tool
from tests.terminal.window import window
from trio_chat.remote import Joined, connect
from trio_chat.terminal.call import Call
from trio_chat.terminal.pipe import Options, Pipe

READERS = count(1)  # a nick is held for a while
HOMELESS = """
import pwd, sys
from trio_chat.cli import main

def nobody(uid):
    raise KeyError("uid not found")

pwd.getpwuid = nobody
sys.exit(main())
"""
HOSTILE = "\u202eevil\u2066 \ue000\u2028end"


async def said(tool: Tool, room: str = "lobby") -> list[str]:
    """Return what has been said."""
    async with connect(tool.url, nick=f"Reader {next(READERS)}") as chat:
        return [message.text for message in (await chat.room(room).history()).messages]


async def test_each_line_is_sent(tool: Tool) -> None:
    """In order and each once; blank ones, colours and control characters are left out."""
    lines = [f"line {number}" for number in range(150)]
    unseen = "\n \n\u200b\u2800\n\u3164\ufeff\n"
    text = "\n".join(lines) + unseen + "\x1b[31mred\x1b[0m\a\r\n"
    await tool.done("--send", stdin=text.encode())
    assert await said(tool) == [*lines, "red"][-100:]


async def test_input_from_a_pipe_is_sent_unasked(tool: Tool) -> None:
    """A last line needs no end, and a byte order mark is none of it."""
    await tool.done("--room", "Tea", stdin=b"\xef\xbb\xbfone\ntwo")
    assert await said(tool, "tea") == ["one", "two"]


@pytest.mark.parametrize("how", ["--send", "--whole"])
@pytest.mark.parametrize(
    "data", [b"tw\xff", "Zoë".encode("latin-1"), "two".encode("utf-16"), b"\xed\xa0\x80"]
)
async def test_input_that_is_no_utf_8_is_refused(tool: Tool, how: str, data: bytes) -> None:
    """Instead of being sent garbled; other lines are sent, and the exit status is 1."""
    whole = how == "--whole"
    result = await tool.run(how, stdin=data if whole else b"one\n" + data + b"\nthree")
    what = "the message" if whole else "line 2"
    assert result.returncode == 1
    assert f"trio-chat: {what} was refused: it is not UTF-8\n" in result.stderr.decode()
    assert await said(tool) == ([] if whole else ["one", "three"])


async def test_the_first_blanks_of_a_line_are_sent(tool: Tool) -> None:
    """Code keeps its shape; what is blank altogether is left out."""
    await tool.done("--send", stdin=b"    if ready:\n  \n\tgo()  \n\xe2\x80\x8b\n")
    assert await said(tool) == ["    if ready:", "\tgo()"]


async def test_all_of_the_input_can_be_one_message(tool: Tool) -> None:
    """With its line ends."""
    await tool.done("--whole", stdin=b"one\n\ttwo\n")
    assert await said(tool) == ["one\n\ttwo"]


async def test_nothing_in_is_nothing_sent(tool: Tool) -> None:
    """And no mistake."""
    await tool.done("--send")
    await tool.done("--whole", stdin=b"\n")
    assert await said(tool) == []


async def test_what_is_refused_is_told(tool: Tool) -> None:
    """By its line; the others are sent, and the exit status is 1."""
    result = await tool.run(
        "--send", stdin=b"one\n" + b"x" * 4001 + b"\n" + b"y" * 10**6 + b"\nfour"
    )
    assert result.returncode == 1
    two, three = result.stderr.decode().splitlines()
    assert two.startswith("trio-chat: line 2 was refused: text is longer than 4000 characters")
    assert three.startswith("trio-chat: line 3 was refused: ")
    assert await said(tool) == ["one", "four"]
    result = await tool.run("--whole", stdin=b"x" * 10**6)
    assert result.returncode == 1
    assert result.stderr.startswith(b"trio-chat: the message was refused: ")


async def test_following_prints_lines(tool: Tool) -> None:
    """What was said last, as it stands, and what happens now; hostile text cannot do anything."""
    async with connect(tool.url, nick="Ann") as chat:
        room = chat.room("lobby")
        for number in range(3):
            await room.send(f"old {number}")
        await room.edit(1, "older")
        await room.delete(2)
        async with tool.started("--follow", "-n", "2") as follower:
            assert await follower.lines(2) == ["Ann: older", "Ann: old 2"]
            seq = await room.send("new\nand \u202emore")
            await room.react(seq, "🍋")
            await room.edit(seq, HOSTILE)
            await room.set_topic("tea")
            await room.delete(seq)
            assert await follower.lines(4) == [
                "Ann: new ⏎ and more",
                f"* Ann changed {seq}: evil \ufffd ⏎ end",
                "* Ann set the topic: tea",
                f"* Ann took {seq} back",
            ]
            assert await follower.end(signal.SIGINT) == (130, b"")


async def test_programs_get_json(tool: Tool) -> None:
    """The objects of the protocol, in ASCII, a line each."""
    async with connect(tool.url, nick="Ann") as chat:
        room = chat.room("lobby")
        await room.send("Grüße")
        async with tool.started("--json") as follower:
            (old,) = await follower.lines(1)
            await room.edit(1, "Moin")
            (new,) = await follower.lines(1)
            assert old.isascii()
            assert await follower.end(signal.SIGTERM) == (143, b"")
    shown = json.loads(old)
    assert (shown["t"], shown["room"], shown["text"]) == ("msg", "lobby", "Grüße")
    assert (json.loads(new)["t"], json.loads(new)["target"]) == ("edit", 1)


async def test_history_can_be_long_or_none(tool: Tool) -> None:
    """It comes page by page."""
    lines = [f"line {number}" for number in range(230)]
    await tool.done("--send", stdin="\n".join(lines).encode())
    async with tool.started("--follow", "--history", "250", "--nick", "Ann") as follower:
        assert [line.partition(": ")[2] for line in await follower.lines(230)] == lines
        await follower.end(signal.SIGINT)
    async with tool.started("--follow", "-n0", "--send", "--nick", "Bob") as follower:
        await follower.say("mine")
        assert await follower.lines(1) == ["Bob: mine"]


async def test_long_messages_are_printed(tool: Tool) -> None:
    """A page of them is larger than what may wait for a client: they come in several."""
    text = "\u6f22" * 3990
    await tool.done("--send", "--nick", "Ann", stdin=(f"{text}\n" * 100).encode())
    async with tool.started("--follow", "-n", "100", "--nick", "Ben") as follower:
        assert await follower.lines(100) == [f"Ann: {text}"] * 100
        await follower.end(signal.SIGINT)


async def test_who_comes_again_is_the_same_person(tool: Tool, tmp_path: Path) -> None:
    """By a key that nobody else can read; another nick is another person."""
    for nick in ("Ann", "Ann", "Bob"):
        await tool.done("--nick", nick, stdin=b"hello")
    async with connect(tool.url, nick="Reader") as chat:
        page = await chat.room("lobby").history()
    one, two, other = [message.who.id for message in page.messages if message.who]
    assert one == two != other
    (key,) = (tmp_path / "trio-chat").glob("*/ann.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.write_text("")
    refused = await tool.run("--nick", "ann", stdin=b"who?")
    assert refused.returncode == 1
    assert b"(nick_taken); choose another nick with --nick\n" in refused.stderr


async def test_who_gets_no_answer_is_the_same_person_next_time(tmp_path: Path) -> None:
    """The key is kept before: the server may have heard us, and hold the nick for it."""
    nowhere = Tool("http://localhost:1/", tmp_path)
    keys = set()
    for _ in range(2):
        result = await nowhere.run("--nick", "Ann", "--timeout", "0.5", stdin=b"hello")
        assert result.returncode == 3
        (path,) = (tmp_path / "trio-chat").glob("*/ann.key")
        keys.add(path.read_text())
    assert len(keys) == 1


async def test_a_key_that_cannot_be_kept_does_not_matter(tool: Tool, tmp_path: Path) -> None:
    """It is told."""
    (tmp_path / "trio-chat").write_text("in the way")
    result = await tool.run(stdin=b"hello")
    assert result.returncode == 0
    assert result.stderr.startswith(b"trio-chat: cannot keep who you are: ")


async def test_a_missing_home_does_not_matter(tool: Tool) -> None:
    """It is told: no variable names one, and the user is in no list, as in some containers."""
    ours = tool.environment()
    del ours["XDG_STATE_HOME"], ours["HOME"]
    result = await trio.run_process(
        [sys.executable, "-c", HOMELESS, "connect", tool.url, "--nick", "Bot", "--send"],
        stdin=b"hello\n",
        capture_stdout=True,
        capture_stderr=True,
        check=False,
        cwd=ROOT,
        env=ours,
    )
    told = b"trio-chat: cannot keep who you are: there is no home directory\n"
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", told)
    assert await said(tool) == ["hello"]


async def test_an_ignored_hangup_stays_ignored(tool: Tool) -> None:
    """As by ``nohup``."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which the process inherits
    try:
        async with tool.started("--follow", "--send", "--nick", "Ann") as follower:
            await follower.say("one")
            assert await follower.lines(1) == ["Ann: one"]
            follower.send_signal(signal.SIGHUP)
            await follower.say("two")
            assert await follower.lines(1) == ["Ann: two"]
            assert await follower.end(signal.SIGTERM) == (143, b"")
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_a_closed_output_ends_it_quietly(tool: Tool) -> None:
    """As with ``head``, even if nothing more is said."""
    await tool.done(stdin=b"one\ntwo\n")
    async with tool.started("--follow") as follower:
        await follower.lines(1)
        await follower.hang_up()
        assert await follower.end() == (1, b"")


async def test_a_closed_socket_ends_it_with_the_next_line(tool: Tool) -> None:
    """It is no pipe, so nothing tells before."""
    await tool.done(stdin=b"one\n")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = await trio.lowlevel.open_process(
            [*COMMAND, "connect", tool.url, "--follow"],
            stdout=theirs,
            cwd=ROOT,
            env=tool.environment(),
        )
        theirs.close()
        await trio.lowlevel.wait_readable(ours)
    await tool.done("--nick", "Ben", stdin=b"two\nthree\n")
    with trio.fail_after(2 * PATIENCE):
        assert await process.wait() == 1


async def test_a_full_disk_is_told(tool: Tool) -> None:
    """And so is an input that cannot be read."""
    await tool.done(stdin=b"one\n")
    line = " ".join((*COMMAND, "connect", tool.url))
    for more, told in (
        ("--follow >/dev/full", b"trio-chat: cannot write: No space left on device\n"),
        ("--send 0>/dev/null", b"trio-chat: cannot read standard input: Bad file descriptor\n"),
    ):
        result = await trio.run_process(
            ["sh", "-c", f"{line} {more}"],
            capture_stderr=True,
            check=False,
            cwd=ROOT,
            env=tool.environment(),
        )
        assert (result.returncode, result.stderr) == (1, told)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["http://localhost:1/", "--timeout", "0.5"], 3, "cannot reach http://localhost:1/: "),
        (["localhost:8080"], 2, "the URL is not valid: 'localhost:8080' does not begin with"),
        (["http://localhost:99999/"], 2, "the URL is not valid: "),
        (["http://localhost/", "--room", "a b"], 2, "a room's name begins with"),
        (["http://localhost/r/%20"], 2, "a room's name begins with"),
        (["http://localhost/", "--nick", "\u202e"], 2, "a name cannot have the character U+202E"),
        (["http://localhost/", "--timeout", "soon"], 2, "argument --timeout: 'soon' is no number"),
        (["http://localhost/", "--timeout", "0"], 2, "argument --timeout: '0' is no number"),
        (["http://localhost/", "-n", "-1"], 2, "argument -n/--history: "),
        (["http://localhost/", "-n", "20000"], 2, "argument -n/--history: '20000' is no number"),
        (["http://localhost/", "--config", "x"], 2, "unrecognized arguments: --config"),
        ([], 2, "give the URL of a server"),
    ],
)
async def test_what_cannot_be_is_told_in_a_line(
    arguments: list[str], status: int, told: str
) -> None:
    """With a status that scripts can tell apart."""
    result = await outcome("connect", *arguments)
    assert (result.returncode, result.stdout) == (status, b"")
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith(f"trio-chat: {told}")


async def test_a_link_to_a_room_leads_there(tool: Tool) -> None:
    """The one that the page copies."""
    await Tool(f"{tool.url}r/tea%2Dtime", tool.home).done(stdin=b"hello")
    assert await said(tool, "tea-time") == ["hello"]


async def test_another_server_is_told(tool: Tool) -> None:
    """One that has no chat there, and coming again would not help."""
    result = await Tool(f"{tool.url}api", tool.home).run(stdin=b"hello")
    assert result.returncode == 1
    assert b"HTTP status 404" in result.stderr


async def test_a_room_that_is_refused_ends_it(tool: Tool) -> None:
    """Longer names than the server likes, for one."""
    result = await tool.run("--follow", "--room", "x" * 65)
    assert result.returncode == 1
    assert b"(bad_room)" in result.stderr


async def test_a_lost_server_is_told_and_waited_for(tool: Tool, tmp_path: Path) -> None:
    """What is sent meanwhile comes once; what was said is not printed again."""
    database = str(tmp_path / "chat.db")
    async with command("--database", database) as server:
        far = Tool(f"http://localhost:{server.port}/", tmp_path)
        async with far.started(
            "--follow", "--send", "--nick", "Ann", "--timeout", "30"
        ) as follower:
            await follower.say("one")
            assert await follower.lines(1) == ["Ann: one"]
            server.signal(signal.SIGKILL)
            await server.exit_status()
            (lost,) = await follower.errors(1)
            assert re.fullmatch(r"trio-chat: connection lost \(.*\); trying again", lost)
            await follower.say("two")
            port = ["--port", str(server.port)]
            async with command("--database", database, *port):
                assert await follower.errors(1) == ["trio-chat: connected again"]
                assert await follower.lines(1) == ["Ann: two"]
                assert await follower.end(signal.SIGHUP) == (129, b"")


async def test_a_server_that_forgets_is_told(tool: Tool, tmp_path: Path) -> None:
    """It has begun anew: what is there now is printed."""
    async with command() as server:
        far = Tool(f"http://localhost:{server.port}/", tmp_path)
        async with far.started("--follow", "--nick", "Ann") as follower:
            await far.done(stdin=b"one")
            await follower.lines(1)
            server.signal(signal.SIGKILL)
            await server.exit_status()
            await follower.errors(1)
            async with command("--port", str(server.port)):
                again = ["trio-chat: connected again", "trio-chat: the server has begun anew"]
                assert sorted(await follower.errors(2)) == again
                await far.done(stdin=b"two")
                (line,) = await follower.lines(1)
                assert line.endswith(": two")
                assert await follower.end(signal.SIGINT) == (130, b"")


async def test_no_acknowledgement_is_waited_for_for_ever(tool: Tool, tmp_path: Path) -> None:
    """The server is gone while something is to be sent."""
    async with command() as server:
        far = Tool(f"http://localhost:{server.port}/", tmp_path)
        async with far.started("--send", "--timeout", "1") as sender:
            await sender.say("one")
            async with connect(far.url, nick="Reader") as chat:
                await anext(chat.room("lobby", last=0))
            server.signal(signal.SIGKILL)
            await server.exit_status()
            await sender.errors(1)
            await sender.say("two")
            status, errors = await sender.end()
    told = b"trio-chat: the server did not acknowledge a message in 1 s\n"
    assert (status, errors) == (3, told)


async def test_nobody_is_nobody(tool: Tool) -> None:
    """Who speaks without a name gets a word for one."""
    async with (
        tool.started("--follow", "--nick", "Ann") as follower,
        trio_websocket.open_websocket_url(f"ws{tool.url[4:]}ws") as guest,
    ):
        await guest.send_message("hello")
        assert await follower.lines(1) == ["somebody: hello"]


async def test_a_gap_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What the server's retention deleted while the connection was lost."""
    async with connect("http://localhost:1/", nick="Ann", wait=False) as chat:
        pipe = Pipe(Call("http://localhost:1/", "tea", "Ann", 1), Options(follow=True))
        joined = Joined(room="tea", last=9, epoch="e", members=(), gap=5)
        await pipe._on_joined(chat.room("tea"), joined, is_new=False)
    assert capsys.readouterr().err.startswith("trio-chat: some messages are lost: ")


@pytest.mark.parametrize("page", ["README.md", "docs/terminal.md"])
async def test_what_the_pages_show(page: str, tool: Tool) -> None:
    """The commands on the page, as printed but for the port; those that go on are stopped."""
    text = (ROOT / page).read_text(encoding="utf-8")
    port = tool.url.rstrip("/").rpartition(":")[2]
    text = text.replace(":8080", f":{port}").replace(".venv/bin/python", sys.executable)
    found = [line for line in text.splitlines() if " -m trio_chat connect http" in line]
    (screen,) = [line for line in found if "--nick" in line]
    (send,) = [line for line in found if "--send" in line]
    (follow,) = [line for line in found if "--follow" in line]
    async with window("", tool.home, program=("sh", "-c", screen)) as shown:
        await shown.shows("● Ann  [tea]")
    await trio.run_process(["sh", "-c", send], stdin=None, cwd=ROOT, env=tool.environment())
    async with tool.started(program=("sh", "-c", f"exec {follow}")) as follower:
        assert (await follower.lines(1))[0].endswith(": deploy done")
        await follower.end(signal.SIGINT)
