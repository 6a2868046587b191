"""Raids are undone, and what people said is cleared, by whichever way in they came."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import trio

from tests.frames import TEXT, masked
from tests.integration.asking import Answer, ask, bearer
from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import Running, serving
from tests.integration.test_links import join
from tests.integration.test_moderation import make_class, texts
from tests.integration.test_operator import done
from tests.integration.test_operator_link import operator_secret
from tests.integration.test_rights_moved import at, on
from trio_chat.clock import wall_clock
from trio_chat.core import clearings, raids
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Unavailable

DAY = 24 * 60 * 60 * 1000  # milliseconds
OLD, NEW, ELSEWHERE = "198.51.100.1", "203.0.113.5", "192.0.2.9"


async def post(server: Running, text: str, address: str, *, of: str = "", **headers: str) -> Answer:
    """Say something over HTTP, from an address, under a nick if one is given."""
    path = f"/rooms/class/messages?from={of}" if of else "/rooms/class/messages"
    return await ask(server, "POST", path, text, x_forwarded_for=address, **headers)


async def authors(by: Chatter, room: str = "class") -> dict[str, str]:
    """Return the ids of those whose messages are there, by text."""
    messages = (await by.ask(t="history", room=room))["messages"]
    return {one["text"]: one.get("from", {}).get("id", "") for one in messages}


async def test_a_raid_over_http_is_undone(tmp_path: Path) -> None:
    """By a session, under a nick or without a name: who came is banned with their addresses."""
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        await post(server, "a bot", ELSEWHERE, of="Regular")
        since = wall_clock() + 1
        await trio.sleep(0.01)
        new = await ask(server, "POST", "/sessions", {"nick": "Eve"})
        eve = bearer(new.json["session"])
        assert (await post(server, "spam 1", NEW, authorization=eve)).status == 201
        assert (await post(server, "spam 2", "203.0.114.6", of="Raider")).status == 201
        assert (await post(server, "spam 3", "203.0.115.7")).status == 201
        wanted = {"t": "raid", "room": "class", "since": since}
        preview = await ann.ask(**wanted, preview=True)
        assert [one["nick"] for one in preview["people"]] == ["Eve", "Raider", ""]
        assert preview["addresses"] == ["203.0.113.0/24", "203.0.114.0/24", "203.0.115.0/24"]
        assert (preview["count"], preview["messages"]) == (3, 3)
        assert (await ann.ask(**wanted))["t"] == "ok"
        assert await texts(ann) == ["a bot"]
        refused = [
            await post(server, "x", ELSEWHERE, authorization=eve),
            await post(server, "x", "203.0.114.6", of="Somebody"),
            await post(server, "x", "203.0.115.7"),
        ]
        assert [one.code for one in refused] == ["banned"] * 3
        assert (await post(server, "x", ELSEWHERE)).code == "newcomer"
        [act, *_] = (await ann.ask(t="audit", room="class"))["acts"]
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert await texts(ann) == ["a bot", "spam 1", "spam 2", "spam 3"]
        assert (await post(server, "sorry", "203.0.115.7")).status == 201


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_ban_of_one_does_not_shut_out_a_class(tmp_path: Path, *, everywhere: bool) -> None:
    """An address from which others are there is not banned; that of people all of whom are, is."""
    async with on(tmp_path / "chat.db") as server, AsyncExitStack() as stack:
        by = await stack.enter_async_context(chatting(server, "Ann"))
        await make_class(by)
        if everywhere:
            secret = await operator_secret(server)
            by = await stack.enter_async_context(chatting(server, "Op", link=secret))
        pupils = [
            await stack.enter_async_context(at(server, NEW, nick, "class"))
            for nick in ("Bob", "Cem", "Dan")
        ]
        ban: Object = {"t": "moderate", "room": "" if everywhere else "class", "act": "ban"}
        assert (await by.ask(**ban, people=[pupils[0].who["id"]]))["t"] == "ok"
        assert (await pupils[1].ask(t="send", room="class", text="I am here"))["t"] == "ok"
        async with at(server, NEW, "Eve") as eve:
            assert (await join(eve, "class"))["t"] == "joined"
        async with chatting(server, "Bob", session=pupils[0].session) as bob:
            assert (await join(bob, "class"))["code"] == "banned"
        people = [one.who["id"] for one in pupils[1:]]
        assert (await by.ask(**ban, people=people))["t"] == "ok"
        async with at(server, NEW, "Zoe") as zoe:
            assert (await join(zoe, "class"))["code"] == "banned"


async def test_whoever_is_banned_already_does_not_keep_an_address_from_being_banned() -> None:
    """Though their place is kept for a while, as that of anybody who is cut off."""
    async with (
        serving(trusted_proxy=("127.0.0.1",), presence_grace=60) as server,
        at(server, OLD, "Ann") as ann,
        at(server, NEW, "R1", "class") as r1,
        at(server, NEW, "R2", "class") as r2,
        at(server, NEW, "R3", "class"),
    ):
        await make_class(ann)
        ban: Object = {"t": "moderate", "room": "class", "act": "ban"}
        for one in (r1, r2):
            assert (await ann.ask(**ban, people=[one.who["id"]]))["t"] == "ok"
            await one.ending()
        async with at(server, NEW, "R4") as another:
            assert (await join(another, "class"))["code"] == "banned"


async def test_a_ban_in_all_rooms_shuts_out_no_class_in_another_one(tmp_path: Path) -> None:
    """Whoever is banned was never where the others of their address are."""
    async with (
        operating(tmp_path / "chat.db") as (server, op),
        at(server, NEW, "Eve", "tea") as eve,
        at(server, NEW, "Bob", "class") as bob,
        at(server, NEW, "Cem", "jam"),
    ):
        ban: Object = {"t": "moderate", "room": "", "act": "ban", "people": [eve.who["id"]]}
        assert (await op.ask(**ban))["t"] == "ok"
        await eve.ending()
        assert (await bob.ask(t="history", room="class"))["t"] == "history"


async def test_a_raid_of_one_does_not_shut_out_a_class(tmp_path: Path) -> None:
    """Nor does its preview say so; the address of raiders alone is banned."""
    async with on(tmp_path / "chat.db") as server, AsyncExitStack() as stack:
        ann = await stack.enter_async_context(chatting(server, "Ann"))
        await make_class(ann)
        for nick in ("Bob", "Cem"):
            await stack.enter_async_context(at(server, OLD, nick, "class"))
        raider = await stack.enter_async_context(at(server, OLD, "Eve", "class"))
        other = await stack.enter_async_context(at(server, NEW, "Zoe", "class"))
        people = [raider.who["id"], other.who["id"]]
        raid: Object = {"t": "raid", "room": "class", "people": people, "since": 0}
        preview = await ann.ask(**raid, preview=True)
        assert (preview["count"], preview["addresses"]) == (2, ["203.0.113.0/24"])
        assert (await ann.ask(**raid))["t"] == "ok"
        assert (await post(server, "x", NEW)).code == "banned"
        assert (await post(server, "x", OLD)).code == "newcomer"


async def test_it_is_told_that_an_address_is_not_banned(tmp_path: Path) -> None:
    """By the preview, the answer and the list of acts, over HTTP, too; no more than how many."""
    async with on(tmp_path / "chat.db") as server, AsyncExitStack() as stack:
        ann = await stack.enter_async_context(chatting(server, "Ann"))
        await make_class(ann)
        header = bearer(ann.session)
        for nick in ("Bob", "Cem"):
            await stack.enter_async_context(at(server, OLD, nick, "class"))
        raiders = [
            (await stack.enter_async_context(at(server, OLD, nick, "class"))).who["id"]
            for nick in ("Eve", "Zoe", "Max")
        ]
        raid: Object = {"t": "raid", "room": "class", "people": raiders[:1], "since": 0}
        assert (await ann.ask(**raid, preview=True))["shared"] == 1
        body = {"people": raiders[:1], "since": 0, "preview": True}
        told = await ask(server, "POST", "/rooms/class/raids", body, authorization=header)
        assert told.json["shared"] == 1
        assert (await ann.ask(**raid))["shared"] == 1
        ban: Object = {"t": "moderate", "room": "class", "act": "ban", "people": raiders[1:2]}
        assert (await ann.ask(**ban))["shared"] == 1
        act = {"act": "ban", "people": raiders[2:]}
        told = await ask(server, "POST", "/rooms/class/acts", act, authorization=header)
        assert told.json["shared"] == 1
        listed = (await ann.ask(t="audit", room="class", limit=3))["acts"]
        assert [one["act"]["shared"] for one in listed] == [1] * 3
        assert OLD not in str(listed)


async def test_who_comes_back_from_a_shared_address_waits_in_raid_mode(tmp_path: Path) -> None:
    """Under another name, or without one: they read, and speak after 15 minutes; others go on."""
    async with on(tmp_path / "chat.db") as server, AsyncExitStack() as stack:
        ann = await stack.enter_async_context(chatting(server, "Ann"))
        await make_class(ann)
        pupils = [
            await stack.enter_async_context(at(server, OLD, nick, "class"))
            for nick in ("Bob", "Cem")
        ]
        eve = await stack.enter_async_context(at(server, OLD, "Eve", "class"))
        assert (await post(server, "spam", OLD)).status == 201
        people = [eve.who["id"], ""]
        raid: Object = {"t": "raid", "room": "class", "people": people, "since": 0}
        assert (await ann.ask(**raid))["shared"] == 1
        zoe = await stack.enter_async_context(at(server, OLD, "Zoe"))
        assert (await join(zoe, "class"))["t"] == "joined"
        refused = await zoe.ask(t="send", room="class", text="spam")
        assert refused["code"] == "newcomer"
        assert 14 * 60_000 < refused["retry_ms"] <= 15 * 60_000
        assert (await post(server, "spam", OLD)).code == "newcomer"
        assert (await post(server, "spam", OLD, of="Max")).code == "newcomer"
        assert (await pupils[0].ask(t="history", room="class"))["t"] == "history"


async def test_the_bans_of_a_raid_are_lifted_when_what_it_cleared_is_gone_for_good() -> None:
    """Not later than they end, and once."""
    async with serving() as server, chatting(server, "Ann") as ann:
        await make_class(ann)
        async with chatting(server, "Eve", "class") as eve:
            await ann.send("class", "hello")
            await eve.ask(t="topic", room="class", text="spam")
            await eve.send("class", "spam")
            raid: Object = {"t": "raid", "room": "class", "people": [eve.who["id"]], "since": 0}
            assert (await ann.ask(**raid))["t"] == "ok"
        [act, *_] = (await ann.ask(t="audit", room="class"))["acts"]
        undo: Object = {"t": "undo", "room": "class", "act": act["seq"]}
        access, week = server.server._hub.access, wall_clock() + 7 * DAY + 1
        access.clock = lambda: week
        assert (await ann.ask(**undo))["code"] == "too_late"
        access.clock = lambda: week - 5 * DAY
        assert (await ann.ask(**undo))["t"] == "ok"
        while (told := await ann.until("moderated"))["act"] != "unban":
            pass
        assert told["people"] == [eve.who]
        assert (await ann.ask(**undo))["code"] == "too_late"
        assert await texts(ann) == ["hello"]
        async with chatting(server, "Eve", "class", session=eve.session) as eve:
            joined = await eve.until("joined")
            assert not joined.get("topic")


async def test_who_came_after_the_preview_is_left_alone() -> None:
    """What is confirmed is what was seen, but for what the raiders said meanwhile."""
    async with serving() as server, chatting(server, "Ann") as ann:
        await make_class(ann)
        since = wall_clock()
        wanted: Object = {"t": "raid", "room": "class", "since": since}
        async with chatting(server, "Eve", "class") as eve:
            preview = await ann.ask(**wanted, preview=True)
            await trio.sleep(0.01)
            async with chatting(server, "Bob", "class") as bob:
                await bob.send("class", "hello")
                await eve.send("class", "spam")
                seen = await ann.ask(**wanted, preview=True, until=preview["until"])
                assert (seen["count"], seen["until"]) == (1, preview["until"])
                over_http = await ask(
                    server,
                    "POST",
                    "/rooms/class/raids",
                    {"since": since, "preview": True},
                    authorization=bearer(ann.session),
                )
                assert over_http.json["until"] >= preview["until"]
                assert (await ann.ask(**wanted, until=preview["until"]))["t"] == "ok"
                assert await texts(ann) == ["hello"]
                assert (await bob.ask(t="history", room="class"))["t"] == "history"


async def test_regulars_are_no_raiders_after_a_restart(tmp_path: Path) -> None:
    """Who was known before has not just come; and whoever is named is known all the same."""
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        async with at(server, OLD, "Bob", "class") as bob, at(server, NEW, "Eve", "class") as eve:
            await eve.send("class", "spam")
    since = wall_clock()
    async with (
        on(tmp_path / "chat.db") as server,
        chatting(server, "Ann", "class", session=ann.session) as ann,
        chatting(server, "Bob", "class", session=bob.session),
    ):
        async with chatting(server, "New", "class"):
            raid: Object = {"t": "raid", "room": "class", "since": since}
            people = (await ann.ask(**raid, preview=True))["people"]
        assert [one["nick"] for one in people] == ["New"]
        named: Object = {**raid, "since": since - 600_000, "people": [eve.who["id"]]}
        preview = await ann.ask(**named, preview=True)
        assert (preview["count"], preview["messages"]) == (1, 1)
        assert (await ann.ask(**named))["t"] == "ok"
        assert await texts(ann) == []
        async with chatting(server, "Eve", session=eve.session) as again:
            assert (await join(again, "class"))["code"] == "banned"


async def test_who_came_is_known_after_a_restart(tmp_path: Path) -> None:
    """Also who has gone meanwhile, or has no name; and their addresses."""
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        async with at(server, OLD, "Bob", "class") as bob, at(server, NEW, "Old", "tea") as old:
            await bob.send("class", "hello")
            await trio.sleep(0.002)  # so that the clock is on
            since = wall_clock()
            async with at(server, NEW, "Eve", "class") as eve:
                await eve.send("class", "spam")
            assert (await join(old, "class"))["t"] == "joined"  # known, but new here
        await post(server, "more spam", "203.0.114.6")
    async with (
        on(tmp_path / "chat.db") as server,
        at(server, OLD, "Ann", "class", session=ann.session) as ann,
        at(server, OLD, "Bob", "class", session=bob.session) as bob,
    ):
        raid: Object = {"t": "raid", "room": "class", "since": since}
        preview = await ann.ask(**raid, preview=True)
        assert sorted(one["nick"] for one in preview["people"]) == ["", "Eve"]
        assert preview["regulars"] == 1
        raid["regulars"] = True
        preview = await ann.ask(**raid, preview=True)
        assert sorted(one["nick"] for one in preview["people"]) == ["", "Eve", "Old"]
        assert preview["addresses"] == ["203.0.113.0/24", "203.0.114.0/24"]
        assert (await ann.ask(**raid))["t"] == "ok"
        assert await texts(ann) == ["hello"]
        assert (await bob.ask(t="history", room="class"))["t"] == "history"
        async with at(server, NEW, "Zoe") as zoe:
            assert (await join(zoe, "class"))["code"] == "banned"
        assert (await post(server, "x", "203.0.114.6")).code == "banned"


async def test_a_preview_counts_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a room that nobody has open; what is at hand if it cannot be read just now."""
    raid: Object = {"t": "raid", "room": "class", "since": 0, "preview": True}
    async with on(tmp_path / "chat.db") as server:
        async with at(server, OLD, "Ann") as ann, at(server, NEW, "Eve", "class") as eve:
            await make_class(ann)
            for _ in range(3):
                await eve.send("class", "spam")
        async with at(server, OLD, "Ann", session=ann.session) as ann:
            raid["people"] = [eve.who["id"]]
            assert (await ann.ask(**raid))["messages"] == 3
            body = {key: raid[key] for key in ("since", "preview", "people")}
            header = bearer(ann.session)
            told = await ask(server, "POST", "/rooms/class/raids", body, authorization=header)
            assert told.json["messages"] == 3

            async def fail(*_: object) -> int:
                raise Unavailable(1000)

            monkeypatch.setattr(SqliteJournal, "count_messages", fail)
            assert (await ann.ask(**raid))["messages"] == 0
            assert (await join(ann, "class"))["t"] == "joined"
            assert (await ann.ask(**raid))["messages"] == 3
            monkeypatch.setattr(raids, "TALLIES", 0)
            assert (await ann.ask(**raid))["code"] == "busy"


