"""A stored event that cannot be understood stops nobody: each way to read goes around it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.integration.asking import ask
from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.followers import following
from tests.integration.running import Running, serving
from trio_chat.journal import stored

DAMAGE = {
    "nothing": b"",
    "no JSON": b"\x00",
    "no UTF-8": b'{"t":"msg","room":"tea","seq":2,"text":"\xff"}',
    "no text": b'{"t":"msg","room":"tea","seq":2,"text":null}',
    "a number of something": b'{"t":"msg","room":"tea","seq":2.5,"text":"x"}',
    "another number": b'{"t":"msg","room":"tea","seq":3,"text":"x"}',
    "another room": b'{"t":"msg","room":"jam","seq":2,"text":"x"}',
    "another type": b'{"t":"poll","room":"tea","seq":2,"text":"x"}',
    "two": b'{"t":"msg","room":"tea","seq":2,"text":"x"},{"t":"msg"}',
    "a line end": b'{"t":"msg","room":"tea",\n\n"seq":2,"text":null}',
    "something deep": b'{"t":"msg","room":"tea","seq":2,"text":"x","y":' + b"[" * 5000,
    "a text of SQLite": "x",
    "an event that is a text of SQLite": '{"t":"msg","room":"tea","seq":2,"text":"x"}',
    "a number of SQLite": 5,
    "something else": b'{"t":"topic","room":"tea","seq":2,"text":"x"}',
}


async def fill(server: Running) -> str:
    """Let somebody say four things, of which the second is to be damaged; return the epoch."""
    async with chatting(server, "Ann", "tea") as ann:
        for word in ("one", "two", "three"):
            await ann.send("tea", word)
        await ann.ask(t="react", room="tea", seq=2, emoji="🍋")
        return ann.epoch


def damage(path: Path, data: object) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE events SET data = ? WHERE seq = 2", (data,))
        database.execute("UPDATE states SET data = ?", (data,))


async def resumed(server: Running, epoch: str) -> list[int]:
    """Return the numbers that somebody gets who has missed all."""
    wish = {"room": "tea", "last": 0, "epoch": epoch}
    async with chatting(server, "Ben", wish) as ben:
        return await ben.seqs_until(4)


async def asked(chatter: Chatter, kind: str, **fields: object) -> Object:
    answer = await chatter.ask(t=kind, room="tea", **fields)
    assert answer["t"] in ("history", "found", "ok"), answer
    return answer


@pytest.mark.parametrize("data", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("resume_limit", [1, 1000])
async def test_all_else_is_told(tmp_path: Path, data: object, resume_limit: int) -> None:
    """Over every way to read, and the room can be talked in and changed."""
    path = tmp_path / "chat.db"
    async with serving(database=str(path)) as server:
        epoch = await fill(server)
    damage(path, data)
    async with serving(database=str(path), resume_limit=resume_limit) as server:
        assert await resumed(server, epoch) == [1, 2, 3, 4]
        async with following(server, "tea", query="?last=0") as fay:
            assert [(await fay.until("msg", "react", "topic")).data["seq"] for _ in range(4)] == [
                1,
                2,
                3,
                4,
            ]
        page = await ask(server, "GET", "/rooms/tea/messages")
        assert [message["text"] for message in page.json["messages"]] == ["one", "three"]
        assert (await ask(server, "GET", "/rooms/tea/messages/2")).status == 404
        found = await ask(server, "GET", "/rooms/tea/search?q=t*")
        assert [hit["snippet"] for hit in found.json["hits"]] == ["three"]
        async with chatting(server, "Cleo", "tea") as cleo:
            history = await asked(cleo, "history", limit=1, before=3)
            assert [message["seq"] for message in history["messages"]] == [1]
            await asked(cleo, "search", query="one")
            assert await cleo.send("tea", "two again", reply=1) == 5
            answer = await cleo.ask(t="react", room="tea", seq=2, emoji="🍋")
            assert answer["code"] == "not_found"


async def test_what_is_missing_in_the_file_stops_nobody(tmp_path: Path) -> None:
    """Rows that somebody has deleted."""
    path = tmp_path / "chat.db"
    async with serving(database=str(path)) as server:
        epoch = await fill(server)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM events WHERE seq = 2")
    async with serving(database=str(path)) as server:
        assert await resumed(server, epoch) == [1, 3, 4]
        page = await ask(server, "GET", "/rooms/tea/messages")
        assert [message["text"] for message in page.json["messages"]] == ["one", "three"]


async def test_it_is_logged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is read; and of very many events only some."""
    monkeypatch.setattr(stored, "_reported", set())
    path = tmp_path / "chat.db"
    async with serving(database=str(path)) as server:
        await fill(server)
    damage(path, b"\x00")
    with capture_logs() as logged:
        async with serving(database=str(path)) as server:
            for _ in range(3):
                await ask(server, "GET", "/rooms/tea/messages")
    assert sum("damaged" in entry["event"] for entry in logged) == 1
    with capture_logs() as logged:
        for seq in range(2 * stored.REPORTS):
            stored.report("jam", seq)
    assert sum("damaged" in entry["event"] for entry in logged) == stored.REPORTS - 1
