"""Many nodes on one PostgreSQL database are one chat: what is said at one is heard at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import trio

from tests.integration.asking import session
from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.commands import outcome
from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_moderation import make_class, moderate
from tests.integration.uploads import fetch, upload
from trio_chat.journal.hearing import Hearing
from trio_chat.journal.hints import Codec, Hint, Outgoing
from trio_chat.journal.postgres import keeping, notify
from trio_chat.journal.postgres.notify import NotifyBus
from trio_chat.journal.postgres.wire import Wire
from trio_chat.protocol.close import REMOVED, SIGNED_OUT

MANY = 40  # messages
LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"

Pair = tuple[Running, Running]


@asynccontextmanager
async def two_nodes(
    url: str,
    **settings: Any,  # noqa: ANN401 - see ``serving``
) -> AsyncIterator[Pair]:
    """Run two servers on one database for the block, which know of each other."""
    async with (
        serving(database=url, **settings) as one,
        serving(database=url, **settings) as other,
    ):
        await until_known(one, other)
        yield one, other


@pytest.fixture
async def nodes(postgres_url: str) -> AsyncIterator[Pair]:
    """Return two servers on one database."""
    async with two_nodes(postgres_url) as both:
        yield both


def bus_of(node: Running) -> NotifyBus:
    bus = node.server._journal.bus
    assert isinstance(bus, NotifyBus)
    return bus


async def until_known(*nodes: Running) -> None:
    """Wait until nodes have heard of each other, and have had their first look at the tables."""
    with trio.fail_after(PATIENCE):
        while not all(bus_of(node).others and bus_of(node).figures.heard for node in nodes):
            await trio.sleep(0.01)


async def texts(chatter: Chatter, count: int) -> list[str]:
    """Return the next messages that somebody hears, as many as asked for; numbers have no gap."""
    heard = [await chatter.until("msg") for _ in range(count)]
    first = heard[0]["seq"]
    assert [one["seq"] for one in heard] == [*range(first, first + count)]
    return [one["text"] for one in heard]


async def test_all_hear_the_same(nodes: Pair) -> None:
    """Two talk at once, each at a node of its own: one order, with every number once."""
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:

        async def talk(who: Chatter, name: str) -> None:
            for number in range(MANY):
                frame = {"t": "send", "room": "tea", "text": f"{name} {number}", "id": number}
                await who.say({**frame, "cid": str(uuid4())})
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(talk, ann, "ann")
            nursery.start_soon(talk, ben, "ben")
        heard = [await texts(who, 2 * MANY) for who in (ann, ben)]
    assert heard[0] == heard[1]
    for name in ("ann", "ben"):
        own = [text for text in heard[0] if text.startswith(name)]
        assert own == [f"{name} {number}" for number in range(MANY)]


async def test_what_nobody_has_told_is_read(nodes: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node dies between commit and hint, as it were: the others read what is there."""
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        monkeypatch.setattr(NotifyBus, "tell", lambda *_: None)
        await ann.send("tea", "untold")
        assert await texts(ben, 1) == ["untold"]
        monkeypatch.undo()
        await ann.send("tea", "told")
        assert await texts(ben, 1) == ["told"]


