"""What moderators do with people and rules, as those inside see it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import Running, running, serving
from tests.integration.test_links import join
from trio_chat.protocol.close import REMOVED


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a server on a file."""
    async with running(database=str(tmp_path / "chat.db"), presence_grace=0.2) as server:
        yield server


async def make_class(teacher: Chatter, name: str = "class") -> None:
    """Make a public room, and join it as its moderator."""
    assert (await teacher.ask(t="create", name=name))["t"] == "created_room"
    assert (await join(teacher, name))["right"] == "moderate"


async def moderate(
    by: Chatter, act: str, *people: Chatter, room: str = "class", **more: object
) -> Object:
    """Act on people."""
    ids = [one.who["id"] for one in people]
    return await by.ask(t="moderate", room=room, act=act, people=ids, **more)


async def test_a_closed_room_is_the_moderators(server: Running) -> None:
    """All others read; everybody is told, and who joins later, too."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        await make_class(ann)
        await join(bob, "class")
        assert (await ann.ask(t="rules", room="class", closed=True))["t"] == "ok"
        told = await bob.until("rules")
        assert (told["rules"], told["from"]) == ({"closed": True}, ann.who)
        assert (await bob.ask(t="send", room="class", text="x"))["code"] == "closed"
        await ann.send("class", "listen!")
        assert (await bob.until("msg"))["text"] == "listen!"
        async with chatting(server, "Cem", "class") as cem:
            assert (await cem.until("joined"))["rules"] == {"closed": True}
        assert (await bob.ask(t="rules", room="class"))["code"] == "not_moderator"
        assert (await ann.ask(t="rules", room="class"))["t"] == "ok"
        await bob.send("class", "thanks")


async def test_slow_mode_counts_for_each_person(server: Running) -> None:
    """For messages alone, and not for moderators."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
        chatting(server, "Cem", "class") as cem,
    ):
        await make_class(ann)
        await ann.ask(t="rules", room="class", slow=3600)
        seq = await bob.send("class", "one")
        refused = await bob.ask(t="send", room="class", text="two")
        assert refused["code"] == "slow_mode"
        assert 3_000_000 < refused["retry_ms"] <= 3_600_000
        assert (await bob.ask(t="edit", room="class", seq=seq, text="One"))["t"] == "ok"
        await cem.send("class", "mine")
        for text in ("as", "often as I like"):
            await ann.send("class", text)


async def test_newcomers_wait(server: Running) -> None:
    """Until the server has known them for long enough, by whichever connection they come."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        await make_class(ann)
        await ann.ask(t="rules", room="class", newcomers=3600)
        for session in ("", bob.session):
            async with (
                chatting(server, "Bob", "class", session=session)
                if session
                else chatting(server, "Eve", "class") as one
            ):
                refused = await one.ask(t="send", room="class", text="x")
                assert refused["code"] == "newcomer"
                assert refused["retry_ms"] > 3_000_000


async def test_a_full_room_takes_nobody_in(server: Running) -> None:
    """But its moderators."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        await make_class(ann)
        await ann.ask(t="rules", room="class", members=2)
        await join(bob, "class")
        async with chatting(server, "Cem") as cem:
            assert (await join(cem, "class"))["code"] == "room_full"


async def test_who_is_muted_reads_for_a_time(server: Running) -> None:
    """Everybody is told; then they are not any more."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        assert (await moderate(ann, "mute", bob, seconds=3600, why="a joke"))["t"] == "ok"
        told = await bob.until("moderated")
        assert (told["act"], told["people"], told["count"]) == ("mute", [bob.who], 1)
        assert (told["why"], told["from"], told["until"] > 0) == ("a joke", ann.who, True)
        assert (await bob.ask(t="send", room="class", text="x"))["code"] == "muted"
        assert (await bob.ask(t="history", room="class"))["t"] == "history"
        assert (await moderate(ann, "unmute", bob))["t"] == "ok"
        await bob.send("class", "sorry")


async def test_who_is_kicked_may_come_back(server: Running) -> None:
    """All their connections there end."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        await moderate(ann, "kick", bob)
        told, code, reason = await bob.ending()
        assert (code, reason) == REMOVED
        assert "moderated" in [one["t"] for one in told]
        async with chatting(server, "Bob", "class", session=bob.session) as again:
            await again.until("joined")
            await again.send("class", "again")


