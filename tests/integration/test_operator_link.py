"""Operators: the link of the first start, the command that makes another, and what they may do."""

import json
import os
import re
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
import trio

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.commands import (
    ADDRESS,
    COMMAND,
    ROOT,
    command,
    environment,
    outcome,
)
from tests.integration.followers import following
from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_links import join, make_private
from tests.integration.test_moderation import make_class, moderate
from tests.integration.test_operator import done
from trio_chat.clock import wall_clock
from trio_chat.core import sanctions
from trio_chat.errors import FAILED
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Unavailable
from trio_chat.protocol.close import REMOVED

LINK = re.compile(rb"#operator=([\w-]{32})")


def secret_in(text: bytes) -> str:
    """Return the secret of the operator's link in a text."""
    found = LINK.search(text)
    assert found, text
    return found[1].decode()


async def operator_secret(server: Running) -> str:
    """Return the secret of the link that the first start makes."""
    return secret_in((await server.server.first_operator_link("x/") or "").encode())


async def test_the_first_start_prints_a_link_once(tmp_path: Path) -> None:
    """The next one does not; a file that grants it is a digest alone."""
    database = str(tmp_path / "chat.db")
    async with command("--database", database) as first:
        assert ADDRESS.fullmatch(first.announced)
        secret = secret_in(first.announced)
    async with command("--database", database) as second:
        assert not LINK.search(second.announced)
    assert secret.encode() not in contents(tmp_path)


async def test_a_server_that_can_keep_nothing_starts_without_a_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a full disk; the next start makes one."""

    async def fail(_: object) -> None:
        raise Unavailable(1000)

    async with serving() as server:
        monkeypatch.setattr(MemoryJournal, "commit", lambda *_: fail(None))
        assert await server.server.first_operator_link("x/") is None


async def test_an_operator_moderates_all_rooms(tmp_path: Path) -> None:
    """Those that were begun by joining them, and private ones; and acts on people everywhere."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Op", link=secret) as operator,
            chatting(server, "Eve", "tea") as eve,
            chatting(server, "Ann") as ann,
        ):
            assert operator.welcome["operator"]
            assert (await join(operator, "tea"))["right"] == "operate"
            room, _ = await make_private(ann)
            assert (await join(operator, room))["right"] == "operate"
            await eve.send("tea", "rude")
            ban = {"t": "moderate", "room": "", "people": [eve.who["id"]]}
            assert (await operator.ask(**ban, act="clear"))["t"] == "ok"
            [message] = (await operator.ask(t="history", room="tea"))["messages"]
            assert message["deleted"]
            assert (await operator.ask(**ban, act="ban"))["t"] == "ok"
            assert (await eve.ending())[1:] == REMOVED
            spared = {"t": "moderate", "room": room, "people": [operator.who["id"]]}
            assert (await ann.ask(**spared, act="kick"))["code"] == "not_moderator"
            listed = await operator.ask(t="audit", room="")
            assert {"sanctioned", "cleared", "room_made"} <= {
                one["act"]["t"] for one in listed["acts"]
            }
        async with chatting(server, "Eve", session=eve.session) as eve:
            assert (await join(eve, "anywhere"))["code"] == "banned"
            for private in (False, True):
                made = await eve.ask(t="create", name="new", private=private)
                assert made["code"] == "banned"
            to_one = {"t": "create", "name": "Ann", "private": True, "with": ann.who["id"]}
            assert (await eve.ask(**to_one))["code"] == "banned"
            assert (await eve.ask(t="nick", nick="Rude"))["code"] == "banned"
        async with chatting(server, "Op", session=operator.session) as again:
            assert again.welcome["operator"]


async def test_an_operator_acts_on_moderators() -> None:
    """In a room or in all: a mute and a ban hold for them, too, in rooms that they made."""
    async with serving() as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Op", "class", link=secret) as operator,
            chatting(server, "Ann") as ann,
        ):
            await make_class(ann)
            for room in ("class", ""):
                assert (await moderate(operator, "mute", ann, room=room))["t"] == "ok"
                assert (await ann.ask(t="send", room="class", text="x"))["code"] == "muted"
                assert (await ann.ask(t="rules", room="class"))["code"] == "not_moderator"
                assert (await moderate(operator, "unmute", ann, room=room))["t"] == "ok"
                await ann.send("class", "heard")
            assert (await moderate(operator, "ban", ann, room=""))["t"] == "ok"
            assert (await ann.ending())[1:] == REMOVED
            async with chatting(server, "Ann", session=ann.session) as again:
                assert (await join(again, "class"))["code"] == "banned"


