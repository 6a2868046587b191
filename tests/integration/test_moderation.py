"""What moderators do with people and rules, as those inside see it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import trio

from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_links import join
from tests.integration.test_operator import done
from tests.rates import NO_RATES
from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.core import arrivals, clearings, raiders, raids, targets
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.types import Place, Unavailable
from trio_chat.protocol.close import REMOVED

RAID_MODE = raids.RAID_MODE // 1000  # seconds


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
    """For messages, edits and topics, and not for moderators; a message is mended once at once."""
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
        edit = {"t": "edit", "room": "class", "seq": seq, "text": "One", "cid": "once-more"}
        for _ in range(2):  # as after a connection that broke before the answer
            assert (await bob.ask(**edit))["t"] == "ok"
        for more in ({"t": "edit", "seq": seq, "text": "Two"}, {"t": "topic", "text": "Two"}):
            assert (await bob.ask(room="class", **more))["code"] == "slow_mode"
        assert (await bob.ask(t="react", room="class", seq=seq, emoji="👍"))["t"] == "ok"
        await cem.send("class", "mine")
        for text in ("as", "often as I like"):
            await ann.send("class", text)


async def test_topics_and_edits_are_words_in_slow_mode(server: Running) -> None:
    """Who has set a topic, or edited, waits as after a message."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
        chatting(server, "Cem", "class") as cem,
    ):
        await make_class(ann)
        seq = await bob.send("class", "one")
        await ann.ask(t="rules", room="class", slow=3600)
        assert (await bob.ask(t="edit", room="class", seq=seq, text="two"))["t"] == "ok"
        assert (await cem.ask(t="topic", room="class", text="three"))["t"] == "ok"
        for one in (bob, cem):
            again = await one.ask(t="send", room="class", text="four")
            assert again["code"] == "slow_mode"


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


async def test_a_kick_leaves_what_somebody_has_in_other_rooms(server: Running) -> None:
    """Of two connections that one ends which is in the room."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
        chatting(server, "Bob", "garden", session=bob.session) as elsewhere,
    ):
        await make_class(ann)
        await join(bob, "class")
        await moderate(ann, "kick", bob)
        _, code, _ = await bob.ending()
        assert code == REMOVED.code
        await elsewhere.send("garden", "still here")


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
        stranger = await ann.ask(t="moderate", room="class", act="ban", people=["0" * 20])
        assert stranger["t"] == "ok"
    async with (
        serving(database=database) as server,
        chatting(server, "Ann", "class", session=ann.session) as ann,
    ):
        assert (await moderate(ann, "unban", bob))["t"] == "ok"
        told = await ann.until("moderated")
        assert told["people"] == [bob.who]
        async with chatting(server, "Bob", session=bob.session) as bob:
            assert (await join(bob, "class"))["t"] == "joined"


@pytest.mark.parametrize("kind", ["mute", "ban"])
async def test_what_else_holds_goes_on_when_one_act_is_taken_back(
    server: Running, kind: str
) -> None:
    """Nobody is told otherwise; the list shows the one as taken back. The last one frees."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
        chatting(server, "Eve", "class") as eve,
    ):
        await make_class(ann)
        for people, seconds in ([bob, eve], 3600), ([eve], 60):
            assert (await moderate(ann, kind, *people, seconds=seconds))["t"] == "ok"
        first, second = reversed((await ann.ask(t="audit", room="class", limit=2))["acts"])
        for act, freed in (first, bob), (second, eve):
            assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
            while (told := await ann.until("moderated"))["act"] != f"un{kind}":
                pass
            assert (told["people"], told["count"]) == ([freed.who], 1)
            async with chatting(server, "Eve", session=eve.session) as again:
                is_held = freed is bob
                assert ((await join(again, "class")).get("code") == "banned") is (
                    is_held and kind == "ban"
                )
                if kind == "mute":
                    said = await again.ask(t="send", room="class", text="x")
                    assert (said.get("code") == "muted") is is_held
        acts = (await ann.ask(t="audit", room="class", limit=4))["acts"]
        assert [one["act"].get("target") for one in acts[:2]] == [second["seq"], first["seq"]]


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