async def test_what_was_said_without_a_name_is_cleared(tmp_path: Path) -> None:
    """An empty id is of all of them; a ban of nobody is refused."""
    async with on(tmp_path / "chat.db") as server, chatting(server, "Ann") as ann:
        await make_class(ann)
        await post(server, "spam", NEW)
        await ann.send("class", "what?")
        act: Object = {"t": "moderate", "room": "class", "people": [""]}
        assert (await ann.ask(**act, act="ban"))["code"] == "not_found"
        assert (await ann.ask(**act, act="clear"))["t"] == "ok"
        assert (await ann.until("clear"))["authors"] == [""]
        assert await texts(ann) == ["what?"]


async def test_who_writes_in_the_plain_dialect_is_known(tmp_path: Path) -> None:
    """Without a name as with one: what they said is cleared wherever that was."""
    async with on(tmp_path / "chat.db") as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Op", "lobby", link=secret) as operator,
            await server.shake_hands() as plain,
        ):
            await plain.send_all(masked(TEXT, b"spam"))
            assert (await operator.until("msg"))["text"] == "spam"
            clear: Object = {"t": "moderate", "room": "", "act": "clear", "people": [""]}
            assert (await operator.ask(**clear))["t"] == "ok"
            assert await texts(operator, "lobby") == []


