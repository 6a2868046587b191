"""The command ``connect`` at a server that asks who comes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.integration.chatters import chatting
from tests.integration.commands import command
from tests.integration.running import serving
from tests.integration.test_links import make_private
from tests.terminal.tool import Tool
from tests.terminal.window import window
from tests.tokens import AUDIENCE, secret_file, signed
from trio_chat.journal.memory import MemoryJournal

PASSWORD = "open sesame"  # noqa: S105 - of a test
ASKED = b"trio-chat: this server asks for a password or a token (unauthorized)\n"


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Tool]:
    """Run a server that asks for a password or a token."""
    settings: dict[str, Any] = {
        "access": ("password", "token"),
        "access_password": PASSWORD,
        "token_key": secret_file(tmp_path),
        "token_audience": AUDIENCE,
        "presence_grace": 0,
        "nick_keep_days": 0,
    }
    async with serving(**settings) as server:
        yield Tool(server.address, tmp_path)


async def test_a_script_shows_what_is_in_a_file(guarded: Tool, tmp_path: Path) -> None:
    """A password or a token; without either it is told what is missing."""
    for option, secret in (("--password-file", PASSWORD), ("--token-file", signed())):
        file = tmp_path / "secret"
        file.write_text(secret + "\n")
        await guarded.done("--send", option, str(file), stdin=b"hello")
    result = await guarded.run("--send", stdin=b"hello")
    assert (result.returncode, result.stderr) == (1, ASKED)


async def test_files_that_cannot_be_read_are_named(guarded: Tool, tmp_path: Path) -> None:
    """In one line, before anything is connected."""
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xff")
    for path, message in ((noise, "is not UTF-8"), (tmp_path / "no", "No such file or directory")):
        result = await guarded.run("--password-file", str(path))
        assert result.returncode == 2
        assert message in result.stderr.decode()


async def test_a_variable_has_the_password(guarded: Tool, tmp_path: Path) -> None:
    """The same one as the server's."""
    variables = {"TRIO_CHAT_ACCESS_PASSWORD": PASSWORD}
    async with window(guarded.url, tmp_path, "--nick", "Ann", variables=variables) as shown:
        await shown.obeys("hello", "Ann │ hello")
        shown.type("/quit\r")
        assert await shown.restored() == 0


async def test_a_person_is_asked_for_the_password(guarded: Tool, tmp_path: Path) -> None:
    """On the terminal, which does not show it; a wrong one ends it."""
    ask = "Password of the server:"
    async with window(guarded.url, tmp_path, "--nick", "Ann", ready=ask) as shown:
        shown.type(PASSWORD + "\r")
        await shown.shows("● Ann")
        assert PASSWORD.encode() not in shown.raw
        shown.type("/quit\r")
        assert await shown.restored() == 0
    async with window(guarded.url, tmp_path, "--nick", "Ann", ready=ask) as shown:
        shown.type("wrong\r")
        await shown.shows("the password is wrong")
        assert await shown.ended() == 1
    async with window(guarded.url, tmp_path, "--nick", "Ann", ready=ask) as shown:
        shown.type("\x04")
        await shown.shows("no password was given")
        assert await shown.ended() == 1


async def test_a_server_that_is_entered_by_links_asks_for_one(tmp_path: Path) -> None:
    """No password would do; the link that is opened lets in, into its room at once."""
    journal = MemoryJournal()
    async with serving(journal=journal) as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
    async with serving(journal=journal, access=("invite",), presence_grace=0) as server:
        tool = Tool(server.address, tmp_path)
        asked = "this server asks for an invitation link (unauthorized)"
        async with window(tool.url, tmp_path, "--nick", "Bob", ready=asked) as shown:
            assert await shown.ended() == 1
        link = f"{tool.url}r/{room}#{links['speak']}"
        async with window(link, tmp_path, "--nick", "Bob", ready="● Bob") as shown:
            await shown.obeys("hello", "Bob │ hello")
            shown.type("/quit\r")
            assert await shown.restored() == 0


async def test_an_authority_of_one_s_own_is_believed(tmp_path: Path) -> None:
    """If its certificate is given; what is none, and what is not there, is told in a line."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    made = authority.issue_cert("localhost")
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    (tmp_path / "none.pem").write_text("no certificate")
    (tmp_path / "empty.pem").touch()
    both = str(tmp_path / "both.pem")
    async with command("--certfile", both, "--keyfile", both) as server:
        tool = Tool(f"https://localhost:{server.port}/", tmp_path)
        await tool.done("--nick", "Ann", "--cafile", str(tmp_path / "ca.pem"), "--send", stdin=b"x")
        for name, status, said in (
            ("none.pem", 2, b"none.pem has no certificates (PEM)"),
            ("empty.pem", 2, b"empty.pem has no certificates (PEM)"),
            ("nowhere.pem", 2, b"nowhere.pem: No such file"),
            ("", 3, b"cannot reach"),
        ):
            options = ("--cafile", str(tmp_path / name)) if name else ("--timeout", "2")
            result = await tool.run("--nick", "Ann", *options, "--send", stdin=b"x")
            assert (result.returncode, result.stdout) == (status, b"")
            assert said in result.stderr
