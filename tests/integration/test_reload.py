"""Reloads of a running server: what changes, who notices, and what the command tells."""

import json
import os
import re
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import pytest
import trio
import trustme

from tests.integration.chatters import Chatter, chatting, connected
from tests.integration.commands import Command, command, outcome
from tests.integration.running import PATIENCE
from tests.tokens import AUDIENCE, SECRET, signed
from trio_chat import server_file
from trio_chat.protocol.close import EXPIRED

DONE = b"reloaded; the server's log says what has changed\n"
REFUSED = b"trio-chat: refused, nothing has changed: "


class Reloaded:
    """A server with a file of settings and a database, in a process of its own."""

    def __init__(self, running: Command, config: Path, database: Path) -> None:
        self.running = running
        self._config = config
        self._database = database

    @property
    def ws(self) -> str:
        return self.running.ws

    @property
    def trust(self) -> ssl.SSLContext | None:
        return self.running.trust

    def write(self, text: str) -> None:
        """Write the settings."""
        self._config.write_text(text)

    async def reload(self) -> subprocess.CompletedProcess[bytes]:
        """Reload by the command."""
        return await outcome("reload", "--database", str(self._database))

    async def take(self, text: str) -> None:
        """Write settings, which must be taken."""
        self.write(text)
        done = await self.reload()
        assert (done.returncode, done.stdout, done.stderr) == (0, DONE, b"")

    async def logged(self, event: str) -> dict[str, Any]:
        """Return the next entry of the log about something."""
        entries = [
            json.loads(line)
            for line in (await self.running.errors(until=event.encode())).splitlines()
        ]
        return next(entry for entry in entries if entry["event"] == event)


@asynccontextmanager
async def configured(
    folder: Path,
    text: str = "",
    *options: str,
    trust: ssl.SSLContext | None = None,
    first: str = "true",
) -> AsyncIterator[Reloaded]:
    """Run a server with these settings for the block."""
    config, database = folder / "chat.toml", folder / "chat.db"
    config.write_text(text)
    arguments = ("--config", str(config), "--database", str(database), *options)
    async with command(*arguments, first=first) as running:
        running.trust = trust
        yield Reloaded(running, config, database)
        if running.process.poll() is None:
            running.signal(signal.SIGTERM)
            await running.exit_status()


async def test_limits_and_rates_hold_from_then_on(tmp_path: Path) -> None:
    """For those who are there, who stay; newcomers are told by their welcome."""
    async with configured(tmp_path) as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "more than five")
        await server.take('text_limit = 5\nsend_rate = "1/h:2"')
        assert (await server.logged("settings reloaded"))["changed"] == "send_rate, text_limit"
        answer = await ann.ask(t="send", room="tea", text="more than five", cid=str(uuid4()))
        assert (answer["t"], answer["code"]) == ("error", "too_long")
        for text in ("one", "two"):
            await ann.send("tea", text)
        answer = await ann.ask(t="send", room="tea", text="three", cid=str(uuid4()))
        assert (answer["code"], answer["retry_ms"] > 1_000_000) == ("busy", True)
        async with chatting(server, "Ben") as ben:
            assert ben.welcome["limits"]["text"] == 5
            assert ben.welcome["rates"]["send"]["burst"] == 2


async def test_flags_and_variables_stay(tmp_path: Path) -> None:
    """They win over the file, as at the start; what is gone from the file is as by default."""
    async with configured(tmp_path, "nick_limit = 5", "--text-limit", "7") as server:
        await server.take("text_limit = 5\ntopic_limit = 6")
        async with chatting(server, "Ann") as ann:
            limits = ann.welcome["limits"]
            assert (limits["text"], limits["topic"], limits["nick"]) == (7, 6, 32)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("text_limit = ", "Invalid value"),
        ("text_limt = 5", "unknown setting 'text_limt'"),
        ("text_limit = 0", "text_limit must be at least 1, not 0"),
        ('access = ["password"]', "access=password needs access_password_file"),
        ('access = ["password"]\naccess_password_file = "/no/such/file"', "No such file"),
        ("topic_limit = 6\noutbox_bytes = 2000", "outbox_bytes (2000) must be more than"),
    ],
)
async def test_a_file_that_is_wrong_changes_nothing(tmp_path: Path, text: str, reason: str) -> None:
    """Whoever asked is told why in one line, and so is the log."""
    async with configured(tmp_path, "topic_limit = 5") as server:
        server.write(text)
        done = await server.reload()
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.startswith(REFUSED)
        assert reason.encode() in done.stderr
        assert done.stderr.count(b"\n") == 1
        entry = await server.logged("settings not reloaded: nothing has changed")
        assert reason in entry["reason"]
        async with chatting(server, "Ann") as ann:
            assert ann.welcome["limits"]["topic"] == 5
        await server.take("topic_limit = 7")