async def test_without_a_name_those_are_banned_who_wrote_since(tmp_path: Path) -> None:
    """By their addresses; others who have no name, are not."""
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        await post(server, "hello", ELSEWHERE)
        await post(server, "hello, too", NEW)
        since = wall_clock() + 1
        await trio.sleep(0.01)
        await post(server, "spam", NEW)
        raid: Object = {"t": "raid", "room": "class", "since": since, "people": [""]}
        preview = await ann.ask(**raid, preview=True)
        assert (preview["addresses"], preview["messages"]) == (["203.0.113.0/24"], 1)
        assert (await ann.ask(**raid))["t"] == "ok"
        assert (await post(server, "x", NEW)).code == "banned"
        assert (await post(server, "x", ELSEWHERE)).code == "newcomer"
        read = await ask(server, "GET", "/rooms/class/messages", x_forwarded_for=ELSEWHERE)
        shown = [one["text"] for one in read.json["messages"] if not one.get("deleted")]
        assert shown == ["hello", "hello, too"]


async def test_a_ban_of_somebody_who_wrote_over_http_is_for_their_address(tmp_path: Path) -> None:
    """Known by a message alone."""
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        await post(server, "spam", NEW, of="Bot")
        people = [(await authors(ann))["spam"]]
        ban: Object = {"t": "moderate", "room": "class", "act": "ban", "people": people}
        assert (await ann.ask(**ban))["t"] == "ok"
        assert (await post(server, "x", NEW, of="Another")).code == "banned"
        assert (await post(server, "x", ELSEWHERE, of="Another")).status == 201


