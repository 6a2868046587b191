"""What moderators have made and done in a room moves to another server with it, and no more."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trio

from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_links import join, make_private
from tests.integration.test_moderation import moderate
from tests.integration.test_operator import done, lines_of
from tests.integration.test_pairs import write_to
from trio_chat.commands.rights import FOR_STRANGERS

ANN_S = "203.0.113.7"
BAN_S = "2001:db8:1:2::3"


@asynccontextmanager
async def at(
    server: Running, address: str, nick: str, *rooms: Object | str, session: str = ""
) -> AsyncIterator[Chatter]:
    """Chat from an address, for the block."""
    async with connected(server, (b"X-Forwarded-For", address.encode())) as chatter:
        assert (await chatter.hello(nick, *rooms, session=session))["t"] == "welcome"
        await chatter.answered(len(rooms))
        yield chatter


@asynccontextmanager
async def on(database: Path | str) -> AsyncIterator[Running]:
    """Run a server behind a proxy, for the block."""
    async with serving(
        database=str(database), trusted_proxy=("127.0.0.1",), presence_grace=0
    ) as server:
        yield server


class Moderated(NamedTuple):
    """A private room that was moderated, and what is known of it."""

    room: str
    links: dict[str, str]
    audit: list[Any]


async def acts_of(server: Running, chatter: Chatter, room: str) -> list[Any]:
    """Return the acts of a room, in pages as clients ask for them; HTTP tells the same."""
    acts: list[Any] = []
    more = True
    while more:
        before = {"before": acts[-1]["seq"]} if acts else {}
        page = await chatter.ask(t="audit", room=room, limit=4, **before)
        acts += page["acts"]
        more = page.get("more", False)
    told = await ask(
        server, "GET", f"/rooms/{room}/acts?limit=100", authorization=bearer(chatter.session)
    )
    assert told.json == {"acts": acts, "more": False}
    return acts


def as_moved(acts: list[Any]) -> list[Any]:
    """Return acts with the numbers that they have among each other, and without keys."""
    places = {one["seq"]: place for place, one in enumerate(acts)}
    return [
        {
            **one,
            "seq": places[one["seq"]],
            "act": {
                **one["act"],
                **({"keys": {}} if "keys" in one["act"] else {}),
                **({"target": places[one["act"]["target"]]} if one["act"]["t"] == "undone" else {}),
            },
        }
        for one in acts
    ]


async def moderate_a_room(database: Path | str) -> Moderated:
    """Make a private room, and do there what moderators do."""
    async with on(database) as server, at(server, ANN_S, "Ann") as ann:
        room, links = await make_private(ann)
        assert (await join(ann, room, links["moderate"]))["right"] == "moderate"
        wish = {"room": room, "link": links["speak"]}
        async with (
            at(server, BAN_S, "Ban", wish) as ban,
            at(server, "192.0.2.1", "Mute", wish) as mute,
            at(server, "192.0.2.2", "Raid", wish) as raid,
            at(server, "192.0.2.3", "Eve", wish) as eve,
        ):
            seq = await ban.send(room, "hello")
            rude = await eve.send(room, "rude words")
            await raid.send(room, "noise")
            for number, why in ((seq, "see this"), (rude, "he said: rude words")):
                assert (await mute.ask(t="report", room=room, seq=number, why=why))["t"] == "ok"
            assert (await ann.ask(t="rules", room=room, slow=3600, members=50))["t"] == "ok"
            gone = await mute.send(room, "gone")
            assert (await ann.ask(t="delete", room=room, seq=gone))["t"] == "ok"
            await ann.until("delete")
            await ann.ask(t="rules", room=room, hold_links=True)
            for text, act in (("http://a/", "approve"), ("http://b/", "reject")):
                assert (await eve.ask(t="send", room=room, text=text))["code"] == "held"
                [held] = (await ann.ask(t="held", room=room))["messages"]
                wish = {"t": "review", "room": room, "held": held["held"], "act": act}
                assert (await ann.ask(**wish))["t"] == "ok"
            assert (await ann.ask(t="rules", room=room, slow=3600, members=50))["t"] == "ok"
            await moderate(ann, "mute", mute, room=room, why="too loud")
            await moderate(ann, "ban", ban, room=room, seconds=86400)
            await moderate(ann, "clear", eve, room=room)
            undone = await ann.ask(t="raid", room=room, people=[raid.who["id"]], since=0)
            assert undone["t"] == "ok"
            acts = (await ann.ask(t="audit", room=room))["acts"]
            assert acts[0]["act"]["t"] == "raided"
            assert (await ann.ask(t="undo", room=room, act=acts[0]["seq"]))["t"] == "ok"
        return Moderated(room, links, await acts_of(server, ann, room))


async def test_a_private_room_moves_with_all_its_rights(tmp_path: Path) -> None:
    """Links open it, who was banned stays out, rules hold, and the list of acts is the same."""
    one, two, file = tmp_path / "one.db", tmp_path / "two.db", str(tmp_path / "one.jsonl")
    room, links, acts = await moderate_a_room(one)
    await done("export", "--database", str(one), "-o", file)
    imported = (await done("import", "--database", str(two), file)).decode()
    assert imported == (
        f'{room}\t19\t0\t\t"Secret tea", 3 links (1 to read, 1 to speak, 1 to moderate),'
        " 5 people who came by links, 1 ban (1 address), 1 mute, rules,"
        f" {len(acts)} new entries of what was done\n"
    )
    assert await done("import", "--database", str(two), file) == f"{room}\t0\t19\t\n".encode()
    told = await done("export", "--database", str(two))
    assert told.splitlines()[1:] == lines_of(file)[1:]
    kinds = [json.loads(line)["t"] for line in lines_of(file)]
    assert {"created", "rules", "moderated", "clear", "restore"} < {*kinds}
    async with on(two) as server:
        async with at(server, "198.51.100.1", "Eve", room) as eve:
            assert (await eve.until("error"))["code"] == "no_such_room"
            assert (await join(eve, room, links["read"]))["right"] == "read"
        async with at(server, BAN_S, "Cem", {"room": room, "link": links["speak"]}) as cem:
            assert (await cem.until("error"))["code"] == "banned"
        async with at(server, "198.51.100.2", "Bob") as bob:
            joined = await join(bob, room, links["speak"])
            assert (joined["title"], joined["rules"]) == (
                "Secret tea",
                {"slow": 3600, "members": 50},
            )
            await bob.send(room, "one")
            refused = await bob.ask(t="send", room=room, text="two")
            assert refused["code"] == "slow_mode"
        async with at(server, "198.51.100.3", "Ann") as ann:
            assert (await join(ann, room, links["moderate"]))["right"] == "moderate"
            await ann.send(room, "here I am")  # behind what is kept of her coming
            after, moved = await acts_of(server, ann, room), as_moved(acts)
            assert [one["act"]["t"] for one in after[:3]] == ["link_used"] * 3
            reports = [one["act"].get("why") for one in moved if one["act"]["t"] == "reported"]
            assert reports == [None, "see this"]  # what is cleared is told by nobody
            assert as_moved(after[3:]) == moved
            undoing = {one["act"]["t"]: one["seq"] for one in after}
            late = await ann.ask(t="undo", room=room, act=undoing["cleared"])
            assert late["code"] == "too_late"
            assert (await ann.ask(t="undo", room=room, act=undoing["raided"]))["code"] == "too_late"
            assert (await ann.ask(t="undo", room=room, act=undoing["sanctioned"]))["t"] == "ok"


async def test_what_is_cleared_is_in_no_export(tmp_path: Path) -> None:
    """Neither as it was said, nor in a report that repeats it; and no act there takes it back."""
    one = tmp_path / "one.db"
    room, _, acts = await moderate_a_room(one)
    told = await done("export", "--database", str(one))
    assert b"rude words" not in told
    assert b"see this" in told
    [key] = [entry["act"]["keys"][room] for entry in acts if entry["act"]["t"] == "cleared"]
    [line] = [line for line in told.splitlines() if key.encode() in line]
    assert json.loads(line)["t"] == "clear"  # as all who were in the room were told


def shown(message: Object) -> Object:
    """Return what is shown of a message: of what is cleared that it was there, and nothing else."""
    if message.get("cleared"):
        return {"seq": message["seq"], "cleared": True}
    return message if "from" in message else {}


async def test_what_is_cleared_moves_as_it_is_told(tmp_path: Path) -> None:
    """With edits, reactions, deletions and topics; and is the same where it has come back since."""
    one, two = str(tmp_path / "one.db"), str(tmp_path / "two.db")
    full, file = str(tmp_path / "full.jsonl"), str(tmp_path / "one.jsonl")
    async with on(one) as server, at(server, ANN_S, "Ann") as ann:
        await ann.ask(t="create", name="class")
        await join(ann, "class")
        async with at(server, BAN_S, "Eve", "class") as eve:
            mine = await ann.send("class", "hello")
            [edited, gone, liked, taken] = [await eve.send("class", "rude words") for _ in range(4)]
            about: list[Object] = [
                {"t": "edit", "seq": edited, "text": "more rude words"},
                {"t": "delete", "seq": gone},
                {"t": "react", "seq": mine, "emoji": "💩"},
                {"t": "react", "seq": liked, "emoji": "💩", "cid": "her-reaction"},
                {"t": "topic", "text": "rude words"},
            ]
            for wish in about:
                assert (await eve.ask(**wish, room="class"))["t"] == "ok"
            for seq in (mine, liked, edited):
                await ann.ask(t="react", room="class", seq=seq, emoji="🍋")
            await ann.ask(t="send", room="class", text="why?", reply=edited)
            await ann.ask(t="delete", room="class", seq=taken)
            await done("export", "--database", one, "-o", full)
            await moderate(ann, "clear", eve)
        before = (await ann.ask(t="history", room="class"))["messages"]
        await done("export", "--database", one, "-o", file)
        said = [line for line in lines_of(file) if b'"t":"act"' not in line]
        assert b"Eve" not in b"".join(said)  # but moderators are told whom they have cleared
        told = (await done("import", "--database", two, file)).decode()
        assert told.startswith("class\t")
        again = await done("export", "--database", two)
        assert again.splitlines()[1:] == lines_of(file)[1:]
        async with on(two) as other, at(other, ANN_S, "Zoe", "class") as zoe:
            after = (await zoe.ask(t="history", room="class"))["messages"]
            assert list(map(shown, filter(shown, after))) == list(map(shown, before))
        [act] = (await ann.ask(t="audit", room="class", limit=1))["acts"]
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        for source in (file, full):
            here = (await done("import", "--without-rights", "--database", one, source)).decode()
            assert here.split()[:2] == ["class", "0"]


async def test_a_running_server_takes_rights_in(tmp_path: Path) -> None:
    """Within a second, as it does what is said."""
    one, two, file = tmp_path / "one.db", tmp_path / "two.db", str(tmp_path / "one.jsonl")
    room, links, _ = await moderate_a_room(one)
    await done("export", "--database", str(one), "-o", file)
    async with on(two) as server, at(server, "198.51.100.1", "Bob", "lobby") as bob:
        await bob.send("lobby", "hello")
        await done("import", "--database", str(two), file)
        with trio.fail_after(PATIENCE):
            while (joined := await join(bob, room, links["speak"]))["t"] == "error":
                await trio.sleep(0.1)
        assert joined["title"] == "Secret tea"


async def test_what_holds_on_the_whole_server_stays_there(tmp_path: Path) -> None:
    """The acts of operators; but what they have taken back in a room is taken back."""
    one, two, file = tmp_path / "one.db", tmp_path / "two.db", str(tmp_path / "one.jsonl")
    async with on(one):
        pass
    link = (await done("operator-link", "--database", str(one))).decode().strip()
    async with (
        on(one) as server,
        at(server, "192.0.2.1", "Op", {"room": "class", "link": link.partition("=")[2]}) as op,
        at(server, "192.0.2.2", "Bob", "class") as bob,
        at(server, "192.0.2.3", "Eve", "class") as eve,
    ):
        await op.send("class", "hello")
        await moderate(op, "mute", bob)
        await moderate(op, "ban", eve, room="")
        [mute] = (await op.ask(t="audit", room="class"))["acts"]
        assert (await op.ask(t="undo", room="", act=mute["seq"]))["t"] == "ok"
    await done("export", "--database", str(one), "-o", file)
    lines = [json.loads(line) for line in lines_of(file)]
    kept = [line["act"] for line in lines if line["t"] == "act"]
    assert [act["t"] for act in kept] == ["sanctioned", "undone"]
    assert kept[1] == {"t": "undone", "about": "class", "target": 1}
    await done("import", "--database", str(two), file)
    async with on(two) as server, at(server, "192.0.2.3", "Eve", "class") as eve:
        await eve.send("class", "hello")


@pytest.mark.parametrize("is_same", [True, False])
async def test_a_room_for_two_is_theirs_on_their_server_alone(
    tmp_path: Path, *, is_same: bool
) -> None:
    """Elsewhere people have other ids, so nobody can open it; a file cannot make one up."""
    one, file, two = tmp_path / "one.db", str(tmp_path / "one.jsonl"), tmp_path / "two.db"
    async with on(one) as server, chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        if is_same:
            await done("backup", "--database", str(one), str(two))
        room = (await write_to(ann, bob.who["id"]))["room"]
    await done("export", "--database", str(one), "-o", file, room)
    imported = (await done("import", "--database", str(two), file)).decode()
    if is_same:
        assert imported == f"{room}\t0\t0\t\tfor two people, 1 new entry of what was done\n"
        assert await done("import", "--database", str(two), file) == f"{room}\t0\t0\t\n".encode()
    else:
        assert imported == f"{room}\t0\t0\t\t{FOR_STRANGERS}\n"
    async with on(two) as server:
        registry = server.server._hub.access.registry
        assert (registry.governed(room) is not None) == is_same