async def test_what_needs_a_restart_is_named(tmp_path: Path) -> None:
    """And the rest is taken; what is not changed is not named."""
    async with configured(tmp_path) as server:
        await server.take('port = 1234\nlog_format = "console"\ntext_limit = 5')
        changed, left = (await server.running.errors(until=b"need a restart")).splitlines()[-2:]
        assert json.loads(changed)["changed"] == "text_limit"
        # The command line has the port.
        assert json.loads(left)["settings"] == "log_format"
        await server.take("text_limit = 5")
        assert (await server.logged("settings reloaded"))["changed"] == "nothing"


async def test_another_password_parts_with_those_who_came_by_the_old_one(tmp_path: Path) -> None:
    """Their sessions let nobody in any more. Whoever has not said hello yet shows the new one."""
    password = tmp_path / "password"
    password.write_text("old")
    text = f'access = ["password"]\naccess_password_file = "{password}"\n'
    old, new = {"password": "old"}, {"password": "new"}
    async with configured(tmp_path, text) as server, connected(server) as early:
        async with connected(server) as ann:
            assert (await ann.hello("Ann", access=old))["t"] == "welcome"
            await server.take(text)
            assert (await server.logged("settings reloaded"))["changed"] == "nothing"
            assert await joined(ann)
            password.write_text("new")
            await server.take(text)
            entry = await server.logged("settings reloaded")
            assert entry["changed"] == "access_password_file"
            assert (await ann.ending())[1:] == EXPIRED
        async with connected(server) as again:
            answer = await again.hello("Ann", session=ann.session)
            assert answer["code"] == "unauthorized"
        assert (await early.hello("Ben", access=new))["t"] == "welcome"
        await server.take("")
        assert (await early.hello("Ben"))["code"] == "bad_request"  # it is there as before


async def joined(chatter: Chatter) -> bool:
    """Whether somebody is in a room now."""
    return bool((await chatter.ask(t="join", room="tea"))["t"] == "joined")


async def test_another_key_parts_with_those_whose_tokens_it_signed(tmp_path: Path) -> None:
    """Others stay, whatever else changes."""
    key = tmp_path / "key"
    key.write_bytes(SECRET)
    text = f'access = ["token"]\ntoken_key = "{key}"\ntoken_audience = "{AUDIENCE}"\n'
    async with configured(tmp_path, text) as server, connected(server) as ann:
        assert (await ann.hello("Ann", access={"token": signed()}))["t"] == "welcome"
        await server.take(text + "text_limit = 5")
        assert await joined(ann)
        key.write_bytes(SECRET[::-1])
        await server.take(text)
        assert (await ann.ending())[1:] == EXPIRED


async def test_who_came_to_an_open_server_has_to_go_when_it_asks(tmp_path: Path) -> None:
    """As they would not be let in now."""
    async with configured(tmp_path) as server, chatting(server, "Ann") as ann:
        password = tmp_path / "password"
        password.write_text("new")
        await server.take(f'access = ["password"]\naccess_password_file = "{password}"\n')
        assert (await ann.ending())[1:] == EXPIRED


async def test_another_certificate_is_for_those_who_connect_then(tmp_path: Path) -> None:
    """Connections that are there go on."""
    certfile = tmp_path / "chat.pem"
    before = certified(certfile)
    text = f'certfile = "{certfile}"'
    async with (
        configured(tmp_path, text, trust=before) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        after = certified(certfile)
        await server.take(text)
        assert (await server.logged("settings reloaded"))["changed"] == "certfile"
        await ann.send("tea", "still here")
        server.running.trust = after
        async with chatting(server, "Ben", "tea") as ben:
            await ben.send("tea", "here, too")
        stream = await trio.open_ssl_over_tcp_stream(
            "localhost", server.running.port, ssl_context=before
        )
        with pytest.raises(trio.BrokenResourceError):
            await stream.do_handshake()
        await trio.aclose_forcefully(stream)
        certfile.write_text("no certificate")
        done = await server.reload()
        assert (done.returncode, b"no usable certificate" in done.stderr) == (1, True)
        await ann.send("tea", "as ever")


def certified(path: Path) -> ssl.SSLContext:
    """Write a new certificate, and return what trusts it alone."""
    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(path))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return trust


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
async def test_without_a_terminal_a_hangup_reloads(tmp_path: Path, number: signal.Signals) -> None:
    """As systemd and containers send it."""
    async with configured(tmp_path) as server, chatting(server, "Ann", "tea") as ann:
        server.write("text_limit = 5")
        server.running.signal(number)
        assert (await server.logged("settings reloaded"))["changed"] == "text_limit"
        await ann.send("tea", "here")


AT_ONCE = """
import os, signal

def mask(how, numbers, real=signal.pthread_sigmask):
    before = real(how, numbers)
    if how == signal.SIG_BLOCK and signal.SIGHUP in numbers:
        for number in numbers:
            os.kill(os.getpid(), number)
    return before

signal.pthread_sigmask = mask
"""