async def test_who_is_muted_everywhere_is_not_freed_in_a_room() -> None:
    """Their room is not told so, neither if they are let speak there nor if a mute is undone."""
    async with serving() as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Op", "class", link=secret) as operator,
            chatting(server, "Ann") as ann,
            chatting(server, "Eve", "class") as eve,
        ):
            await make_class(ann)
            assert (await moderate(operator, "mute", eve, room=""))["t"] == "ok"
            assert (await moderate(ann, "mute", eve))["t"] == "ok"
            [mute] = (await ann.ask(t="audit", room="class", limit=1))["acts"]
            assert (await ann.ask(t="undo", room="class", act=mute["seq"]))["t"] == "ok"
            assert (await moderate(ann, "unmute", eve))["t"] == "ok"
            assert (await eve.ask(t="send", room="class", text="x"))["code"] == "muted"
            assert (await moderate(operator, "unmute", eve, room=""))["t"] == "ok"
            await eve.send("class", "heard")
            told = [one["act"] for one in ann.heard if one["t"] == "moderated"]
            assert told == ["mute"]


async def test_moderators_take_back_nothing_that_an_operator_did(tmp_path: Path) -> None:
    """Neither a mute, a ban, a clearing nor a raid, also after a restart; an operator does."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Op", "class", link=secret) as operator,
            chatting(server, "Ann") as ann,
            chatting(server, "Eve", "class") as eve,
        ):
            await make_class(ann)
            for act in ("clear", "mute", "ban"):
                assert (await moderate(operator, act, eve))["t"] == "ok"
            raid = {"t": "raid", "room": "class", "since": 0, "people": [eve.who["id"]]}
            assert (await operator.ask(**raid))["t"] == "ok"
            for _ in range(sanctions.PER_PERSON):
                assert (await moderate(ann, "ban", eve))["t"] == "ok"
    async with (
        serving(database=database) as server,
        chatting(server, "Ann", "class", session=ann.session) as ann,
        chatting(server, "Op", "class", session=operator.session) as operator,
    ):
        done = (await ann.ask(t="audit", room="class", limit=12))["acts"][-4:]
        assert all(one["act"]["operator"] for one in done)
        undoing = [{"t": "undo", "room": "class", "act": one["seq"]} for one in done]
        lifting = [
            {"t": "moderate", "room": "class", "act": act, "people": [eve.who["id"]]}
            for act in ("unmute", "unban")
        ]
        for request in (*undoing, *lifting):
            assert (await ann.ask(**request))["code"] == "not_operator", request
        for request in (*undoing, *lifting):
            assert (await operator.ask(**request))["t"] == "ok", request
        async with chatting(server, "Eve", session=eve.session) as again:
            assert (await join(again, "class"))["t"] == "joined"
            assert (await moderate(ann, "ban", eve))["t"] == "ok"
            assert (await moderate(ann, "unban", eve))["t"] == "ok"


async def test_moderators_do_not_revoke_the_right_of_others() -> None:
    """But by links that they have made, or came by alone, or that are over; operators any."""
    async with serving() as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Op", link=secret) as operator,
            chatting(server, "Ann") as ann,
            chatting(server, "Bob") as bob,
            chatting(server, "Cem", "class") as cem,
        ):
            [first] = (await ann.ask(t="create", name="class"))["links"]
            access, later = server.server._hub.access, wall_clock() + 60_000

            async def new_link(by: Chatter, right: str, user: Chatter, until: int = 0) -> Object:
                made = await by.ask(t="link", room="class", right=right, until=until)
                await join(user, "class", made["link"]["secret"])
                link: Object = made["link"]
                return link

            async def end(by: Chatter, link: Object) -> object:
                told = await by.ask(t="unlink", room="class", link=link["link"])
                return told.get("code", told["t"])

            of_bob, of_cem = await new_link(ann, "moderate", bob), await new_link(ann, "read", cem)
            assert await end(bob, first) == "not_operator"
            assert await end(bob, of_cem) == "ok"
            late = await new_link(ann, "moderate", ann, until=later)
            assert await end(bob, late) == "not_operator"
            access.clock = lambda: later
            assert await end(bob, late) == "ok"
            of_ann = await new_link(bob, "moderate", ann)
            assert await end(operator, of_ann) == "ok"
            assert await end(bob, of_bob) == "ok"
            async with chatting(server, "Bob", "class", session=bob.session) as again:
                await again.until("joined")
                of_bob = await new_link(ann, "moderate", again)
                assert await end(ann, of_bob) == "ok"


async def test_a_new_link_ends_those_of_before(tmp_path: Path) -> None:
    """While the server runs; whoever came by one is an operator no more."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server:
        old = await operator_secret(server)
        async with (
            chatting(server, "Op", link=old) as operator,
            chatting(server, "Op2", link=old) as inside,
            chatting(server, "Op3", link=old) as outside,
            chatting(server, "Ann", "tea") as ann,
            following(server, "tea", f"Authorization: Bearer {old}") as follower,
        ):
            await join(operator, "tea")
            room, _ = await make_private(ann)
            await join(inside, room)
            address = "https://chat.example.org/"
            printed = await done("operator-link", "--database", database, "--url", address)
            assert printed.startswith(b"https://chat.example.org/#operator=")
            new = secret_in(printed)
            await until_operator(server, new)
            assert not await becomes_operator(server, old)
            for one in (inside, operator, outside):
                assert (await one.ending())[1:] == REMOVED
            assert (await follower.rest())[-1].data["code"] == REMOVED.code
            await ann.send("tea", "here as before")
            async with chatting(server, "Op", "tea", session=operator.session) as again:
                assert not again.welcome.get("operator")
                await again.until("joined")
                rules = {"t": "rules", "room": "tea", "closed": True}
                assert (await again.ask(**rules))["code"] == "not_moderator"
    assert LINK.search(await done("operator-link", "--database", database))
    for url in ("chat.example.org", "ws://a.example", "http://[", "http://a.example:99999/"):
        wrong = await outcome("operator-link", "--database", database, "--url", url)
        assert (wrong.returncode, wrong.stdout) == (2, b"")
        assert b"--url must be like" in wrong.stderr