@asynccontextmanager
async def operating(database: Path, session: str = "") -> AsyncIterator[tuple[Running, Chatter]]:
    """Run a server, and be its operator."""
    async with on(database) as server:
        if session:
            async with chatting(server, "Op", session=session) as operator:
                yield server, operator
            return
        secret = await operator_secret(server)
        async with chatting(server, "Op", link=secret) as operator:
            yield server, operator


CLEAR: Object = {"t": "moderate", "room": "", "act": "clear"}


async def test_everywhere_is_where_messages_are_kept_after_a_restart(tmp_path: Path) -> None:
    """Of somebody with a name and of all without; in private rooms, too, and taken back as one."""
    async with operating(tmp_path / "chat.db") as (server, op), chatting(server, "Eve") as eve:
        private = (await eve.ask(t="create", name="den", private=True))["room"]
        for room in ("tea", "jam", private):
            await join(eve, room)
            await eve.send(room, "spam")
            await join(op, room)
        await join(op, "class")
        await post(server, "nameless", NEW)
    async with operating(tmp_path / "chat.db", op.session) as (server, op):
        for room in ("tea", "jam", "class", private):
            await join(op, room)
        cleared = await op.ask(**CLEAR, people=[eve.who["id"]], why="spam")
        assert cleared["t"] == "ok"
        [act] = (await op.ask(t="audit", room="", limit=1))["acts"]
        assert {*act["act"]["keys"]} == {"tea", "jam", private}
        assert [await texts(op, room) for room in ("tea", "jam", private)] == [[], [], []]
        assert (await op.ask(t="undo", room="", act=cleared["seq"]))["t"] == "ok"
        assert [await texts(op, room) for room in ("tea", "jam", private)] == [["spam"]] * 3
        assert (await op.ask(**CLEAR, people=[""]))["t"] == "ok"
        assert await texts(op, "class") == []


