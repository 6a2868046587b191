"""A real server whose file is replaced by an older one: clients are told, and only then."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tests.crash.process import Server
from tests.integration.chatters import chatting
from tests.integration.running import Running
from trio_chat.commands.backup import main as backup


@dataclass
class Place:
    """Where the server is, for a client."""

    server: Server
    trust: None = None

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/ws"


class Told:
    """Somebody who knows what they were told, over all restarts."""

    def __init__(self, server: Server, nick: str = "Ann") -> None:
        self._nick = nick
        self._place = cast("Running", Place(server))
        self.last: int | None = None
        self.epoch: str | None = None
        self.session = ""

    async def come(self, *texts: str) -> bool:
        """Join, and say something; return whether the numbers known before are void."""
        wish: dict[str, Any] = {"room": "tea"}
        if self.epoch:
            wish |= {"last": self.last, "epoch": self.epoch}
        async with chatting(self._place, self._nick, wish, session=self.session) as ann:
            joined = await ann.until("joined")
            who, self.session, self.epoch = ann.who["id"], ann.session, joined["epoch"]
            for text in texts:
                self.last = await ann.send("tea", text)
        assert getattr(self, "who", who) == who  # sessions stay valid
        self.who = who
        return bool(joined.get("reset"))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """Return a server that runs."""
    running = Server(tmp_path / "chat.db", "--sync", "normal")
    await running.start()
    yield running
    await running.kill()


def by_copying(saved: Path, database: Path) -> None:
    for name in ("-wal", "-shm"):
        database.with_name(database.name + name).unlink()
    shutil.copy(saved, database)


def by_moving(saved: Path, database: Path) -> None:
    for name in ("-wal", "-shm"):
        database.with_name(database.name + name).unlink()
    saved.replace(database)


async def test_a_killed_server_goes_on(server: Server) -> None:
    """Its numbers are those of before, however often."""
    ann = Told(server)
    await ann.come("1", "2")
    for _ in range(2):
        await server.kill()
        await server.start()
        assert not await ann.come("3")


@pytest.mark.parametrize("how", [by_copying, by_moving])
@pytest.mark.parametrize("restarts", [True, False])
async def test_a_restored_backup(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[[Path, Path], None],
    *,
    restarts: bool,
) -> None:
    """Who knows more of a room than the backup has is told so, although others filled it up."""
    ann, ben = Told(server), Told(server, "Ben")
    await ann.come("1", "2")
    saved = server.database.with_name("saved.db")
    monkeypatch.setenv("TRIO_CHAT_DATABASE", str(server.database))
    assert backup([str(saved)]) == 0
    if restarts:
        await server.kill()
        await server.start()
    await ann.come("3", "4")
    await server.kill()
    how(saved, server.database)
    await server.start()
    await ben.come("3'", "4'")
    assert ben.last == ann.last == 4
    assert await ann.come()
    assert not await ann.come()


@pytest.mark.parametrize("boots", [True, False])
async def test_a_lock_file_that_is_gone_or_a_machine_that_ended(
    server: Server, *, boots: bool
) -> None:
    """Neither can be told from numbers that were lost."""
    ann = Told(server)
    await ann.come("1")
    await server.kill()
    if boots:
        with closing(sqlite3.connect(server.database)) as database, database:
            database.execute("UPDATE meta SET value = 'an-earlier-boot' WHERE key = 'boot'")
    else:
        server.database.with_name("chat.db-lock").unlink()
    await server.start()
    assert await ann.come()