async def test_what_is_missing_before_something_newer(
    nodes: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is not told, but the second: both come, in order, by whichever node."""
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        with monkeypatch.context() as patch:
            patch.setattr(NotifyBus, "tell", lambda *_: None)
            await ann.send("tea", "first")
        await ann.send("tea", "second")
        await ben.send("tea", "third")
        assert await texts(ben, 3) == ["first", "second", "third"]


async def test_what_does_not_fit(nodes: Pair) -> None:
    """A message beyond PostgreSQL's limit is only named, and read."""
    one, other = nodes
    long = "\N{TEACUP WITHOUT HANDLE}" * 3000
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        await ann.send("tea", long)
        await ann.send("tea", "short")
        assert await texts(ben, 2) == [long, "short"]


async def test_a_listener_that_is_lost(
    nodes: Pair, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It listens again on another connection, and reads what it has missed."""
    one, other = nodes
    monkeypatch.setattr(keeping, "RETRY", 0.01)
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(LISTENERS)
        for number in range(5):
            await ann.send("tea", str(number))
        assert await texts(ben, 5) == ["0", "1", "2", "3", "4"]
        with trio.fail_after(PATIENCE):
            while not bus_of(other).figures.reconnects:
                await trio.sleep(0.01)


async def test_a_listener_that_is_deaf(nodes: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hears not even itself, though nothing fails: it is found by that, and listens anew."""
    monkeypatch.setattr(notify, "DEAF", 0.2)
    monkeypatch.setattr(notify, "BEAT", 0.05)
    monkeypatch.setattr(keeping, "RETRY", 0.01)
    heard = Wire.heard
    deaf: set[Wire] = set()

    async def hear(wire: Wire) -> list[bytes]:
        told = await heard(wire)
        if len(deaf) < 2:
            deaf.add(wire)
        return told if wire not in deaf else []

    monkeypatch.setattr(Wire, "heard", hear)
    with trio.fail_after(PATIENCE):
        while not all(bus_of(node).figures.reconnects for node in nodes):
            await trio.sleep(0.01)
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        await ann.send("tea", "one")
        assert await texts(ben, 1) == ["one"]


async def test_who_may_not_speak(nodes: Pair, postgres_url: str) -> None:
    """What no node has signed is heard by nobody, nor is what nobody understands."""
    one, _ = nodes
    bus = bus_of(one)
    forged = Codec(b"another secret", "12" * 16)
    known = Codec(one.server._journal.secret, "34" * 16)
    strange = known.node + b"[]"
    outgoing = Outgoing()
    async with chatting(one, "Ann", "tea") as ann:
        await ann.send("tea", "one")
        before = bus.figures.heard.total()
        outgoing.miss()
        [hint] = outgoing.take(1)
        signed = known.encode(hint)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            for data in (
                forged.encode(Hint(1, {"tea": 9}, [])),
                known._sign(strange) + strange,
                signed,
            ):
                connection.execute("SELECT pg_notify(%s, %s)", (bus._channel, data.decode()))
        with trio.fail_after(PATIENCE):
            while b"34" * 8 not in bus._hearing._lasts:
                await trio.sleep(0.01)
        assert bus.figures.heard.total() > before
        assert await ann.send("tea", "two") == 2


async def test_a_node_that_hears_late(nodes: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody comes to it who knows more than it does: it reads before it tells where they are."""
    one, other = nodes

    async def stay() -> bool:
        await trio.sleep_forever()

    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        await ann.send("tea", "one")
        await ben.until("msg")
        other.server._journal.has_changed = stay  # type: ignore[method-assign]
        monkeypatch.setattr(Hearing, "take", lambda *_: None)
        last = await ann.send("tea", "two")
        wish = {"room": "tea", "last": last, "epoch": ann.epoch}
        async with chatting(other, "Cid", wish) as cid:
            joined = await cid.until("joined")
            assert joined["last"] == last
            assert "reset" not in joined
            assert await texts(ben, 1) == ["two"]
            beyond = {"room": "tea", "last": last + 5, "epoch": ann.epoch}
            async with chatting(other, "Dan", beyond) as dan:
                assert (await dan.until("joined"))["reset"]


async def test_exact_resume_at_another_node(nodes: Pair) -> None:
    """Whoever comes back elsewhere gets what was said meanwhile, and nothing twice."""
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann:
        await ann.send("tea", "before")
    async with chatting(one, "Ben", "tea") as ben:
        for number in range(MANY):
            await ben.send("tea", str(number))
        wish = {"room": "tea", "last": 1, "epoch": ann.epoch}
        async with chatting(other, "Ann", wish, session=ann.session) as again:
            assert again.who == ann.who
            await again.until("joined")
            assert await texts(again, MANY) == [str(number) for number in range(MANY)]


async def test_a_resend_to_another_node(nodes: Pair) -> None:
    """It gets the first result."""
    one, other = nodes
    sent = {"t": "send", "room": "tea", "text": "once", "cid": str(uuid4())}
    async with chatting(one, "Ann", "tea") as ann:
        first = await ann.ask(**sent)
        async with chatting(other, "Ann", "tea", session=ann.session) as again:
            second = await again.ask(**sent)
    assert first["t"] == second["t"] == "ok"
    assert second["dup"]
    assert (first["seq"], first["ts"]) == (second["seq"], second["ts"])


async def test_new_rooms_at_once(nodes: Pair) -> None:
    """Two nodes begin the same rooms in the same moment: each has one order."""
    rooms = [f"room-{number}" for number in range(20)]
    async with chatting(nodes[0], "Ann") as ann, chatting(nodes[1], "Ben") as ben:
        for who, names in ((ann, rooms), (ben, rooms[::-1])):
            for name in names:
                await who.say({"t": "join", "room": name})

        async def begin(who: Chatter, names: list[str], found: dict[str, int]) -> None:
            for name in names:
                found[name] = await who.send(name, "first")

        numbers: list[dict[str, int]] = [{}, {}]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(begin, ann, rooms, numbers[0])
            nursery.start_soon(begin, ben, rooms[::-1], numbers[1])
    assert [{numbers[0][room], numbers[1][room]} for room in rooms] == [{1, 2}] * len(rooms)


async def test_rules_and_moderation_hold_at_all_nodes(nodes: Pair) -> None:
    """Whoever is muted or banned at one node is so at the others; links work there, too."""
    one, other = nodes
    async with (
        chatting(one, "Ann") as ann,
        chatting(other, "Ben", "class") as ben,
        chatting(other, "Cem") as cem,
    ):
        await make_class(ann)
        link = (await ann.ask(t="link", room="class", right="moderate"))["link"]
        await ben.until("joined")
        await ann.ask(t="rules", room="class", closed=True)
        assert (await ben.until("rules"))["rules"] == {"closed": True}
        assert (await ben.ask(t="send", room="class", text="x"))["code"] == "closed"
        await ann.ask(t="rules", room="class")
        await ben.until("rules")
        assert (await moderate(ann, "mute", ben))["t"] == "ok"
        assert (await ben.until("moderated"))["act"] == "mute"
        assert (await ben.ask(t="send", room="class", text="x"))["code"] == "muted"
        assert (await moderate(ann, "unmute", ben))["t"] == "ok"
        await ben.until("moderated")
        seq = await ben.send("class", "rude")
        secret = link["secret"]
        joined = await cem.ask(t="join", room="class", link=secret)
        assert joined["right"] == "moderate"
        assert (await moderate(cem, "clear", ben))["t"] == "ok"
        assert (await ann.until("clear"))["authors"] == [ben.who["id"]]
        [left] = (await ann.ask(t="history", room="class"))["messages"]
        assert (left["seq"], left["text"]) == (seq, "")
        assert (await moderate(ann, "ban", ben))["t"] == "ok"
        assert (await ben.ending())[1] == REMOVED.code
        async with chatting(other, "Ben", session=ben.session) as again:
            assert (await again.ask(t="join", room="class"))["code"] == "banned"


async def test_a_raid_and_slow_mode_are_at_all_nodes(nodes: Pair) -> None:
    """Who is new does not speak at any node, until the raid is taken back; who is slow waits."""
    one, other = nodes
    async with chatting(one, "Ann") as ann, chatting(other, "Eve", "class") as eve:
        await make_class(ann)
        await eve.send("class", "spam")
        await ann.until("msg")
        raid: Object = {"room": "class", "people": [eve.who["id"]], "since": 0}
        assert (await ann.ask(t="raid", **raid))["t"] == "ok"
        assert (await eve.ending())[1] == REMOVED.code
        async with chatting(other, "Zoe", "class") as zoe:
            refused = await zoe.ask(t="send", room="class", text="x", cid="a-cid-of-mine")
            assert refused["code"] == "newcomer"
            [act, *_] = (await ann.ask(t="audit", room="class"))["acts"]
            zoe.heard.clear()
            assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
            assert (await zoe.until("rules"))["rules"] == {}
            assert (await ann.ask(t="rules", room="class", slow=600))["t"] == "ok"
            assert (await zoe.until("rules"))["rules"] == {"slow": 600}
            await zoe.send("class", "I am slow")
            while (await ann.until("msg"))["text"] != "I am slow":
                pass
            async with chatting(one, "Zoe", "class", session=zoe.session) as twin:
                again = await twin.ask(t="send", room="class", text="x", cid="another-of-mine")
                assert again["code"] == "slow_mode"
            async with chatting(other, "Yan", "class") as yan:
                assert (await yan.ask(t="topic", room="class", text="Mine"))["t"] == "ok"
                while (await ann.until("topic"))["text"] != "Mine":
                    pass
                async with chatting(one, "Yan", "class", session=yan.session) as twin:
                    again = await twin.ask(t="send", room="class", text="x", cid="one-more-of-mine")
                    assert again["code"] == "slow_mode"


async def test_what_is_deleted_is_gone_at_all_nodes(nodes: Pair) -> None:
    """Whoever comes back to another node gets no text of it, from its memory either."""
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        seq = await ann.send("tea", "secret")
        assert (await ben.until("msg"))["text"] == "secret"
        await ann.ask(t="react", room="tea", seq=seq, emoji="\N{THUMBS UP SIGN}")
        await ann.ask(t="edit", room="tea", seq=seq, text="secret, too")
        await ann.ask(t="topic", room="tea", text="All about tea")
        assert (await ben.until("topic"))["text"] == "All about tea"
        await ann.ask(t="delete", room="tea", seq=seq)
        assert (await ben.until("delete"))["target"] == seq
        wish = {"room": "tea", "last": 0, "epoch": ann.epoch}
        async with chatting(other, "Cid", wish) as cid:
            assert (await cid.until("joined"))["topic"] == "All about tea"
            told = await cid.all_until("delete")
            assert "secret" not in str(told)


async def test_people_are_the_same_at_all_nodes(nodes: Pair) -> None:
    """Nicks, marks of what was read, and sign-outs are known at the others within a second."""
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea") as ben:
        await ann.send("tea", "one")
        await ben.until("msg")
        async with chatting(other, "Ann", "tea", session=ann.session) as twin:
            await ann.ask(t="nick", nick="Anna")
            while (told := await twin.until("nick"))["who"]["nick"] != "Anna":
                pass
            assert told["who"] == {"id": ann.who["id"], "nick": "Anna"}
            await ann.ask(t="read", room="tea", seq=1)
            assert (await twin.until("read"))["seq"] == 1
            assert (await ben.ask(t="nick", nick="anna"))["code"] == "nick_taken"
            assert (await ann.ask(t="sign_out"))["t"] == "ok"
            assert (await twin.ending())[1] == SIGNED_OUT.code


async def until_state(who: Chatter, nick: str, state: str) -> None:
    """Wait until somebody is told that another one has come, or left."""
    while (told := await who.until("presence"))["who"]["nick"] != nick or told["state"] != state:
        pass


async def test_presence_is_one_for_all_nodes(postgres_url: str) -> None:
    """Whoever comes at one node is seen at the others, types there, and leaves there."""
    async with two_nodes(postgres_url) as (one, other), chatting(one, "Ann", "tea") as ann:
        async with chatting(other, "Ben", "tea") as ben:
            await until_state(ann, "Ben", "joined")
            await until_state(ben, "Ann", "joined")
            await ben.say({"t": "typing", "room": "tea"})
            assert (await ann.until("typing"))["who"] == ben.who
            await ben.ask(t="leave", room="tea")
            await until_state(ann, "Ben", "left")
            await ben.ask(t="join", room="tea")
            await until_state(ann, "Ben", "joined")
        async with serving(database=postgres_url) as third, chatting(third, "Cid", "tea") as cid:
            await until_state(ann, "Cid", "joined")
            await until_state(cid, "Ann", "joined")
        await until_state(ann, "Cid", "left")


async def test_people_of_a_dead_node_leave(nodes: Pair, postgres_url: str) -> None:
    """When its lease is over, however it ended; those of one that comes back are there again."""
    one, other = nodes
    async with chatting(one, "Ann", "tea") as ann, chatting(other, "Ben", "tea"):
        await until_state(ann, "Ben", "joined")
        bus_of(other)._id = b"00"  # it lives, but nobody hears of it
        await until_state(ann, "Ben", "left")
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("TRUNCATE here")
        bus_of(other)._id = bus_of(other)._places._id
        bus_of(other)._places.begin()
        await until_state(ann, "Ben", "joined")


async def test_a_folder_of_files_is_one_node_s(postgres_url: str, tmp_path: Path) -> None:
    """Another one on it does not start, and changes nothing there; after the first one it does."""
    folder = tmp_path / "files"
    other = ("--port", "0", "--database", postgres_url, "--files", str(folder))
    async with serving(database=postgres_url, files=folder) as one:
        refused = await outcome(*other)
        file = await upload(one, await session(one, "Ann"), b"x")
        (folder / "parts" / "coming").touch()
        again = await outcome(*other)
        for each in (refused, again):
            assert each.returncode == 2
            last = each.stderr.splitlines()[-1]
            assert f"{folder} is in use by another trio-chat server".encode() in last
        assert (folder / "parts" / "coming").exists()
    async with serving(database=postgres_url, files=folder) as later:
        assert (await fetch(later, file["id"])).body == b"x"