async def test_nothing_is_never_cleared_everywhere(tmp_path: Path) -> None:
    """An operator learns that there is nothing, too much, or that nobody can look just now."""
    async with operating(tmp_path / "chat.db") as (server, op):
        nobody = {**CLEAR, "people": ["0123456789abcdef0123"]}
        assert (await op.ask(**nobody))["code"] == "not_found"
        await join(op, "class")
        await post(server, "spam", NEW, of="Bot")
        clear = {**CLEAR, "people": [*(await authors(op)).values()]}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clearings, "ROOMS", 0)
            assert (await op.ask(**clear))["code"] == "too_many_clearings"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clearings, "SEEKS", 0)
            assert (await op.ask(**clear))["code"] == "busy"

        async def fail(*_: object) -> list[str]:
            raise Unavailable(1000)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SqliteJournal, "rooms_of", fail)
            refused = await op.ask(**clear)
            assert (refused["code"], refused["retry_ms"]) == ("unavailable", 1000)
        assert await texts(op) == ["spam"]
        assert (await op.ask(**clear))["t"] == "ok"
        assert await texts(op) == []


async def topic_of(server: Running) -> str:
    """Return the topic as the list of rooms has it."""
    rooms = (await ask(server, "GET", "/rooms")).json["rooms"]
    [topic] = [one.get("topic", "") for one in rooms if one["room"] == "class"]
    return str(topic)


async def test_a_raids_topic_goes_with_it_and_comes_back(tmp_path: Path) -> None:
    """That of before is there again, which others have set, or raiders before the raid."""
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        async with at(server, NEW, "Eve", "class") as eve:
            await ann.ask(t="topic", room="class", text="Tea")
            since = wall_clock() + 1
            await trio.sleep(0.01)
            for text in ("spam", "more spam"):
                assert (await eve.ask(t="topic", room="class", text=text))["t"] == "ok"
            raid: Object = {"t": "raid", "room": "class", "people": [eve.who["id"]]}
            assert (await ann.ask(**raid, since=since))["t"] == "ok"
        assert await topic_of(server) == "Tea"
        [act] = (await ann.ask(t="audit", room="class", limit=1))["acts"]
        assert "spam" not in str(act)
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert await topic_of(server) == "more spam"
        assert (await ann.ask(**raid, since=wall_clock() + 1))["t"] == "ok"  # it was long before
        assert await topic_of(server) == "more spam"
        assert (await ann.ask(t="topic", room="class", text="Cake"))["t"] == "ok"
        assert (await ann.ask(**raid, since=since))["t"] == "ok"
        assert await topic_of(server) == "Cake"


