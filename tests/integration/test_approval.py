"""What strangers send with a link in it waits for a moderator, by whichever transport it comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio_websocket

from tests.integration.asking import Answer, ask, bearer, session
from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import Running, running
from tests.integration.test_links import join
from tests.integration.test_moderation import make_class, moderate, texts
from tests.integration.test_unavailable import locked
from trio_chat.core import held
from trio_chat.remote import Message, Refused, RoomRules, acts, connect

LINK = "cheap tea: https://spam.example/"
DAY = 24 * 60 * 60 * 1000  # milliseconds
CID = "5f0c1b7e-8d0a-4a51"


@asynccontextmanager
async def three(server: Running) -> AsyncIterator[tuple[Chatter, Chatter, Chatter]]:
    """Have a moderator, somebody new and a third one in a room that holds links."""
    async with (
        chatting(server, "Ann") as ann,
        chatting(server, "Eve", "class") as eve,
        chatting(server, "Bob", "class") as bob,
    ):
        await make_class(ann)
        await ann.ask(t="rules", room="class", hold_links=True)
        for one in (ann, eve, bob):
            assert (await one.until("rules"))["rules"] == {"hold_links": True}
        yield ann, eve, bob


async def send(by: Chatter, text: str = LINK, cid: str = CID) -> Object:
    """Send a message as a client does that does not know yet what becomes of it."""
    return await by.ask(t="send", room="class", text=text, cid=cid)


async def waiting(moderator: Chatter) -> list[Object]:
    """Return what waits."""
    told = await moderator.ask(t="held", room="class")
    assert told["t"] == "held", told
    messages: list[Object] = told["messages"]
    return messages


async def review(by: Chatter, number: int, act: str, why: str = "") -> Object:
    """Approve or reject something."""
    return await by.ask(t="review", room="class", held=number, act=act, why=why)


async def test_a_link_of_somebody_new_waits_for_a_moderator(server: Running) -> None:
    """Nobody is told and no number is given before that; then it is as any message of theirs."""
    async with three(server) as (ann, eve, bob):
        for _ in range(2):
            refused = await send(eve)
            assert (refused["t"], refused["code"], "retry_ms" in refused) == (
                "error",
                "held",
                False,
            )
        before = await bob.send("class", "hello")
        assert (await bob.until("msg"))["text"] == "hello"
        [one] = await waiting(ann)
        assert (one["text"], one["from"], one["ts"] > 0) == (LINK, eve.who, True)
        for other in (eve, bob):
            refusals = [
                await other.ask(t="held", room="class"),
                await review(other, one["held"], "approve"),
            ]
            assert [each["code"] for each in refusals] == ["not_moderator", "not_moderator"]
        sent = await review(ann, one["held"], "approve")
        assert (sent["t"], sent["seq"]) == ("ok", before + 1)
        for all_others in (eve, bob):
            told = await all_others.until("msg")
            while told["seq"] != sent["seq"]:
                told = await all_others.until("msg")
            assert (told["text"], told["from"], told["cid"]) == (LINK, eve.who, CID)
        resent = await send(eve)
        assert (resent["t"], resent["seq"], resent["dup"]) == ("ok", sent["seq"], True)
        assert await waiting(ann) == []
        assert (await review(ann, one["held"], "approve"))["code"] == "not_found"
        assert (await send(eve, "other words"))["code"] == "key_reused"


async def test_what_moderators_decide_about_messages_is_listed(server: Running) -> None:
    """Without a text, each once, and what authors delete themselves is not; nor is it undone."""
    async with three(server) as (ann, eve, bob):
        edited = await eve.send("class", "no link")
        await send(eve)
        change = await eve.ask(t="edit", room="class", seq=edited, text=LINK)
        assert change["code"] == "held"
        await ask(server, "POST", "/rooms/class/messages", LINK)
        first, second, third = await waiting(ann)
        requests = [
            {"t": "review", "id": number, "room": "class", "held": first["held"], "act": "approve"}
            for number in (8001, 8002)
        ]
        await ann.say(*requests)  # twice at once
        told = await ann.all_until("ok") + await ann.all_until("ok")
        [sent] = {one["seq"] for one in told if one["t"] == "ok"}
        assert (await review(ann, second["held"], "approve"))["t"] == "ok"
        assert (await review(ann, third["held"], "reject", " an  advert"))["t"] == "ok"
        assert (await eve.ask(t="delete", room="class", seq=sent))["t"] == "ok"
        for seq in (await bob.send("class", "x"), await ann.send("class", "y")):
            assert (await ann.ask(t="delete", room="class", seq=seq))["t"] == "ok"
        listed = (await ann.ask(t="audit", room="class", limit=4))["acts"]
        nobody = {"id": "", "nick": ""}
        assert [{**one["act"], "by": one["from"]["nick"]} for one in listed] == [
            {"t": "deleted", "about": "class", "people": [bob.who], "target": seq - 1, "by": "Ann"},
            {
                "t": "reviewed",
                "about": "class",
                "kind": "reject",
                "people": [nobody],
                "why": "an advert",
                "by": "Ann",
            },
            *(
                {
                    "t": "reviewed",
                    "about": "class",
                    "kind": "approve",
                    "people": [eve.who],
                    "target": target,
                    "by": "Ann",
                }
                for target in (edited, sent)
            ),
        ]
        for one in listed:
            refused = await ann.ask(t="undo", room="class", act=one["seq"])
            assert (refused["code"], refused["text"]) == (
                "bad_request",
                "that cannot be taken back",
            )


async def test_what_is_rejected_is_gone(server: Running) -> None:
    """Its sender may send it again, and say all else."""
    async with three(server) as (ann, eve, _):
        await send(eve)
        [one] = await waiting(ann)
        rejected = await review(ann, one["held"], "reject")
        assert (rejected["t"], "seq" in rejected) == ("ok", False)
        assert (await review(ann, one["held"], "reject"))["code"] == "not_found"
        assert await waiting(ann) == []
        await eve.send("class", "no link")
        assert await texts(ann) == ["no link"]
        assert (await send(eve))["code"] == "held"


async def test_an_edit_waits_too(server: Running) -> None:
    """Until then the message is as it was; what cannot be edited is refused at once."""
    async with three(server) as (ann, eve, bob):
        seq = await eve.send("class", "tea?")
        edit = {"t": "edit", "room": "class", "text": LINK}
        assert (await eve.ask(**edit, seq=seq, cid=CID))["code"] == "held"
        assert (await eve.ask(**edit, seq=seq + 1))["code"] == "not_found"
        assert (await bob.ask(**edit, seq=seq))["code"] == "not_yours"
        assert await texts(bob) == ["tea?"]
        [one] = await waiting(ann)
        assert (one["edits"], one["text"]) == (seq, LINK)
        assert (await review(ann, one["held"], "approve"))["t"] == "ok"
        assert (await bob.until("edit"))["text"] == LINK
        assert await texts(bob) == [LINK]
        assert (await eve.ask(**edit, seq=seq, cid=CID))["dup"]
        assert (await eve.ask(**edit, seq=seq))["code"] == "held"
        await eve.ask(t="delete", room="class", seq=seq)
        [late] = await waiting(ann)
        assert (await review(ann, late["held"], "approve"))["code"] == "not_found"
        assert (await review(ann, late["held"], "reject"))["t"] == "ok"


async def test_a_topic_with_a_link_is_refused(server: Running) -> None:
    """All would see it, also in the list of rooms; moderators may set one."""
    async with three(server) as (ann, eve, _):
        assert (await eve.ask(t="topic", room="class", text=LINK))["code"] == "no_links"
        assert (await eve.ask(t="topic", room="class", text="tea"))["t"] == "ok"
        assert (await ann.ask(t="topic", room="class", text=LINK))["t"] == "ok"


async def test_two_moderators_send_it_once(server: Running) -> None:
    """Whoever is second gets the same number, or is told that nothing waits any more."""
    async with three(server) as (ann, eve, _):
        await eve.ask(t="send", room="class", text=LINK)
        [one] = await waiting(ann)
        request = {"t": "review", "room": "class", "held": one["held"], "act": "approve"}
        await ann.say({**request, "id": 1}, {**request, "id": 2})
        first, second = await ann.until("ok"), await ann.until("ok", "error")
        assert second.get("seq", first["seq"]) == first["seq"]
        assert await texts(ann) == [LINK]


async def test_whoever_is_known_for_a_day_needs_no_approval(server: Running) -> None:
    """Nor do moderators; nor does anybody in other rooms."""
    async with three(server) as (ann, eve, bob):
        await join(eve, "tea")
        assert (await eve.ask(t="send", room="tea", text=LINK))["t"] == "ok"
        await ann.send("class", LINK)
        access = server.server._hub.access
        now = access.clock() + DAY
        access.clock = lambda: now
        async with chatting(server, "Eve", "class", session=eve.session) as again:
            await again.until("joined")
            await again.send("class", LINK)
        async with chatting(server, "New", "class") as new:
            await new.until("joined")
            assert (await send(new))["code"] == "held"
        await ann.ask(t="rules", room="class")
        await bob.until("rules")
        await bob.send("class", LINK)
        assert len(await waiting(ann)) == 1  # the end of the rule sends nothing


@pytest.mark.parametrize("act", ["mute", "ban", "clear", "kick"])
async def test_acts_on_the_sender_drop_what_waits(server: Running, act: str) -> None:
    """But for a kick: they may come back. What others have sent stays."""
    async with three(server) as (ann, eve, bob):
        await send(eve)
        await send(bob, cid="another-cid")
        assert (await moderate(ann, act, eve))["t"] == "ok"
        left = [one["from"]["nick"] for one in await waiting(ann)]
        assert left == (["Eve", "Bob"] if act == "kick" else ["Bob"])


async def test_links_are_held_in_raid_mode(server: Running) -> None:
    """Of those who need not wait any more to speak; what raiders have sent is dropped.

    Nor does anybody new send pictures.
    """
    async with chatting(server, "Ann") as ann, chatting(server, "Eve", "class") as eve:
        async with chatting(server, "Bob") as bob:
            pass
        await make_class(ann)
        await ann.ask(t="rules", room="class", hold_links=True)
        await eve.until("joined")
        assert (await send(eve))["code"] == "held"
        await ann.ask(t="rules", room="class")
        await ann.ask(t="raid", room="class", people=[eve.who["id"]], since=0)
        assert (await eve.ending())[1] == 4503
        assert await waiting(ann) == []
        access = server.server._hub.access
        now = access.clock() + 16 * 60 * 1000
        access.clock = lambda: now
        async with chatting(server, "Bob", "class", session=bob.session) as again:
            rules = (await again.until("joined"))["rules"]
            assert rules == {"newcomers": 900, "hold_links": True, "no_files": True}
            assert (await send(again))["code"] == "held"
            sent = await again.ask(t="send", room="class", text="look", files=[{"id": "x" * 22}])
            assert sent["code"] == "no_files"
            now += 60 * 60 * 1000
            await again.send("class", LINK)


async def test_so_much_waits_and_so_much_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much is refused in words of its own; a list ends where a page does."""
    monkeypatch.setattr(held, "EACH", 10)
    monkeypatch.setattr(held, "IN_ROOM", 9)
    async with running(page_bytes=20_000) as server, three(server) as (ann, eve, _):
        long = LINK.ljust(3_500, "x")
        codes = [(await send(eve, long, f"cid-of-{n:04}"))["code"] for n in range(10)]
        assert codes == ["held"] * 9 + ["too_many_held"]
        told = await ann.ask(t="held", room="class")
        assert (len(told["messages"]), told["more"]) == (5, True)
        assert all(one["text"] == long for one in told["messages"])
        for one in told["messages"]:
            await review(ann, one["held"], "reject")
        told = await ann.ask(t="held", room="class")
        assert (len(told["messages"]), told["more"]) == (4, False)


