"""Other devices, and nicks that are kept, in a terminal."""

import re
from pathlib import Path

from tests.integration.running import serving
from tests.terminal.tool import Tool
from tests.terminal.window import window
from trio_chat.remote import connect

SIZE = (150, 40)  # in which a link needs no second row
CODE = re.compile(r"--pair ([\w-]{22})")
LINK = re.compile(r"open (\S+#pair=[\w-]{22})")


async def test_a_code_makes_another_terminal_the_same_person(tool: Tool, tmp_path: Path) -> None:
    """By the link or by the code alone, which are good once; and from then on without."""
    async with window(tool.url, tmp_path / "one", "--nick", "Ann", size=SIZE) as shown:
        await shown.obeys("/pair", "good once, for 10 minutes: open ", "--pair ")
        [link] = LINK.findall(shown.text)
        async with window(link, tmp_path / "two", "--nick", "Bob", size=SIZE) as other:
            await other.shows("● Ann", "1 here")
            await other.obeys("/quit")
            assert await other.ended() == 0
        async with window(tool.url, tmp_path / "two", "--nick", "ann", size=SIZE) as other:
            await other.shows("1 here")
            await other.obeys("/pair", "--pair ")
            code = CODE.findall(other.text)[-1]
        async with window(tool.url, tmp_path / "three", "--pair", code, size=SIZE) as other:
            await other.shows("● ", "1 here")
        async with window(
            tool.url, tmp_path / "four", "--pair", code, size=SIZE, ready=""
        ) as other:
            await other.shows("this code is used or over")
            assert await other.restored() == 1


async def test_a_terminal_that_was_signed_out_forgets_its_session(
    tool: Tool, tmp_path: Path
) -> None:
    """And says so; started again it comes as somebody new."""
    async with connect(tool.url, nick="Ann") as ann:
        code = (await ann.pair()).code
        async with window(tool.url, tmp_path, "--pair", code, size=SIZE) as shown:
            await shown.shows("● Ann")
            await shown.obeys("/quit")
            assert await shown.ended() == 0
        [theirs] = [one.session for one in await ann.sessions() if not one.here]
        await ann.sign_out(theirs)
        await ann.rename("Anna")
        async with window(tool.url, tmp_path, "--nick", "Ann", size=SIZE, ready="") as shown:
            await shown.shows("this session was ended")
            assert await shown.restored() == 1
        async with window(tool.url, tmp_path, "--nick", "Ann", size=SIZE) as shown:
            await shown.shows("● Ann")
            assert ann.me.nick == "Anna"


async def test_sessions_are_listed_and_ended(tool: Tool, tmp_path: Path) -> None:
    """One by its id, or all, this one too: the chat ends then, and the nick is free."""
    async with connect(tool.url, nick="Ann") as ann:
        code = (await ann.pair()).code
    async with window(tool.url, tmp_path, "--pair", code, size=SIZE) as shown:
        await shown.shows("● Ann")
        await shown.obeys("/sessions", ": this one")
        lines = re.findall(r"(\S+), since \S+ \S+, seen \S+ \d+:\d+(: this one)?", shown.text)
        assert len(lines) == 2, shown.text
        [theirs] = [session for session, here in lines if not here]
        await shown.obeys("/signout", "/signout ID: end one of them")
        await shown.obeys(f"/signout {theirs}", f"the session {theirs} is ended")
        await shown.obeys("/signout nothing", "you have no such session")
        await shown.obeys("/signout all", "this session was ended")
        assert await shown.restored() == 1
    async with connect(tool.url, nick="Ann") as another:
        assert another.me.id != ann.me.id


async def test_without_a_home_a_code_is_good_for_one_time(tool: Tool) -> None:
    """Nothing can be stored."""
    async with connect(tool.url, nick="Ann") as ann:
        code = (await ann.pair()).code
        async with window(
            tool.url, Path("/dev/null"), "--pair", code, variables={"HOME": "/dev/null"}, ready=""
        ) as shown:
            await shown.shows("● Ann")
            await shown.obeys("/quit")
            assert await shown.ended() == 0


async def test_an_operator_frees_a_nick(tmp_path: Path) -> None:
    """Which is kept for somebody who is not there; help tells of that to operators alone."""
    async with serving(presence_grace=0) as server:
        link = await server.server.first_operator_link(server.address)
        assert link
        async with (
            window(server.address, tmp_path, "--nick", "Cem", size=SIZE) as other,
            window(link, tmp_path, "--nick", "Op", size=SIZE) as shown,
        ):
            await shown.shows("2 here")
            await shown.obeys("/help", "For operators:", "/free NICK")
            await other.obeys("/help", "/pair")
            await other.hides("/free")
            await shown.obeys("/free CEM", "Cem is here, or was just now")
            await shown.obeys("/free Nobody", "nobody has this nick")
            async with connect(server.address, nick="Ben Lee") as ben:
                pass
            await shown.obeys("/free ben lee", "ben lee is free")
            async with connect(server.address, nick="Ben Lee") as another:
                assert another.me.id != ben.me.id