async def test_who_set_a_topic_is_known_after_a_restart(tmp_path: Path) -> None:
    """However long ago; taking it back leaves one that was set meanwhile."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server, chatting(server, "Ann") as ann:
        await make_class(ann)
        async with chatting(server, "Eve", "class") as eve:
            await ann.ask(t="topic", room="class", text="Tea")
            await ann.send("class", "hello")
            await eve.ask(t="topic", room="class", text="spam")
            await ann.send("class", "hello")
    async with (
        serving(database=database, resume_limit=1) as server,
        chatting(server, "Ann", "class", session=ann.session) as ann,
    ):
        raid: Object = {"t": "raid", "room": "class", "people": [eve.who["id"]], "since": 0}
        assert (await ann.ask(**raid))["t"] == "ok"
        assert await topic_of(server) == "Tea"
        [act] = (await ann.ask(t="audit", room="class", limit=1))["acts"]
        assert (await ann.ask(t="topic", room="class", text="Cake"))["t"] == "ok"
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert await topic_of(server) == "Cake"


async def test_moderators_are_no_raiders_even_for_an_operator() -> None:
    """A helper who comes by a link in the midst of a raid is not among those who came since."""
    async with serving() as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Ann") as ann,
            chatting(server, "Op", link=secret) as operator,
        ):
            made = await ann.ask(t="create", name="class")
            await operator.ask(t="join", room="class")
            since = wall_clock()
            async with chatting(server, "Bob") as bob, chatting(server, "Eve", "class"):
                await join(bob, "class", made["links"][0]["secret"])
                raid = {"t": "raid", "room": "class", "since": since}
                preview = await operator.ask(**raid, preview=True)
                assert [one["nick"] for one in preview["people"]] == ["Eve"]
                named = await operator.ask(**raid, preview=True, people=[bob.who["id"]])
                assert [one["nick"] for one in named["people"]] == ["Bob"]


@asynccontextmanager
async def in_memory(_: Path) -> AsyncIterator[Running]:
    """Run a server behind a proxy that keeps nothing in a file."""
    async with serving(trusted_proxy=("127.0.0.1",), presence_grace=0) as server:
        yield server


Keeping = Callable[[Path], AbstractAsyncContextManager[Running]]
JOURNALS = pytest.mark.parametrize("keeping", [on, in_memory])


@JOURNALS
async def test_the_reactions_of_raiders_go_with_the_raid_and_come_back(
    tmp_path: Path, keeping: Keeping
) -> None:
    """From who is there, who comes back, history, HTTP and a stream of events alike."""

    async def reactions(server: Running, by: Chatter) -> list[Object]:
        """Return those to each message, as each way in tells them."""
        page = (await by.ask(t="history", room="class"))["messages"]
        over_http = (await ask(server, "GET", "/rooms/class/messages")).json["messages"]
        assert [one.get("reactions", {}) for one in over_http] == [
            one.get("reactions", {}) for one in page
        ]
        return [one.get("reactions", {}) for one in page if not one.get("deleted")]

    async with keeping(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        seq = await ann.send("class", "hello")
        await ann.ask(t="react", room="class", seq=seq, emoji="🍋")
        await trio.sleep(0.002)  # so that the clock is on
        since = wall_clock()
        async with at(server, NEW, "Eve", "class") as eve, at(server, OLD, "Bob", "class"):
            for emoji in ("🍋", "💩"):
                await eve.ask(t="react", room="class", seq=seq, emoji=emoji)
            raid: Object = {"t": "raid", "room": "class", "people": [eve.who["id"]]}
            assert (await ann.ask(**raid, since=since))["t"] == "ok"
        assert await reactions(server, ann) == [{"🍋": [ann.who]}]
        clear = await ann.until("clear")
        assert (clear["since"] > seq, clear["reacted"]) == (True, [seq])
        async with chatting(server, "Cem") as cem:
            wish = {"room": "class", "last": seq, "epoch": ann.epoch}
            await cem.say({"t": "join", **wish})
            told = await cem.all_until("rules")
            switched = [one.get("on", True) for one in told if one["t"] == "react"]
            assert switched == [True, False, False]
        [act] = (await ann.ask(t="audit", room="class", limit=1))["acts"]
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert await reactions(server, ann) == [{"🍋": [ann.who, eve.who], "💩": [eve.who]}]


@JOURNALS
@pytest.mark.parametrize("act", ["raid", "clear"])
async def test_what_was_edited_since_goes_too(tmp_path: Path, keeping: Keeping, act: str) -> None:
    """However long ago it was sent, until that is taken back; the preview counts it once."""
    async with keeping(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        async with at(server, NEW, "Eve", "class") as eve:
            harmless = await eve.send("class", "hello")
            await eve.send("class", "untouched")
            mine = await ann.send("class", "mine")
            since = wall_clock() + 1
            await trio.sleep(0.01)
            for text in ("ab", "abuse"):
                edit: Object = {"t": "edit", "room": "class", "seq": harmless, "text": text}
                assert (await eve.ask(**edit))["t"] == "ok"
            await ann.ask(t="edit", room="class", seq=mine, text="mine, too")
            about: Object = {"room": "class", "people": [eve.who["id"]], "since": since}
            preview = await ann.ask(t="raid", **about, preview=True)
            assert preview["messages"] == 1
            asked = {"t": "raid"} if act == "raid" else {"t": "moderate", "act": "clear"}
            assert (await ann.ask(**asked, **about))["t"] == "ok"
            assert (await ann.until("clear"))["also"] == [harmless]
        assert await texts(ann) == ["untouched", "mine, too"]
        [done] = (await ann.ask(t="audit", room="class", limit=1))["acts"]
        assert (await ann.ask(t="undo", room="class", act=done["seq"]))["t"] == "ok"
        assert await texts(ann) == ["abuse", "untouched", "mine, too"]


async def test_what_was_edited_since_goes_everywhere(tmp_path: Path) -> None:
    """Also where somebody has said nothing since, and after a restart."""
    async with operating(tmp_path / "chat.db") as (server, op), chatting(server, "Eve") as eve:
        edits: list[Object] = []
        for room in ("tea", "jam"):
            await join(eve, room)
            seq = await eve.send(room, "hello")
            edits.append({"t": "edit", "room": room, "seq": seq, "text": "abuse"})
        since = wall_clock() + 1
        await trio.sleep(0.01)
        assert (await eve.ask(**edits[0]))["t"] == "ok"
    async with operating(tmp_path / "chat.db", op.session) as (server, op):
        cleared = await op.ask(**CLEAR, people=[eve.who["id"]], since=since)
        assert cleared["t"] == "ok"
        for room in ("tea", "jam"):
            await join(op, room)
        assert [await texts(op, room) for room in ("tea", "jam")] == [[], ["hello"]]
        assert (await op.ask(t="undo", room="", act=cleared["seq"]))["t"] == "ok"
        assert await texts(op, "tea") == ["abuse"]


async def log_of(server: Running) -> list[str]:
    """Return what the topics are in the log of somebody who has missed all of it."""
    async with chatting(server, f"Reader {uuid4().hex[:8]}") as reader:
        join_all: Object = {"t": "join", "room": "class", "last": 0, "epoch": reader.epoch}
        last = (await reader.ask(**join_all))["last"]
        heard = [await reader.next()]
        while heard[-1].get("seq") != last:
            heard.append(await reader.next())
        return [one["text"] for one in heard if one["t"] == "topic"]


async def test_whom_the_server_knew_is_left_alone(tmp_path: Path) -> None:
    """In a young room, too, unless it is wanted otherwise; as is whom a moderator leaves out."""
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        async with at(server, ELSEWHERE, "Old") as old, at(server, ELSEWHERE, "Pia", "tea") as pia:
            since = wall_clock() + 1
            await trio.sleep(0.01)
            async with (
                at(server, NEW, "New", "class") as new,
                at(server, NEW, "Eve", "class") as eve,
            ):
                for one in (old, pia):
                    await join(one, "class")
                for one in (old, pia, new, eve):
                    await one.send("class", one.who["nick"])
                raid: Object = {"t": "raid", "room": "class", "since": since}
                shown = await ann.ask(**raid, preview=True)
                assert [one["nick"] for one in shown["people"]] == ["New", "Eve"]
                assert (shown["count"], shown["messages"], shown["regulars"]) == (2, 2, 2)
                assert all(since <= one["first"] <= shown["until"] for one in shown["people"])
                every = await ann.ask(**raid, preview=True, regulars=True)
                assert {one["nick"] for one in every["people"]} == {"Old", "Pia", "New", "Eve"}
                assert all(one["first"] > 0 for one in every["people"])
                told = await ask(
                    server,
                    "POST",
                    "/rooms/class/raids",
                    {"since": since, "preview": True, "except": [new.who["id"]]},
                    authorization=bearer(ann.session),
                )
                assert [one["nick"] for one in told.json["people"]] == ["Eve"]
                assert (told.json["regulars"], told.json["messages"]) == (2, 1)
                done = {**raid, "until": shown["until"], "except": [new.who["id"]]}
                assert (await ann.ask(**done))["t"] == "ok"
                assert await texts(ann) == ["Old", "Pia", "New"]
                answer = await new.ask(t="send", room="class", text="still here")
                assert answer["code"] == "newcomer"


@JOURNALS
async def test_what_raiders_set_as_topics_is_read_no_more(tmp_path: Path, keeping: Keeping) -> None:
    """By nobody who resumes, until it is taken back; others' topics, and older ones, stay."""
    async with keeping(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        async with at(server, NEW, "Eve", "class") as eve:
            await eve.ask(t="topic", room="class", text="Tea")
            since = wall_clock() + 1
            await trio.sleep(0.01)
            await ann.ask(t="topic", room="class", text="Cake")
            await eve.ask(t="topic", room="class", text="spam")
            about: Object = {"room": "class", "people": [eve.who["id"]], "since": since}
            assert (await ann.ask(t="raid", **about))["t"] == "ok"
        assert await log_of(server) == ["Tea", "Cake", "", "Cake"]
        [act] = (await ann.ask(t="audit", room="class", limit=1))["acts"]
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert await log_of(server) == ["Tea", "Cake", "spam", "Cake", "spam"]
        assert await topic_of(server) == "spam"


@pytest.mark.parametrize(("is_open", "room"), [(True, ""), (False, ""), (False, "class")])
async def test_topics_go_with_what_is_cleared(tmp_path: Path, *, is_open: bool, room: str) -> None:
    """In rooms in which somebody is, and in which nobody is; taken back with it."""
    async with operating(tmp_path / "chat.db") as (server, op), chatting(server, "Eve") as eve:
        for name in ("tea", "class"):
            await join(op, name)
            await join(eve, name)
            await op.ask(t="topic", room=name, text=f"About {name}")
            await eve.ask(t="topic", room=name, text="spam")
        session, people = op.session, [eve.who["id"]]

    async with operating(tmp_path / "chat.db", session) as (server, op):
        if is_open:
            for name in ("tea", "class"):
                await join(op, name)

        async def topics() -> list[str]:
            """Return them as listed, and as somebody who comes is told them."""
            rooms = (await op.ask(t="rooms"))["rooms"]
            listed = {one["room"]: one.get("topic", "") for one in rooms}
            async with chatting(server, f"Reader {uuid4().hex[:8]}") as reader:
                told = {one: (await join(reader, one)).get("topic", "") for one in listed}
            assert listed == told
            return sorted(told.values())

        assert await topics() == ["spam", "spam"]
        assert (await op.ask(**{**CLEAR, "room": room}, people=people))["t"] == "ok"
        assert await topics() == ["About class", "spam" if room else "About tea"]
        [act] = (await op.ask(t="audit", room=room, limit=1))["acts"]
        assert (await op.ask(t="undo", room=room, act=act["seq"]))["t"] == "ok"
        assert await topics() == ["spam", "spam"]


async def test_what_raiders_set_as_a_topic_is_in_no_copy(tmp_path: Path) -> None:
    """Neither in an export nor in a backup, which has all of the file."""
    database, backup = str(tmp_path / "chat.db"), tmp_path / "backup.db"
    async with on(tmp_path / "chat.db") as server, at(server, OLD, "Ann") as ann:
        await make_class(ann)
        async with at(server, NEW, "Eve", "class") as eve:
            await ann.ask(t="topic", room="class", text="Tea")
            await eve.ask(t="topic", room="class", text="rude words")
            raid: Object = {"t": "raid", "room": "class", "people": [eve.who["id"]], "since": 0}
            assert (await ann.ask(**raid))["t"] == "ok"
        told = await done("export", "--database", database)
        await done("backup", "--database", database, str(backup))
    assert b"Tea" in told
    assert b"rude words" not in told
    assert b"Tea" in backup.read_bytes()
    assert b"rude words" not in backup.read_bytes()


RAIDED: Object = {"slow": 7, "newcomers": 900, "hold_links": True, "no_files": True}


async def raid_all_rooms(server: Running, op: Chatter, ann: Chatter) -> tuple[Chatter, int]:
    """Have two people raid rooms, where Ann is, and undo that; return one, and the act's number."""
    since = wall_clock() + 1
    await trio.sleep(0.01)
    async with (
        at(server, NEW, "R1", "tea", "jam", "new") as r1,
        at(server, ELSEWHERE, "R2", "jam", "empty") as r2,
    ):
        await join(ann, "new")
        for room in ("tea", "new"):
            await r1.send(room, "spam")
        assert (await r2.ask(t="topic", room="jam", text="spam"))["t"] == "ok"
        await ann.send("tea", "what is this?")
        raid: Object = {"t": "raid", "room": "", "since": since}
        shown = await op.ask(**raid, preview=True)
        assert [one["nick"] for one in shown["people"]] == ["R1", "R2"]
        assert (shown["messages"], shown["rooms"], shown["regulars"]) == (2, 4, 1)
        assert shown["addresses"] == ["192.0.2.0/24", "203.0.113.0/24"]
        wanted = {"since": since, "until": shown["until"], "preview": True}
        told = await ask(server, "POST", "/raids", wanted, authorization=bearer(op.session))
        assert told.json == {name: shown[name] for name in shown if name not in ("t", "id", "room")}
        one = await op.ask(**raid, people=[r2.who["id"]], preview=True)
        assert (one["count"], one["rooms"], one["messages"]) == (1, 2, 0)
        assert (await ann.ask(**raid))["code"] == "not_operator"
        done = await op.ask(**raid, until=shown["until"], why="spam")
        assert done["t"] == "ok"
        assert [(await raider.ending())[1] for raider in (r1, r2)] == [4503, 4503]
        return r1, done["seq"]


async def test_a_raid_of_all_rooms_is_undone_in_one_step(tmp_path: Path) -> None:
    """What they said anywhere goes, they stay out of all rooms, and where they were is raid mode.

    One entry of the list takes it back, over a restart, too; who was known before is left alone.
    """
    async with (
        operating(tmp_path / "chat.db") as (server, op),
        at(server, OLD, "Ann", "tea") as ann,
    ):
        for one, room in ((op, "tea"), (op, "jam"), (ann, "jam")):
            await join(one, room)
        await ann.send("tea", "hello")
        assert (await op.ask(t="rules", room="jam", slow=7))["t"] == "ok"
        raider, number = await raid_all_rooms(server, op, ann)
        assert await texts(ann, "tea") == ["hello", "what is this?"]
        assert await texts(ann, "new") == []
        while (told := await ann.until("rules"))["room"] != "jam" or told["rules"] == {"slow": 7}:
            pass
        assert told["rules"] == RAIDED
        rooms = (await op.ask(t="rooms"))["rooms"]
        assert {one["room"]: one.get("topic") for one in rooms} == dict.fromkeys(
            ("tea", "jam", "new")
        )
        async with at(server, NEW, "R3") as again, at(server, "192.0.3.1", "New") as new:
            assert (await join(again, "cake"))["code"] == "banned"
            assert (await join(new, "jam"))["rules"] == RAIDED
            assert (await new.ask(t="send", room="jam", text="x"))["code"] == "newcomer"
            await join(new, "cake")
            await new.send("cake", "where nobody has raided")
        [entry] = (await op.ask(t="audit", room="", limit=1))["acts"]
        assert (entry["seq"], entry["act"]["t"]) == (number, "raided")
        assert (entry["act"]["operator"], "about" in entry["act"]) == (True, False)
    async with operating(tmp_path / "chat.db", op.session) as (server, op):
        undo: Object = {"t": "undo", "act": number}
        async with at(server, "192.0.3.2", "Zoe") as zoe:
            assert (await join(zoe, "jam"))["rules"] == RAIDED
            assert (await zoe.ask(**undo, room="jam"))["code"] == "not_moderator"
            assert (await op.ask(**undo, room=""))["t"] == "ok"
            assert (await zoe.until("rules"))["rules"] == {"slow": 7}
        for room in ("tea", "new"):
            await join(op, room)
        assert await texts(op, "tea") == ["hello", "spam", "what is this?"]
        assert await texts(op, "new") == ["spam"]
        assert (await op.ask(**undo, room=""))["code"] == "too_late"
        async with at(server, NEW, "R1", session=raider.session) as again:
            assert (await join(again, "tea"))["t"] == "joined"