async def test_what_an_operator_asks_for_during_the_start_is_done_after_it(tmp_path: Path) -> None:
    """It neither ends the process, as it does by default, nor is it lost."""
    (tmp_path / "sitecustomize.py").write_text(AT_ONCE)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    async with command(PYTHONPATH=os.pathsep.join(paths)) as running:
        written = await running.errors(until=b"limits reached since the start")
        assert b"settings reloaded" in written or await running.errors(until=b"settings reloaded")


async def test_at_a_terminal_and_under_nohup_the_command_reloads(tmp_path: Path) -> None:
    """Though a hangup means something else there, or nothing."""
    ours, its = os.openpty()
    try:
        first = f"trap '' HUP; exec 3<>{os.ttyname(its)}"
        async with configured(tmp_path, first=first) as server:
            server.running.signal(signal.SIGHUP)
            await server.take("text_limit = 5")
            async with chatting(server, "Ann") as ann:
                assert ann.welcome["limits"]["text"] == 5
    finally:
        os.close(its)
        os.close(ours)


async def test_a_server_without_a_database_is_reached_by_its_process() -> None:
    """Its log tells what became of it."""
    async with command() as running:
        done = await outcome("reload", "--pid", str(running.process.pid))
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"its log says" in done.stdout
        assert b"settings reloaded" in await running.errors(until=b"settings reloaded")


async def test_a_server_that_was_killed_is_none(tmp_path: Path) -> None:
    """Whatever process has its number now is left alone; the next server is found again."""
    database = tmp_path / "chat.db"
    async with configured(tmp_path) as server:
        server.running.process.kill()
        await server.running.process.wait()
        done = await server.reload()
        assert done.returncode == 1
        assert done.stderr.startswith(f"trio-chat: no server has {database}".encode())
    assert (tmp_path / "chat.db-server").exists()
    async with configured(tmp_path) as server:
        await server.take("text_limit = 5")
        server.running.signal(signal.SIGTERM)
        assert await server.running.exit_status() == 0
    assert not (tmp_path / "chat.db-server").exists()


async def test_a_server_that_cannot_be_found_says_so_and_serves(tmp_path: Path) -> None:
    """As when something else has the name of the file."""
    (tmp_path / "chat.db-server").mkdir()
    async with configured(tmp_path) as server, chatting(server, "Ann", "tea") as ann:
        assert await server.logged("trio-chat reload cannot find this server")
        assert (await server.reload()).returncode == 1
        server.write("text_limit = 5")
        done = await outcome("reload", "--pid", str(server.running.process.pid))
        assert done.returncode == 0
        assert await server.logged("settings reloaded")
        server.write("text_limit = 0")
        await outcome("reload", "--pid", str(server.running.process.pid))
        assert await server.logged("settings not reloaded: nothing has changed")
        await ann.send("tea", "here")


def is_reloading(database: Path) -> bool:
    """Whether the server of a database has begun to read its settings again."""
    notice = server_file.read(database)
    return notice is not None and notice.begun > notice.ended


async def test_a_stop_does_not_wait_for_a_reload(tmp_path: Path) -> None:
    """Though its file is a pipe to which somebody writes nothing."""
    pipe = tmp_path / "password"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        async with configured(tmp_path) as server:
            text = f'access = ["password"]\naccess_password_file = "{pipe}"'
            server.write(text)
            server.running.signal(signal.SIGUSR1)
            with trio.fail_after(PATIENCE):
                while not is_reloading(tmp_path / "chat.db"):
                    await trio.sleep(0.02)
            server.running.signal(signal.SIGTERM)
            with trio.fail_after(PATIENCE):
                assert await server.running.exit_status() == 0
    finally:
        os.close(writer)


async def test_whose_chat_it_is_can_be_changed(tmp_path: Path) -> None:
    """The page says it from then on; what an open page still asks for is there."""
    icon = tmp_path / "sign"
    icon.write_text("<svg></svg>")
    async with configured(tmp_path, 'title = "Tea"') as server:
        before = await get(server, "r/")
        assert b"<title>Tea</title>" in before
        await server.take(f'title = "Milk"\nicon = "{icon}"')
        after = await get(server, "r/")
        assert b"<title>Milk</title>" in after
        for page in (before, after):
            [script] = re.findall(rb'src="\.\./(\S+/js/boot\.js)"', page)
            assert (await get(server, script.decode())).startswith(b"const $modules")
        icon.write_text("no sign")
        done = await server.reload()
        assert done.returncode == 1
        assert done.stderr.startswith(REFUSED + b"icon ")
        assert await get(server, "r/") == after
        icon.write_text("<svg><g/></svg>")
        done = await server.reload()
        assert done.returncode == 0
        [sign] = re.findall(rb'rel="icon" href="\.\./(\S+)"', await get(server, "r/"))
        assert await get(server, sign.decode()) == b"<svg><g/></svg>"


async def get(server: Reloaded, path: str) -> bytes:
    """Return a file of the page."""
    address = server.ws.replace("ws", "http", 1).removesuffix("ws")
    return await trio.to_thread.run_sync(lambda: urlopen(address + path).read())  # noqa: S310
