"""A server on PostgreSQL, as people and operators see it while that comes and goes."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import trio

from tests.chat import NO_RATES
from tests.integration.chatters import Chatter, chatting
from tests.integration.commands import command
from tests.integration.running import PATIENCE, serving
from tests.postgres import PostgresServer
from trio_chat import commands, journal
from trio_chat.cli import main
from trio_chat.database_url import NEEDS_PSYCOPG
from trio_chat.errors import BAD_USAGE, FAILED
from trio_chat.journal.postgres.database import Database
from trio_chat.journal.postgres.notify import NOT_SHARED
from trio_chat.protocol.close import RESTARTING

SECRET = "not-to-be-told"  # noqa: S105 - that is the point


async def say_until_it_is_kept(
    chatter: Chatter, text: str, room: str = "tea", cid: str = ""
) -> int:
    """Send a message again as often as the server asks for that; return its number."""
    cid = cid or str(uuid4())
    with trio.fail_after(PATIENCE):
        while True:
            answer = await chatter.ask(t="send", room=room, text=text, cid=cid)
            if answer["t"] == "ok":
                return int(answer["seq"])
            assert answer["code"] == "unavailable"
            await trio.sleep(answer["retry_ms"] / 1000)


@pytest.mark.parametrize("crashes", [True, False])
async def test_postgresql_goes_away_and_comes_back(
    own_postgres: PostgresServer, *, crashes: bool
) -> None:
    """Clients stay, and are told when to try again; then all goes on without a restart."""
    async with (
        serving(database=own_postgres.new_url()) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Bob", "tea") as bob,
    ):
        assert await ann.send("tea", "before") == 1
        own_postgres.crash() if crashes else own_postgres.stop()
        for _ in range(3):
            refused = await ann.ask(t="send", room="tea", text="lost", cid=str(uuid4()))
            assert (refused["t"], refused["code"]) == ("error", "unavailable")
            assert refused["retry_ms"] > 0
        assert (await bob.ask(t="history", room="tea"))["code"] == "unavailable"
        await ann.say({"t": "typing", "room": "tea"})  # which needs no journal
        await bob.until("typing")
        own_postgres.start()
        assert await say_until_it_is_kept(ann, "after") == 2
        heard = await bob.until("msg")
        assert (heard["seq"], heard["text"]) == (2, "after")
        assert len((await bob.ask(t="history", room="tea"))["messages"]) == 2


async def test_what_was_kept_without_an_acknowledgement_is_heard(
    postgres: PostgresServer, postgres_url: str
) -> None:
    """The connection breaks when PostgreSQL has committed: nobody misses what is there."""
    async with (
        serving(database=postgres_url) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Bob", "tea") as bob,
    ):
        assert await ann.send("tea", "one") == 1
        with psycopg.connect(postgres_url, autocommit=True) as other:
            copied = other.execute("SELECT data FROM events").fetchone()
            assert copied
            again = copied[0].replace(b'"seq":1', b'"seq":2').replace(b"one", b"two")
            other.execute(
                "INSERT INTO events SELECT room, 2, ts, kind, target, author, %s FROM events",
                (again,),
            )
            other.execute("UPDATE rooms SET last = 2 WHERE name = 'tea'")
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND objid = 'meta'::regclass"
            )
        heard = [await bob.until("msg"), await bob.until("msg")]
        assert [entry["text"] for entry in heard] == ["one", "two"]
        assert await say_until_it_is_kept(ann, "three") == 3


async def test_a_database_that_was_emptied_ends_the_server(postgres_url: str) -> None:
    """Everybody is sent away for a moment; the exit status is 1, and the reason one line."""
    async with command(TRIO_CHAT_DATABASE=postgres_url) as server:
        async with chatting(server, "Ann", "tea") as ann:
            await ann.send("tea", "one")
            with psycopg.connect(postgres_url, autocommit=True) as other:
                [[schema]] = other.execute("SELECT current_schema()").fetchall()
                other.execute(f"DROP SCHEMA {schema} CASCADE")
                other.execute(f"CREATE SCHEMA {schema}")
            _, code, _ = await ann.ending()
            assert code == RESTARTING.code
        assert await server.exit_status() == FAILED
        told = await server.errors()
    assert b"trio-chat: the database was emptied, or is that of another chat; start" in told
    wish = {"room": "tea", "last": 1, "epoch": ann.epoch}
    async with (
        command(TRIO_CHAT_DATABASE=postgres_url) as server,
        chatting(server, "Ann", wish, session=ann.session) as again,
    ):
        joined = await again.until("joined")
        assert (joined["reset"], joined["last"], "lost" in joined) == (True, 0, False)


def test_a_second_server_hears_of_the_first(postgres_url: str, tmp_path: Path) -> None:
    """Its log says what they do not share, and neither tells the database's password."""
    url = postgres_url.replace("postgres@", f"postgres:{SECRET}@")
    command = [sys.executable, "-m", "trio_chat", "--port", "0", "--database", url, *NO_RATES]
    first, second = (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        for _ in range(2)
    )
    lines: list[str] = []
    with first, second:
        try:
            assert second.stderr
            while not lines or "another server has the database, too" not in lines[-1]:
                lines.append(second.stderr.readline())
                assert lines[-1]
            for one in (first, second):
                one.terminate()
                told, errors = one.communicate()
                assert SECRET not in told + errors + "".join(lines)
        finally:
            first.kill()
            second.kill()
    assert NOT_SHARED in lines[-1]
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the package for PostgreSQL one line says how to get it."""
    for name in [name for name in sys.modules if name.startswith("trio_chat.journal.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "trio_chat.commands.postgres_store", raising=False)
    monkeypatch.delattr(commands, "postgres_store", raising=False)
    # What is imported anew takes this place, too, which has to be given back.
    monkeypatch.setattr(journal, "postgres", journal.postgres, raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    database = ["--database", "postgresql://"]
    for arguments in (
        ["--port", "0", *database],
        ["operator-link", *database],
        ["export", *database],
        ["migrate", "postgresql://", "x.db"],
    ):
        assert main(arguments) == BAD_USAGE
        told = capsys.readouterr().err.splitlines()[-1]
        assert told == f"trio-chat: {NEEDS_PSYCOPG}"


async def test_a_new_link_for_an_operator_beside_the_server(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lets in at once, and the one of before ends; the server hears of both."""
    command = ["operator-link", "--database", postgres_url, "--url", "http://chat.example"]
    assert await trio.to_thread.run_sync(main, command) == BAD_USAGE
    assert capsys.readouterr().err.count("start a server") == 1
    async with serving(database=postgres_url) as server:
        first = await server.server.first_operator_link(server.address)
        assert first
        async with chatting(server, "Ann", "tea", link=first.rpartition("=")[2]) as ann:
            assert ann.welcome["operator"]
            assert await trio.to_thread.run_sync(main, command) == 0
            assert (await ann.ending())[1] == 4503
        new = capsys.readouterr().out.strip().rpartition("=")[2]
        assert not first.endswith(new)
        async with chatting(server, "Ben", "tea", link=new) as ann:
            assert ann.welcome["operator"]


def test_a_link_for_an_operator_of_a_server_that_does_not_run(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an address one is assumed, and that is told."""
    Database(postgres_url, 0).link.close()
    assert main(["operator-link", "--database", postgres_url]) == 0
    told = capsys.readouterr()
    assert "http://localhost:8080/#operator=" in told.out
    assert "assumes http://localhost:8080/" in told.err