@pytest.mark.parametrize("act", ["kick", "ban"])
async def test_who_is_removed_is_gone_at_once(act: str) -> None:
    """From that room: no place is kept for them there, as for those who are cut off."""
    async with (
        serving(presence_grace=3600) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "tea") as bob,
    ):
        await make_class(ann)
        async with chatting(server, "Eve", "class", "tea") as eve:
            assert (await moderate(ann, act, eve))["t"] == "ok"
            await eve.ending()
        told = await ann.until("presence")
        while told["who"] != eve.who or told["state"] != "left":
            told = await ann.until("presence")
        await bob.send("tea", "hello")
        states = [one["state"] for one in await bob.all_until("msg") if one["t"] == "presence"]
        assert "left" not in states


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


async def test_a_moderator_says_why_a_message_is_deleted(server: Running) -> None:
    """To all who are there and to the list of acts; over a socket and over HTTP, if they like.

    Nobody else says so what they may not send, as somebody whose links are held.
    """
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        first, second, third = [await bob.send("class", "a joke") for _ in range(3)]
        deleted = await ann.ask(t="delete", room="class", seq=first, why=" not \n now ")
        assert deleted["t"] == "ok"
        told = await bob.until("delete")
        assert (told["target"], told["why"]) == (first, "not now")
        header = bearer(ann.session)
        path = f"/rooms/class/messages/{second}?why=nor%20then"
        assert (await ask(server, "DELETE", path, authorization=header)).status == 200
        assert (await bob.until("delete"))["why"] == "nor then"
        path = f"/rooms/class/messages/{third}?why=" + "x" * 251
        refused = await ask(server, "DELETE", path, authorization=header)
        assert refused.code == "bad_request"
        refusal = await ann.ask(t="delete", room="class", seq=third, why="\x1b")
        assert refusal["code"] == "bad_request"
        assert (await ann.ask(t="delete", room="class", seq=third))["t"] == "ok"
        assert "why" not in await bob.until("delete")
        own, other = [await bob.send("class", "I see") for _ in range(2)]  # behind the acts
        assert (await bob.ask(t="delete", room="class", seq=own, why="http://x/"))["t"] == "ok"
        path = f"/rooms/class/messages/{other}?why=http://x/"
        header = bearer(bob.session)
        assert (await ask(server, "DELETE", path, authorization=header)).status == 200
        assert "http://x/" not in str([await ann.until("delete") for _ in range(5)])
        listed = (await ann.ask(t="audit", room="class", limit=3))["acts"]
        assert [one["act"].get("why") for one in listed] == [None, "nor then", "not now"]