async def test_a_link_has_the_address_of_the_running_server(tmp_path: Path) -> None:
    """By whatever path its database is found; ``--url`` tells another, for those who come by it."""
    database, other = tmp_path / "chat.db", tmp_path / "same.db"
    other.symlink_to(database)
    async with command("--database", str(database)) as server:
        for path in (database, other):
            made = await outcome("operator-link", "--database", str(path))
            assert made.stdout.startswith(b"http://localhost:%d/#operator=" % server.port)
            assert (made.returncode, made.stderr) == (0, b"")
        made = await outcome(
            "operator-link", "--database", str(database), "--url", "http://a.example"
        )
        assert made.stdout.startswith(b"http://a.example/#operator=")
        assert made.stderr == b""


async def test_a_link_without_a_server_says_that_its_address_is_assumed(tmp_path: Path) -> None:
    """On standard error, so that whoever takes the link gets nothing else."""
    database = str(tmp_path / "chat.db")
    async with command("--database", database):
        pass
    made = await outcome("operator-link", "--database", database)
    assert re.fullmatch(rb"http://localhost:8080/#operator=[\w-]{32}\n", made.stdout)
    assert made.returncode == 0
    assert b"the link assumes http://localhost:8080/" in made.stderr
    assert b"--url" in made.stderr
    told = await outcome("operator-link", "--database", database, "--url", "http://a.example")
    assert told.stderr == b""


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", ""])
async def test_a_link_that_nobody_saw_ends_no_other(redirection: str, tmp_path: Path) -> None:
    """Standard output is full, closed or without a reader; the operator of before still is one."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database):
        pass
    seen = secret_in(await done("operator-link", "--database", database))
    reader, writer = os.pipe()
    os.close(reader)
    failed = await trio.run_process(
        ["sh", "-c", f'"$@" {redirection}', "sh", *COMMAND, "operator-link"],
        stdout=writer,
        check=False,
        cwd=ROOT,
        env=environment(TRIO_CHAT_DATABASE=database),
    )
    os.close(writer)
    assert failed.returncode == FAILED
    with closing(sqlite3.connect(database)) as opened:
        kept = opened.execute("SELECT data FROM events ORDER BY seq").fetchall()
    first, second, ended = (json.loads(data)["act"] for (data,) in kept)
    assert first["link"] != second["link"] == ended["link"]
    async with serving(database=database) as server:
        assert await becomes_operator(server, seen)


async def becomes_operator(server: Running, secret: str) -> bool:
    """Whether whoever shows a link is an operator."""
    async with chatting(server, f"Somebody {uuid4().hex[:8]}", link=secret) as somebody:
        return bool(somebody.welcome.get("operator"))


async def until_operator(server: Running, secret: str) -> None:
    """Wait until the server has seen that a command has made a link."""
    with trio.fail_after(PATIENCE):
        while not await becomes_operator(server, secret):
            await trio.sleep(0.1)


def contents(folder: Path) -> bytes:
    """Return what all files in a folder have."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_a_moderated_room_is_exported_and_backed_up_without_what_was_cleared(
    tmp_path: Path,
) -> None:
    """And is imported as it stands, deletions by moderators and all."""
    database = str(tmp_path / "one.db")
    copies = tmp_path / "copies"
    copies.mkdir()
    backup, file = str(copies / "backup.db"), str(copies / "one.jsonl")
    async with (
        serving(database=database) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Eve", "class") as eve,
    ):
        await ann.ask(t="create", name="class")
        await join(ann, "class")
        await ann.ask(t="rules", room="class", slow=0, newcomers=1)
        await ann.send("class", "welcome")
        await ann.ask(t="rules", room="class")
        await eve.send("class", "rude words")
        seq = await eve.send("class", "a bad joke")
        await ann.ask(t="delete", room="class", seq=seq)
        await ann.ask(t="moderate", room="class", act="clear", people=[eve.who["id"]])
        await done("export", "--database", database, "-o", file)
        await done("backup", "--database", database, backup)
    content = contents(copies)
    assert content.count(b'"text":"welcome"') == 2
    assert b"rude words" not in content
    assert b"bad joke" not in content
    imported = await done("import", "--database", str(tmp_path / "two.db"), file)
    assert imported == (
        b"class\t8\t0\t\t1 link (1 to moderate), 1 person who came by links,"
        b" 7 new entries of what was done\n"
    )