def contents(folder: Path) -> list[bytes]:
    """Return what is in the files of a folder."""
    return [file.read_bytes() for file in folder.iterdir() if file.is_file()]


async def test_nothing_of_it_is_in_a_file_before_it_is_approved(tmp_path: Path) -> None:
    """And a restart drops it."""
    database = tmp_path / "chat.db"
    async with running(database=str(database)) as server, three(server) as (ann, eve, _):
        await send(eve)
        assert len(await waiting(ann)) == 1
        await ann.send("class", "welcome")
        while_it_waits = contents(tmp_path)
    for files in (while_it_waits, contents(tmp_path)):
        assert any(b"welcome" in data for data in files)
        assert not any(b"spam.example" in data for data in files)
    async with (
        running(database=str(database)) as server,
        chatting(server, "Ann", "class", session=ann.session) as ann,
    ):
        assert await waiting(ann) == []


async def test_what_cannot_be_kept_still_waits(tmp_path: Path) -> None:
    """The moderator is told when to try again."""
    database = tmp_path / "chat.db"
    async with running(database=str(database)) as server, three(server) as (ann, eve, _):
        await send(eve)
        [one] = await waiting(ann)
        with locked(database):
            refused = await review(ann, one["held"], "approve")
            assert refused["code"] == "unavailable"
        assert await waiting(ann) == [one]
        while (told := await review(ann, one["held"], "approve"))["t"] == "error":
            await trio.sleep(told["retry_ms"] / 1000)
        assert await texts(ann) == [LINK]


