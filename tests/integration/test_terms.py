"""Failovers and restores under nodes that run: clients come back exactly, or are told what is lost.

Real servers of PostgreSQL, a primary and a standby by ``pg_basebackup``.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.integration.chatters import Object, chatting
from tests.integration.running import Running, serving
from tests.integration.test_postgres import say_until_it_is_kept
from tests.postgres import PostgresServer
from trio_chat.journal.postgres import claims, writer
from trio_chat.protocol.close import RESYNC

Pair = tuple[PostgresServer, PostgresServer]


@pytest.fixture
def pair(own_postgres: PostgresServer) -> Iterator[Pair]:
    """Return a primary and its standby."""
    standby = own_postgres.add_standby()
    try:
        yield own_postgres, standby
    finally:
        standby.remove()


async def resumed(
    server: Running, room: str, last: int, epoch: str, end: int = 0
) -> tuple[Object, list[int]]:
    """Come back with a last number; return the answer, and what follows up to a number.

    The last of it may come behind the answer, if the server has just learned of it.
    """
    wish = {"room": room, "last": last, "epoch": epoch}
    async with chatting(server, uuid4().hex, wish) as somebody:
        joined = await somebody.until("joined")
        if joined.get("reset") or not end:
            return joined, []
        return joined, await somebody.seqs_until(end)


async def test_a_synchronous_failover(pair: Pair) -> None:
    """Nodes and connections stay; all that was acknowledged is there, and numbers go on."""
    primary, standby = pair
    primary.require_standby()
    async with (
        serving(database=primary.url("public", standby)) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        assert [await ann.send("tea", text) for text in "ab"] == [1, 2]
        before = ann.epoch
        primary.crash()
        standby.promote()
        assert await say_until_it_is_kept(ann, "c") == 3
        told = await ann.until("epoch")
        assert (told["room"], told["epoch"] != before) == ("tea", True)
        joined, missed = await resumed(server, "tea", 1, before, 3)
        assert (joined["epoch"], "reset" in joined, missed) == (told["epoch"], False, [2, 3])
        joined, _ = await resumed(server, "tea", 3, told["epoch"])
        assert ("reset" in joined, joined["last"]) == (False, 3)
        joined, _ = await resumed(server, "tea", 3, before)  # as if the old primary had told it
        assert (joined["reset"], joined["lost"]) == (True, 1)
        assert server.server._hub.chat.lost == 0


@pytest.mark.parametrize("is_recovered", [True, False])
async def test_an_older_backup(own_postgres: PostgresServer, *, is_recovered: bool) -> None:
    """Recovered as PostgreSQL does it, or its files put back as they were, under a running node."""
    async with (
        serving(database=own_postgres.url()) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "jam") as ben,
    ):
        assert [await ann.send("tea", "kept"), await ben.send("jam", "kept")] == [1, 1]
        own_postgres.save_files()
        assert await say_until_it_is_kept(ann, "lost") == 2
        before = ann.epoch
        own_postgres.put_back_files(is_recovered=is_recovered)
        _, code, _ = await ann.ending()
        assert code == RESYNC.code
        assert await say_until_it_is_kept(ben, "on", "jam") == 2
        joined, _ = await resumed(server, "tea", 2, before)
        assert (joined["reset"], joined["lost"]) == (True, 1)
        joined, missed = await resumed(server, "jam", 1, before, 2)
        assert ("reset" in joined, missed) == (False, [2])


async def test_a_synchronous_split(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A primary that runs on beside the promoted standby acknowledges nothing; then all comes."""
    primary, standby = pair
    primary.require_standby()
    monkeypatch.setattr(writer, "COMMIT_TIMEOUT", 0.5)
    for name in ("LEASE", "UNDER_WAY"):  # else nobody new gets a nick for so long
        monkeypatch.setattr(claims, name, 0)
    async with (
        serving(database=primary.url("public", standby)) as old,
        chatting(old, "Ann", "tea") as ann,
    ):
        assert await ann.send("tea", "kept") == 1
        standby.promote()
        async with (
            serving(database=standby.url("public", primary)) as new,
            chatting(new, "Ben", {"room": "tea", "last": 1, "epoch": ann.epoch}) as ben,
        ):
            assert "reset" not in await ben.until("joined")
            assert await ben.send("tea", "here") == 2
            cid = str(uuid4())
            for _ in range(3):
                refused = await ann.ask(t="send", room="tea", text="late", cid=cid)
                assert refused["code"] == "unavailable"
            primary.crash()
            assert await say_until_it_is_kept(ann, "late", cid=cid) == 3
            assert await ben.seqs_until(3) == [2, 3]
            joined, missed = await resumed(old, "tea", 1, ann.epoch, 3)
            assert ("reset" in joined, missed) == (False, [2, 3])


async def test_an_asynchronous_failover(pair: Pair) -> None:
    """Whoever was told what is lost has to come back, and is told how much; others stay."""
    primary, standby = pair
    async with (
        serving(database=primary.url("public", standby)) as server,
        chatting(server, "Ann", "tea", "jam") as ann,
        chatting(server, "Ben", "jam") as ben,
    ):
        await ann.send("jam", "kept")
        assert await ann.send("tea", "kept") == 1
        primary.hold_back_standby()
        assert [await ann.send("tea", text) for text in ("lost", "lost", "lost")] == [2, 3, 4]
        before = ann.epoch
        primary.crash()
        standby.promote()
        _, code, _ = await ann.ending()
        assert code == RESYNC.code
        assert await say_until_it_is_kept(ben, "on", "jam") == 2
        joined, _ = await resumed(server, "tea", 4, before)
        assert (joined["reset"], joined["lost"], joined["last"]) == (True, 3, 1)
        joined, missed = await resumed(server, "jam", 1, before, 2)
        assert ("reset" in joined, missed) == (False, [2])
        wishes = [{"room": room, "last": 1, "epoch": before} for room in ("tea", "jam")]
        async with chatting(server, "Ann", *wishes, session=ann.session) as again:
            assert "reset" not in await again.until("joined")
            assert "reset" not in await again.until("joined")
            assert await again.send("tea", "anew") == 2
        joined, _ = await resumed(server, "tea", 2, before)  # another one has that number now
        assert (joined["reset"], joined["lost"]) == (True, 1)
        assert server.server._hub.chat.lost == 3