async def test_reports_and_acts_are_listed_for_moderators(server: Running) -> None:
    """The latest first, page by page; no secret of a link is in them."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        seq = await ann.send("class", "rude words")
        for number in (1, seq + 1):
            refused = await bob.ask(t="report", room="class", seq=number)
            assert refused["code"] == "not_found"
        assert (await bob.ask(t="report", room="class", seq=seq, why=" rude\n"))["t"] == "ok"
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


async def test_what_is_said_of_a_message_goes_with_it(tmp_path: Path) -> None:
    """No way in tells it, nor a copy of the file; with a message that is back it is told again."""
    database, copy = str(tmp_path / "chat.db"), tmp_path / "copy.db"
    async with (
        serving(database=database) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Eve", "class") as eve,
    ):
        await make_class(ann)
        deleted, cleared = [await eve.send("class", text) for text in ("rude", "ruder")]
        for seq in (deleted, cleared):
            told = await ann.ask(t="report", room="class", seq=seq, why=f"quoted {seq}")
            assert told["t"] == "ok"

        async def told_reasons() -> list[str | None]:
            over_http = await ask(
                server, "GET", "/rooms/class/acts", authorization=bearer(ann.session)
            )
            by_socket = await ann.ask(t="audit", room="class")
            assert over_http.json["acts"] == by_socket["acts"]
            listed = [one["act"] for one in by_socket["acts"]]
            return [act.get("why") for act in listed if act["t"] == "reported"]

        both = [f"quoted {cleared}", f"quoted {deleted}"]
        assert await told_reasons() == both
        await eve.ask(t="delete", room="class", seq=deleted)
        assert await told_reasons() == [both[0], None]
        await moderate(ann, "clear", eve)
        assert await told_reasons() == [None, None]
        await done("backup", "--database", database, str(copy))
        assert b"quoted" not in copy.read_bytes()
        [act, *_] = (await ann.ask(t="audit", room="class"))["acts"]
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert await told_reasons() == [both[0], None]


async def test_acts_are_not_told_while_nobody_knows_what_is_gone(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the journal cannot be read."""

    async def fail(*_: object) -> set[Place]:
        raise Unavailable(1000)

    monkeypatch.setattr(SqliteJournal, "gone", fail)
    async with chatting(server, "Ann") as ann:
        await make_class(ann)
        assert (await ann.ask(t="audit", room="class"))["t"] == "audit"
        seq = await ann.send("class", "rude words")
        await ann.ask(t="report", room="class", seq=seq, why="rude")
        assert (await ann.ask(t="audit", room="class"))["code"] == "unavailable"
        auth = bearer(ann.session)
        over_http = await ask(server, "GET", "/rooms/class/acts", authorization=auth)
        assert (over_http.status, over_http.code) == (503, "unavailable")


async def test_titles_labels_and_reasons_are_lines(server: Running) -> None:
    """Without control characters; one of which nothing can be seen is none."""
    async with chatting(server, "Ann") as ann:
        await make_class(ann)
        for request in (
            {"t": "link", "right": "read", "label": "\x1b[31m"},
            {"t": "report", "seq": 1, "why": "\x1b[31m"},
            {"t": "moderate", "act": "kick", "people": ["x"], "why": "\x1b[31m"},
            {"t": "raid", "since": 0, "why": "\x1b[31m"},
        ):
            assert (await ann.ask(**request, room="class"))["code"] == "bad_request", request
        for label, kept in (("\u200b\n", None), (" for\n all ", "for all")):
            await ann.ask(t="link", room="class", right="read", label=label)
            links = (await ann.ask(t="links", room="class"))["links"]
            assert links[-1].get("label") == kept
        assert (await ann.ask(t="create", name="\x1b", private=True))["code"] == "bad_room"
        made = await ann.ask(t="create", name=" tea\nroom ", private=True)
        assert made["title"] == "tea room"


async def texts(chatter: Chatter, room: str = "class") -> list[str]:
    """Return what history tells of a room, the texts that are there."""
    messages = (await chatter.ask(t="history", room=room))["messages"]
    return [message["text"] for message in messages if not message.get("deleted")]


async def test_what_somebody_said_is_cleared_and_taken_back(server: Running) -> None:
    """For all who are there and who come, until that is taken back from the list of acts."""
    async with chatting(server, "Ann") as ann, chatting(server, "Eve", "class") as eve:
        await make_class(ann)
        await ann.send("class", "welcome")
        for text in ("rude", "ruder"):
            await eve.send("class", text)
        assert (await moderate(ann, "clear", eve, why="rude"))["t"] == "ok"
        told = await ann.until("clear")
        assert (told["authors"], told["since"], told["why"]) == ([eve.who["id"]], 0, "rude")
        assert await texts(ann) == ["welcome"]
        assert (await ann.ask(t="search", room="class", query="rude*"))["hits"] == []
        async with chatting(server, "Bob", {"room": "class", "last": 0}) as bob:
            replayed = await bob.all_until("clear")
            assert "rude" not in str([one for one in replayed if one["t"] == "msg"])
        [act, *_] = (await ann.ask(t="audit", room="class"))["acts"]
        assert (act["act"]["t"], act["act"]["people"]) == ("cleared", [eve.who])
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert (await ann.until("restore"))["key"] == told["key"]
        assert await texts(ann) == ["welcome", "rude", "ruder"]
        late = await ann.ask(t="undo", room="class", act=act["seq"])
        assert late["code"] == "too_late"