async def test_the_plain_dialect_is_told_in_words(server: Running) -> None:
    """Who has no name is new when they connect; also by the rule that lets newcomers wait."""
    async with (
        three(server) as (ann, _, bob),
        trio_websocket.open_websocket_url(f"{server.ws}?room=class") as plain,
    ):
        await plain.send_message(LINK)
        assert str(await plain.get_message()).startswith("(it waits for a moderator")
        [one] = await waiting(ann)
        assert "from" not in one
        assert (await review(ann, one["held"], "approve"))["t"] == "ok"
        assert await plain.get_message() == f": {LINK}"
        assert (await bob.until("msg"))["text"] == LINK
        await ann.ask(t="rules", room="class", newcomers=3600)
        await plain.send_message("no link")
        assert str(await plain.get_message()).startswith("(newcomers may not speak here yet")


async def test_it_waits_over_http_and_is_dealt_with_there(server: Running) -> None:
    """With the same codes; nobody else is shown what waits."""
    ann, eve = bearer(await session(server, "Ann")), bearer(await session(server, "Eve"))
    room = "/rooms/class"

    async def post(text: str = LINK, **headers: str) -> Answer:
        return await ask(server, "POST", f"{room}/messages", text, **headers)

    await ask(server, "POST", "/rooms", {"name": "class"}, authorization=ann)
    rules = {"hold_links": True}
    assert (await ask(server, "PUT", f"{room}/rules", rules, authorization=ann)).status == 200
    for headers in ({"authorization": eve, "idempotency_key": CID}, {}):
        for _ in range(2):
            refused = await post(**headers)
            assert (refused.status, refused.code) == (403, "held")
    said = await post("tea?", authorization=eve)
    path = f"{room}/messages/{said.json['seq']}"
    edited = await ask(server, "PUT", path, LINK, authorization=eve)
    assert (edited.status, edited.code) == (403, "held")
    for headers, status in (({"authorization": eve}, 403), ({}, 401)):
        assert (await ask(server, "GET", f"{room}/held", **headers)).status == status
    told = (await ask(server, "GET", f"{room}/held", authorization=ann)).json
    assert not told["more"]
    first, second, third, last = told["messages"]
    assert ["from" in one for one in (first, second, third, last)] == [True, False, False, True]
    assert last["edits"] == said.json["seq"]

    async def decide(one: Object, act: str) -> Answer:
        body = {"act": act, "why": "seen"}
        return await ask(server, "POST", f"{room}/held/{one['held']}", body, authorization=ann)

    sent = await decide(first, "approve")
    assert sent.status == 200
    again = await post(authorization=eve, idempotency_key=CID)
    assert (again.status, again.json["seq"], again.json["dup"]) == (200, sent.json["seq"], True)
    dropped = await decide(second, "reject")
    assert (dropped.status, dropped.body) == (204, b"")
    assert (await decide(second, "reject")).code == "not_found"
    assert (await decide(third, "forget")).code == "bad_request"
    elsewhere = f"/rooms/tea/held/{third['held']}"
    await ask(server, "POST", "/rooms", {"name": "tea"}, authorization=ann)
    missing = await ask(server, "POST", elsewhere, {"act": "approve"}, authorization=ann)
    assert missing.code == "not_found"


async def test_the_python_client_sends_and_drops_what_waits(server: Running) -> None:
    """And raises for the sender."""
    async with connect(server.ws, nick="Ann") as ann, connect(server.ws, nick="Eve") as eve:
        await ann.create("class")
        hers, theirs = await ann.join("class"), await eve.join("class")
        await hers.set_rules(RoomRules(hold_links=True))
        for text in (LINK, f"once more: {LINK}"):
            with pytest.raises(Refused, match="waits for a moderator") as refused:
                await theirs.send(text)
            assert refused.value.code == "held"
        listed = await hers.held()
        assert ([one.who for one in listed.messages], listed.more) == ([eve.me, eve.me], False)
        first, second = listed.messages
        await hers.approve(first.held, "seen")
        await hers.reject(second.held, "twice")
        assert (await hers.held()).messages == []
        found = [info.act for info in (await hers.audit(limit=2)).acts]
        whys = [act.why for act in found if isinstance(act, acts.Reviewed)]
        assert whys == ["twice", "seen"]
        with trio.fail_after(60):
            async for message in theirs:
                assert isinstance(message, Message)
                assert (message.text, message.who) == (LINK, eve.me)
                break
        with pytest.raises(Refused, match="not_moderator"):
            await theirs.held()
