"""What supervisors are told: whether the server lives, and whether it delivers messages."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio_websocket

from tests.integration.commands import command
from tests.integration.running import PATIENCE, Running, header, read_all, running, status
from tests.journal.drafts import say
from trio_chat.config import Config
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.metrics import health

PROBES = ("/healthz", "/readyz")


def request(path: str, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def ask(port: int, path: str, method: str = "GET") -> bytes:
    """Return the whole answer to a request on a connection of its own."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(request(path, method))
        with trio.fail_after(PATIENCE):
            return await read_all(stream)


async def becomes(port: int, path: str, wanted: int) -> None:
    """Wait until a probe is answered with a status."""
    with trio.fail_after(3 * PATIENCE):
        while status(await ask(port, path)) != wanted:
            await trio.sleep(0.2)


async def test_a_server_that_is_well_says_so_and_nothing_else(server: Running) -> None:
    """By its status and two letters, which nobody stores; other methods find nothing."""
    for path in PROBES:
        answer = await ask(server.port, path)
        assert (status(answer), answer.rpartition(b"\r\n\r\n")[2]) == (200, b"ok\n")
        assert header(answer, b"cache-control") == b"no-store"
        assert header(answer, b"server") == b""
        head = await ask(server.port, path, "HEAD")
        assert (status(head), head.rpartition(b"\r\n\r\n")[2]) == (200, b"")
        assert status(await ask(server.port, path, "POST")) == 404


async def test_no_limit_by_address_refuses_a_probe() -> None:
    """Who probes every second from one address is no flood; all else is refused here."""
    rates = ("--connect-rate", "1/h:1", "--http-rate", "1/h:1", "--loopback-limits", "on")
    async with command(*rates) as chat:
        await ask(chat.port, "/r/")
        for _ in range(10):
            assert status(await ask(chat.port, "/r/")) == 429
            assert [status(await ask(chat.port, path)) for path in PROBES] == [200, 200]


async def test_a_server_with_too_much_to_do_is_alive_but_not_ready(server: Running) -> None:
    """Else its supervisor would end it when it has most to do."""
    server.server._limits.overload.gauges["outboxes"] = lambda: 1.0
    await becomes(server.port, "/readyz", 503)
    assert status(await ask(server.port, "/r/")) == 503
    assert status(await ask(server.port, "/healthz")) == 200
    server.server._limits.overload.gauges["outboxes"] = lambda: 0.0
    await becomes(server.port, "/readyz", 200)


async def test_canaries_take_no_space_and_nobody_sees_them(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often somebody asks."""
    monkeypatch.setattr(health, "AGAIN", 0.0)
    journal = server.server._journal
    assert isinstance(journal, SqliteJournal)

    def pages() -> tuple[int, int]:
        [events] = journal._file.writer.execute("SELECT count(*) FROM events").fetchone()
        [pages] = journal._file.writer.execute("PRAGMA page_count").fetchone()
        return events, pages

    async with trio_websocket.open_websocket_url(server.ws) as one:
        await one.send_message("before")
        assert await one.get_message() == "before"
        await ask(server.port, "/readyz")
        before, said = pages(), (await journal.load(["lobby"], 0))[0].last
        for _ in range(100):
            assert status(await ask(server.port, "/readyz")) == 200
        assert pages() == before
        await one.send_message("after")
        assert await one.get_message() == "after"
    assert (await journal.load(["lobby"], 0))[0].last == said + 1


async def test_a_full_database_makes_a_server_not_ready(tmp_path: Path) -> None:
    """It lives, as people can read; and it is ready again when there is space."""
    path = tmp_path / "chat.db"
    journal = await SqliteJournal.open(path)
    await journal.commit([say("x" * 3000) for _ in range(500)])
    await journal.close()
    arguments = ("--database", str(path), "--max-database", "1000000", "--keep-messages", "600")
    async with command(*arguments) as chat:
        assert status(await ask(chat.port, "/readyz")) == 503
        assert status(await ask(chat.port, "/healthz")) == 200
        told = await chat.errors(until=b'"not ready"')
        assert b"messages cannot be kept" in told
    async with command("--database", str(path)) as chat:
        assert status(await ask(chat.port, "/readyz")) == 200


async def test_a_database_that_is_gone_makes_a_server_not_ready(tmp_path: Path) -> None:
    """Until the same files are back."""
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    there.mkdir()
    async with command("--database", str(there / "chat.db")) as chat:
        await becomes(chat.port, "/readyz", 200)
        there.rename(elsewhere)
        await becomes(chat.port, "/readyz", 503)
        assert status(await ask(chat.port, "/healthz")) == 200
        elsewhere.rename(there)
        await becomes(chat.port, "/readyz", 200)


async def test_probes_are_below_the_path_of_the_chat_too() -> None:
    """Whether a proxy strips it or not; also while others are refused."""
    async with running() as server:
        before = Config(**vars(server.server.config))
        server.server.config.change(replace(before, base_url="https://example.org/chat/"))
        for path in ("/healthz", "/chat/healthz", "/readyz", "/chat/readyz"):
            assert status(await ask(server.port, path)) == 200
        server.server._limits.overload.gauges["outboxes"] = lambda: 1.0
        await becomes(server.port, "/chat/readyz", 503)
        assert status(await ask(server.port, "/chat/healthz")) == 200
        assert status(await ask(server.port, "/chat/healthz/")) == 503
        server.server._limits.overload.gauges["outboxes"] = lambda: 0.0
        await becomes(server.port, "/chat/readyz", 200)
        server.server.config.change(before)