async def test_moderators_learn_nobody_s_address(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ban is for addresses, too; neither the list of acts nor the room tells them."""
    monkeypatch.setattr(arrivals, "is_loopback", lambda _: False)
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        preview = await ann.ask(t="raid", room="class", since=0, preview=True)
        assert preview["addresses"] in (["127.0.0.0/24"], ["::1/64"])
        await moderate(ann, "mute", bob)
        await moderate(ann, "ban", bob)
        listed = await ann.ask(t="audit", room="class")
        assert "addresses" not in listed["acts"][0]["act"]
        assert "127.0.0.1" not in str(listed)
        registry = server.server._hub.access.registry
        governed = registry.governed("class")
        assert governed is not None
        assert governed.banned.addresses


async def test_a_raid_is_undone_in_one_step(server: Running) -> None:
    """Those who came since a time are banned, what they said is gone, newcomers have to wait."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        await bob.send("class", "before")
        since = (await ann.until("msg"))["ts"] + 1
        await trio.sleep(0.01)
        async with chatting(server, "E1", "class") as e1, chatting(server, "E2", "class") as e2:
            for one in (e1, e2):
                await one.until("joined")
                await one.send("class", "spam")
            await bob.send("class", "help")
            preview = await ann.ask(t="raid", room="class", since=since, preview=True)
            assert (preview["count"], preview["messages"]) == (2, 2)
            assert {person["nick"] for person in preview["people"]} == {"E1", "E2"}
            assert await texts(ann) == ["before", "spam", "spam", "help"]
            assert (await ann.ask(t="raid", room="class", since=since))["t"] == "ok"
            for one in (e1, e2):
                assert (await one.ending())[1:] == REMOVED
        assert await texts(bob) == ["before", "help"]
        async with chatting(server, "E1", session=e1.session) as e1:
            assert (await join(e1, "class"))["code"] == "banned"
            [*_, act] = [
                one
                for one in (await ann.ask(t="audit", room="class"))["acts"]
                if one["act"]["t"] == "raided"
            ]
            async with chatting(server, "New", "class") as new:
                refused = await new.ask(t="send", room="class", text="x")
                assert refused["code"] == "newcomer"
                assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
                await new.send("class", "hello")
            assert (await join(e1, "class"))["t"] == "joined"
            assert await texts(e1) == ["before", "spam", "spam", "help", "hello"]


class Hour:
    """The hour of raid mode, which is over when a test says so."""

    def __init__(self, server: Running) -> None:
        hub = server.server._hub
        self._access, moderation = hub.access, hub._chat._moderation
        self._delay = moderation._delay
        self._waiting: list[Callable[[], None]] = []
        moderation._delay = self._wait

    def _wait(self, seconds: float, job: Callable[[], None]) -> None:
        assert RAID_MODE - PATIENCE < seconds <= RAID_MODE
        self._waiting.append(job)

    async def end(self, somebody: Chatter) -> None:
        """Let it be over; the server notices that as somebody asks for something."""
        self._access.clock = lambda: wall_clock() + 1000 * RAID_MODE
        for job in self._waiting:
            self._delay(0, job)
        await somebody.ask(t="rooms")


RAIDED = {"newcomers": 900, "hold_links": True, "no_files": True}


async def test_raid_mode_ends_by_itself(server: Running) -> None:
    """Then the rules of before hold again, and everybody is told."""
    hour = Hour(server)
    async with chatting(server, "Ann") as ann, chatting(server, "Eve", "class") as eve:
        await make_class(ann)
        await ann.ask(t="rules", room="class", slow=7)
        await ann.ask(t="raid", room="class", people=[eve.who["id"]], since=0)
        for rules in ({"slow": 7}, {"slow": 7, **RAIDED}):
            assert (await ann.until("rules"))["rules"] == rules
        await hour.end(ann)
        assert (await ann.until("rules"))["rules"] == {"slow": 7}
        async with chatting(server, "New", "class") as new:
            await new.send("class", "hello")


async def coming(server: Running, ann: Chatter, nick: str) -> list[str]:
    """Have somebody come and go; return what Ann is told of their presence."""
    async with chatting(server, nick, "class") as new:
        await new.ask(t="leave", room="class")
    states: list[str] = []
    while "left" not in states:
        told = await ann.until("presence")
        if told["who"]["id"] == new.who["id"]:
            states.append(told["state"])
    return states


async def test_newcomers_come_quietly_in_raid_mode(server: Running) -> None:
    """Others learn their number, and who joins later sees them; all are told in the end.

    Moderators, and those who are known, are no newcomers.
    """
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Eve", "class") as eve,
        chatting(server, "Bob") as bob,
    ):
        async with chatting(server, "Old") as old:
            pass
        await make_class(ann)
        made = await ann.ask(t="link", room="class", right="moderate")
        assert await coming(server, ann, "Cem") == ["joined", "left"]
        await ann.ask(t="raid", room="class", people=[eve.who["id"]], since=0)
        await ann.until("rules")
        assert await coming(server, ann, "Dan") == ["left"]
        await ann.until("population")
        async with chatting(server, "New", "class") as new:
            await ann.until("population")
            assert new.who in (await new.until("joined"))["members"]
            link = made["link"]["secret"]
            assert new.who in (await bob.ask(t="join", room="class", link=link))["members"]
            assert (await ann.until("presence"))["who"] == bob.who
            access, later = server.server._hub.access, wall_clock() + 16 * 60 * 1000
            access.clock = lambda: later
            async with chatting(server, "Old", "class", session=old.session):
                assert (await ann.until("presence"))["who"] == old.who
            await ann.ask(t="rules", room="class", slow=1)
            while (told := await ann.until("presence"))["who"] != new.who:
                pass
            assert told["state"] == "joined"
            assert await coming(server, ann, "Fay") == ["joined", "left"]


