"""The operator's commands on PostgreSQL: they tell and do what they do with a file."""

import json
from pathlib import Path

import psycopg
import pytest
import trio

from tests.integration.chatters import chatting
from tests.integration.lives import live
from tests.integration.running import PATIENCE, serving
from tests.integration.test_operator import lines_of
from tests.integration.told import told
from tests.unit.test_import_rules import KEY
from tests.unit.test_imported_rights import BAN, BEN, LINK, REPORT, RULES, act, lines
from tests.unit.test_operator_errors import ANN, THREE, Row, export_of, message
from trio_chat.cli import main
from trio_chat.errors import FAILED

ALL_RIGHT = "".join(f"{name}\tok\n" for name in ("events", "rooms", "cids", "states", "index"))


async def exported(capsys: pytest.CaptureFixture[str], database: str, file: str) -> list[bytes]:
    """Export a database into a file, and return its lines without the header."""
    printed = await told(capsys, "export", "--database", database)
    await trio.Path(file).write_text(printed, encoding="utf-8")
    return lines_of(file)[1:]


async def test_all_goes_from_a_file_to_postgresql_and_back(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By export and import: word for word, with the same rooms told; again nothing is new."""
    one, two = str(tmp_path / "one.db"), str(tmp_path / "two.db")
    file, back = str(tmp_path / "one.jsonl"), str(tmp_path / "two.jsonl")
    life = await live(one)
    await exported(capsys, one, file)
    taken = await told(capsys, "import", "--database", postgres_url, file)
    assert f"{life.private}\t" in taken
    again = await told(capsys, "import", "--database", postgres_url, file)
    assert {line.split("\t")[1] for line in again.splitlines()} == {"0"}
    # A room for two is for people of one server, who have other ids on others.
    others = [line for line in lines_of(file)[1:] if json.loads(line)["room"] != life.pair]
    came = await exported(capsys, postgres_url, back)
    assert [line for line in came if json.loads(line)["room"] != life.pair] == others
    listed = [
        await told(capsys, "rooms", "--json", "--database", place) for place in (one, postgres_url)
    ]
    tea = [[line for line in lines.splitlines() if '"tea"' in line] for lines in listed]
    assert tea[0] == tea[1] != []
    stats = await told(capsys, "stats", "--database", postgres_url)
    kinds = {line.split("\t")[0] for line in stats.splitlines()}
    assert kinds == {"file", "part", "messages", "changes", "acts"}
    assert await told(capsys, "check", "--database", postgres_url) == ALL_RIGHT
    await told(capsys, "import", "--database", two, back)
    assert await exported(capsys, two, file) == came


async def test_people_hear_of_what_commands_do_beside_their_server(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is imported comes to them, and what is pruned is not there any more."""
    one, file = str(tmp_path / "one.db"), str(tmp_path / "one.jsonl")
    async with serving(database=one) as server, chatting(server, "Ann", "tea") as ann:
        for text in ("one", "two", "three"):
            await ann.send("tea", text)
        assert (await ann.ask(t="edit", room="tea", seq=1, text="four"))["t"] == "ok"
    await exported(capsys, one, file)
    prune = ("prune", "--database", postgres_url, "--keep-messages", "1")
    async with serving(database=postgres_url) as server, chatting(server, "Bob", "tea") as bob:
        assert "tea\t4\t0\t\n" in await told(capsys, "import", "--database", postgres_url, file)
        assert [(await bob.until("msg"))["text"] for _ in range(3)] == ["one", "two", "three"]
        assert await bob.send("tea", "five") == 5
        found = await bob.ask(t="search", room="tea", query="four")
        assert [hit["seq"] for hit in found["hits"]] == [1]
        assert "tea\t4\t5\n" in await told(capsys, *prune)
        with trio.fail_after(PATIENCE):
            while len((await bob.ask(t="history", room="tea"))["messages"]) > 1:
                await trio.sleep(0.1)
        assert "tea\t" not in await told(capsys, *prune)


def with_acts(*what: Row, room: str = "tea") -> str:
    """Return an export of a room with acts and a message."""
    done = [act(seq, one, room) for seq, one in enumerate(what, 1)]
    return lines((room, done, [message(1, room=room)]))


def change(kind: str, seq: int, target: int, **fields: object) -> Row:
    """Return the line of what changes a message."""
    return {
        "t": kind,
        "room": "tea",
        "seq": seq,
        "ts": seq,
        "target": target,
        "from": ANN,
        **fields,
    }


CHANGED = [
    message(1),
    message(2, text="", deleted=True),
    message(3),
    change("edit", 4, 1, text="other words"),
    change("edit", 5, 2, text=""),
    change("delete", 6, 2),
    {"t": "topic", "room": "tea", "seq": 7, "ts": 7, "text": "Of tea", "from": ANN},
]
OWN: list[Row] = [
    message(1, room="own"),
    message(2, room="own"),
    {"t": "rules", "room": "own", "seq": 3, "ts": 3, "rules": {"slow": 5}},
    {
        "t": "clear",
        "room": "own",
        "seq": 4,
        "ts": 4,
        "key": KEY,
        "authors": [ANN["id"]],
        "since": 2,
    },
    {"t": "clear", "room": "own", "seq": 5, "ts": 5, "key": KEY[::-1], "authors": [""], "since": 1},
    {"t": "restore", "room": "own", "seq": 6, "ts": 6, "key": KEY},
]
FILES = [
    export_of(*THREE),
    export_of(*CHANGED),
    export_of(*CHANGED, message(8, cid="some-cid-1")),
    export_of(*CHANGED[:2], message(3, text="another")),
    export_of(change("react", 8, 7, emoji="👍", on=True), message(9)),
    export_of(change("react", 8, 3, emoji="👍", on=True), message(9)),
    export_of(change("edit", 10, 3, text="of others", **{"from": BEN})),
    export_of(message(20)),
    export_of(room="empty", first=7, last=6),
    export_of(change("edit", 5, 2, text="of what is gone", room="old"), room="old"),
    with_acts(LINK, RULES, {**REPORT, "target": 1}),
    export_of(change("edit", 10, 1, text="of the first"), message(11)),
    export_of(message(12), change("edit", 13, 11, text="of what is pruned")),
    with_acts(LINK, RULES, {**REPORT, "target": 1}, BAN, room="jam"),
    export_of(*OWN[:2], room="own"),
    export_of(*OWN, room="own"),
    export_of(OWN[0], {**OWN[0], "seq": 2}, OWN[3], room="own"),
]

STATUSES = [0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]


def test_an_import_is_the_same_wherever_it_goes(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is new, known, refused and why, file by file, and what is there at the end."""
    file = tmp_path / "x.jsonl"
    both = ["--database", str(tmp_path / "one.db")], ["--database", postgres_url]
    outcomes: list[list[object]] = [[], []]
    for text in FILES:
        file.write_text(text, encoding="utf-8")
        for place, kept in zip(both, outcomes, strict=True):
            for command in (["import", str(file), "--dry-run"], ["import", str(file)]):
                status = main([*command, *place])
                kept.append((status, capsys.readouterr()))
    for place, kept in zip(both, outcomes, strict=True):
        for command in (["export"], ["prune", "--keep-messages", "1"], ["export"], ["rooms"]):
            assert main([*command, *place]) == 0
            printed = capsys.readouterr().out.splitlines()
            kept += [line for line in printed if '"export"' not in line]
    assert outcomes[0] == outcomes[1]
    statuses = [one[0] for one in outcomes[0] if isinstance(one, tuple)]
    assert statuses[::2] == STATUSES
    assert main(["check", *both[1]]) == 0
    assert capsys.readouterr().out == ALL_RIGHT


def test_a_dry_run_makes_no_tables(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It tells what would be done, as often as it is asked."""
    file = tmp_path / "x.jsonl"
    file.write_text(FILES[0], encoding="utf-8")
    told = []
    for more in (["--dry-run"], ["--dry-run"], []):
        assert main(["import", str(file), *more, "--database", postgres_url]) == 0
        told.append(capsys.readouterr().out)
        with psycopg.connect(postgres_url) as connection:
            [found] = connection.execute("SELECT to_regclass('meta') IS NOT NULL").fetchall()
        assert found == (not more,)
    assert told[0] == told[1] == told[2]


WRONG = {
    "events": "UPDATE events SET data = 'x' WHERE seq = 1; DELETE FROM events WHERE seq = 2",
    "rooms": "UPDATE rooms SET ts = ts + 1 WHERE name = 'tea'",
    "cids": "DELETE FROM cids WHERE seq = 1; UPDATE cids SET seq = 9 WHERE seq = 2",
    "states": "UPDATE states SET changes = 9; INSERT INTO states SELECT room, 2, 1, '' FROM states",
    "index": "UPDATE words SET words = ''",
}

FAULTS = {"events": 2, "rooms": 1, "cids": 3, "states": 2, "index": 3}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_found(
    name: str, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its kind of check; what is derived from events is made anew if that is wished."""
    async with serving(database=postgres_url) as server, chatting(server, "Ann", "tea") as ann:
        for text in ("one", "two", "three"):
            await ann.send("tea", text)
        assert (await ann.ask(t="edit", room="tea", seq=1, text="other"))["t"] == "ok"
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(WRONG[name].encode())
    command = ["check", "--database", postgres_url]
    assert await trio.to_thread.run_sync(main, command) == FAILED
    printed = capsys.readouterr().out
    assert f"{name}\t{FAULTS[name]} fault" in printed
    is_mended = name in ("states", "index")
    status = 0 if is_mended else FAILED
    assert await trio.to_thread.run_sync(main, [*command, "--repair"]) == status
    assert (f"{name}\tmade anew" in capsys.readouterr().out) == is_mended
    assert await trio.to_thread.run_sync(main, command) == status


async def test_phrases_are_found_whether_the_index_knows_places_or_not(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has none of a message that has a word too often, nor of those of earlier releases."""
    async with serving(database=postgres_url) as server, chatting(server, "Ann", "tea") as ann:

        async def found(query: str) -> list[int]:
            answer = await ann.ask(t="search", room="tea", query=query)
            return [hit["seq"] for hit in answer["hits"]]

        for text in ("green tea", "tea " * 300 + "green", "tea, green", "white tea leaves"):
            await ann.send("tea", text)
        for has_places in (True, False):
            assert await found('"green tea"') == [1]
            assert await found('"tea green"') == [3, 2]
            assert await found('"white tea" leaves green*') == []
            assert await found('"white tea lea*" white') == [4]
            if has_places:
                with psycopg.connect(postgres_url, autocommit=True) as other:
                    other.execute("UPDATE words SET words = strip(words)")
    assert await told(capsys, "check", "--database", postgres_url) == ALL_RIGHT