async def test_who_is_banned_stays_out(tmp_path: Path) -> None:
    """By session, over restarts, and for as long as it was said; elsewhere they may chat."""
    database = str(tmp_path / "chat.db")
    async with (
        serving(database=database) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
    ):
        await make_class(ann)
        await moderate(ann, "ban", bob)
        assert (await bob.ending())[1:] == REMOVED
        async with chatting(server, "Bob", session=bob.session) as again:
            for request in ("join", "history"):
                assert (await again.ask(t=request, room="class"))["code"] == "banned"
            await join(again, "tea")
            await again.send("tea", "hello")
    async with (
        serving(database=database) as server,
        chatting(server, "Bob", session=bob.session) as bob,
        chatting(server, "Ann", "class", session=ann.session) as ann,
    ):
        assert (await join(bob, "class"))["code"] == "banned"
        assert (await moderate(ann, "unban", bob))["t"] == "ok"
        assert (await join(bob, "class"))["t"] == "joined"


async def test_nobody_acts_on_moderators(server: Running) -> None:
    """Nor does somebody who is none act on anybody; an operator acts on all."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        made = await ann.ask(t="create", name="class")
        await join(bob, "class", made["links"][0]["secret"])
        await join(ann, "class")
        async with chatting(server, "Cem", "class") as cem:
            assert (await moderate(bob, "kick", ann))["code"] == "not_moderator"
            assert (await moderate(bob, "mute", cem, ann))["code"] == "not_moderator"
            await cem.send("class", "still heard")
            assert (await moderate(cem, "kick", bob))["code"] == "not_moderator"
            everywhere = await moderate(bob, "ban", cem, room="")
            assert everywhere["code"] == "not_operator"
            unknown = await bob.ask(t="moderate", room="class", act="ban", people=["x"])
            assert unknown["code"] == "not_found"


async def test_a_moderator_deletes_what_others_say(server: Running) -> None:
    """But edits nobody's words; and nobody else deletes."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
        chatting(server, "Cem", "class") as cem,
    ):
        await make_class(ann)
        seq = await bob.send("class", "a joke")
        assert (await cem.ask(t="delete", room="class", seq=seq))["code"] == "not_yours"
        edited = await ann.ask(t="edit", room="class", seq=seq, text="no joke")
        assert edited["code"] == "not_yours"
        assert (await ann.ask(t="delete", room="class", seq=seq))["t"] == "ok"
        assert (await cem.until("delete"))["target"] == seq


async def test_reports_and_acts_are_listed_for_moderators(server: Running) -> None:
    """The latest first, page by page; no secret of a link is in them."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        seq = await ann.send("class", "rude words")
        assert (await bob.ask(t="report", room="class", seq=seq, why="rude"))["t"] == "ok"
        assert (await bob.ask(t="audit", room="class"))["code"] == "not_moderator"
        listed = await ann.ask(t="audit", room="class")
        assert [one["act"]["t"] for one in listed["acts"]] == [
            "reported",
            "link_used",
            "link_made",
            "room_made",
        ]
        [report, *_] = listed["acts"]
        assert (report["from"], report["act"]["target"], report["act"]["why"]) == (
            bob.who,
            seq,
            "rude",
        )
        assert listed["acts"][2]["act"]["digest"] == ""
        page = await ann.ask(t="audit", room="class", before=report["seq"], limit=1)
        assert [one["act"]["t"] for one in page["acts"]] == ["link_used"]
        assert page["more"]