async def test_who_is_an_operator_no_more_clears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither if their link has ended while it was looked up where somebody has messages."""
    found, looks_up, is_over = SqliteJournal.rooms_of, trio.Event(), trio.Event()

    async def look_up(
        journal: SqliteJournal, authors: Collection[str], since_ts: int, limit: int
    ) -> list[str]:
        looks_up.set()
        await is_over.wait()
        return await found(journal, authors, since_ts, limit)

    monkeypatch.setattr(SqliteJournal, "rooms_of", look_up)
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server:
        secret = await operator_secret(server)
        async with chatting(server, "Op", link=secret) as op, chatting(server, "Eve", "tea") as eve:
            await eve.send("tea", "heard")
            clear = {"t": "moderate", "id": 9, "act": "clear", "people": [eve.who["id"]]}
            await op.say(clear)
            await looks_up.wait()
            await done("operator-link", "--database", database)
            assert (await op.ending())[1:] == REMOVED
            is_over.set()
            await eve.send("tea", "heard, too")
            told = (await eve.ask(t="history", room="tea"))["messages"]
            assert [one["text"] for one in told] == ["heard", "heard, too"]


@pytest.mark.parametrize(
    "asked",
    [
        {"t": "link", "right": "read"},
        {"t": "links"},
        {"t": "rules", "closed": True},
        {"t": "held"},
    ],
)
async def test_what_is_not_for_all_rooms_needs_one(server: Running, asked: Object) -> None:
    """Else a link of an operator who forgets the room would be a key to all private rooms."""
    async with chatting(server, "Chief", link=await operator_secret(server)) as chief:
        assert (await chief.ask(room="", **asked))["code"] == "bad_room"
        assert (await chief.ask(t="audit", room=""))["t"] == "audit"