async def test_whoever_came_quietly_is_told_when_raid_mode_ends(server: Running) -> None:
    """By itself, or when it is taken back; not by rules of another end."""
    hour = Hour(server)
    async with chatting(server, "Ann") as ann, chatting(server, "Eve", "class") as eve:
        await make_class(ann)
        for is_undone in (True, False):
            await ann.ask(t="raid", room="class", people=[eve.who["id"]], since=0)
            await ann.until("rules")
            async with chatting(server, f"New {is_undone}", "class") as new:
                if is_undone:
                    listed = (await ann.ask(t="audit", room="class"))["acts"]
                    [act, *_] = [one for one in listed if one["act"]["t"] == "raided"]
                    await ann.ask(t="undo", room="class", act=act["seq"])
                else:
                    await hour.end(ann)
                told = await ann.until("presence")
                while told["who"] != new.who:
                    told = await ann.until("presence")
                assert told["state"] == "joined"


async def test_after_two_raids_everybody_is_told_what_holds(server: Running) -> None:
    """Taking back the first one changes no rules; with the last one those of before hold again."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Eve", "class") as eve,
        chatting(server, "Bob", "class") as bob,
    ):
        await make_class(ann)
        await ann.ask(t="rules", room="class", slow=7)
        for one in (eve, bob):
            await ann.ask(t="raid", room="class", people=[one.who["id"]], since=0)
        listed = (await ann.ask(t="audit", room="class"))["acts"]
        last, first = [one["seq"] for one in listed if one["act"]["t"] == "raided"]
        raided, before = {"slow": 7, **RAIDED}, {"slow": 7}
        for act, rules in ((first, [before, raided, raided]), (last, [before])):
            assert (await ann.ask(t="undo", room="class", act=act))["t"] == "ok"
            await ann.send("class", "undone")
            told = await ann.all_until("msg")
            assert [one["rules"] for one in told if one["t"] == "rules"] == rules


async def test_rules_that_are_set_in_raid_mode_stay(server: Running) -> None:
    """Its end does not touch them."""
    hour = Hour(server)
    async with chatting(server, "Ann") as ann, chatting(server, "Eve", "class") as eve:
        await make_class(ann)
        await ann.ask(t="raid", room="class", people=[eve.who["id"]], since=0)
        await ann.ask(t="rules", room="class", slow=9)
        await hour.end(ann)
        await ann.send("class", "later")
        told = [one["rules"] for one in await ann.all_until("msg") if one["t"] == "rules"]
        assert told == [RAIDED, {"slow": 9}]


async def test_a_ban_is_taken_back_from_the_list(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a raid would be, of which there can be too many people."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        await moderate(ann, "ban", bob)
        [act, *_] = (await ann.ask(t="audit", room="class"))["acts"]
        assert (await ann.ask(t="undo", room="class", act=act["seq"]))["t"] == "ok"
        assert [(await ann.until("moderated"))["act"] for _ in range(2)] == ["ban", "unban"]
        async with chatting(server, "Bob", "class", session=bob.session) as again:
            await again.until("joined")
            await moderate(ann, "mute", again)
            monkeypatch.setattr(targets, "SANCTIONS", 0)
            assert (await moderate(ann, "ban", again))["code"] == "too_many_people"
            monkeypatch.setattr(clearings, "CLEARINGS", 1)
            for code in (None, "too_many_clearings"):
                assert (await moderate(ann, "clear", again)).get("code") == code
            monkeypatch.setattr(raiders, "PEOPLE", 0)
            many = await ann.ask(t="raid", room="class", since=0)
            assert many["code"] == "too_many_people"


async def test_a_ban_is_taken_back_however_long_ago_it_was(server: Running) -> None:
    """As long as it holds; without an end it always does."""
    async with chatting(server, "Ann") as ann, chatting(server, "Bob", "class") as bob:
        await make_class(ann)
        for seconds in (0, 9 * 24 * 3600, 3600):
            assert (await moderate(ann, "ban", bob, seconds=seconds))["t"] == "ok"
        listed = (await ann.ask(t="audit", room="class", limit=3))["acts"]
        access, week = server.server._hub.access, wall_clock() + 7 * 24 * 3600 * 1000
        access.clock = lambda: week
        codes = [
            (await ann.ask(t="undo", room="class", act=one["seq"])).get("code") for one in listed
        ]
        assert codes == ["too_late", None, None]


async def test_what_cannot_be_undone_says_so(server: Running) -> None:
    """An act that is none, of another kind, or of another room; a raid of nobody."""
    async with chatting(server, "Ann") as ann:
        await make_class(ann)
        await make_class(ann, "other")
        nobody = await ann.ask(t="raid", room="class", since=2**47)
        assert nobody["code"] == "not_found"
        [made, *_] = (await ann.ask(t="audit", room="other"))["acts"]
        for act, code in ((10**9, "not_found"), (made["seq"], "bad_request")):
            assert (await ann.ask(t="undo", room="other", act=act))["code"] == code
        elsewhere = await ann.ask(t="undo", room="class", act=made["seq"])
        assert elsewhere["code"] == "not_found"


async def test_a_list_of_acts_on_very_many_people_fits_an_answer() -> None:
    """Whoever asks for it again and again is not cut off, and gets all of it page by page."""
    people = [f"{number:020x}" for number in range(200)]
    async with serving(**NO_RATES) as server, chatting(server, "Ann", "class") as ann:
        await make_class(ann)
        bans = [{"t": "moderate", "room": "class", "act": "ban", "people": people}] * 100
        for number, ban in enumerate(bans):
            assert (await ann.ask(**ban))["t"] == "ok", number
        await ann.say(*({"t": "audit", "id": number, "room": "class"} for number in range(10)))
        for _ in range(10):
            page = await ann.until("audit")
            assert page["more"]
            assert len(msgspec.json.encode(page["acts"])) <= Config().page_bytes
        seqs = [act["seq"] for act in page["acts"]]
        while page["more"]:
            page = await ann.ask(t="audit", room="class", before=seqs[-1])
            seqs += [act["seq"] for act in page["acts"]]
        assert len(seqs) == len({*seqs}) == seqs[0] - seqs[-1] + 1
