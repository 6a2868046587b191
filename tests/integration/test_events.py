"""Following a room over HTTP, on real sockets: everything once, in order, at nobody's cost."""

import random
from pathlib import Path

import pytest
import trio

from tests.integration.asking import ask
from tests.integration.chatters import chatting
from tests.integration.followers import Follower, following, request
from tests.integration.running import (
    PATIENCE,
    Running,
    header,
    read_all,
    running,
    serving,
    status,
)
from tests.integration.stalling import SMALL, until_gone, until_there
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Pruned
from trio_chat.protocol.close import NOT_TO_TALK, RESTARTING

MESSAGES = "/rooms/tea/messages"
ORIGIN = "https://good.example"


async def post(server: Running, text: str) -> None:
    assert (await ask(server, "POST", MESSAGES, text)).status == 201


async def seqs_until(follower: Follower, last: int) -> list[int]:
    """Return the numbers of what comes, up to one."""
    found: list[int] = []
    while last not in found:
        told = await follower.next()
        found += [told.data["seq"]] if "seq" in told.data else []
    return found


async def test_a_follower_gets_what_members_get() -> None:
    """From the moment in which it is told where the room is; and nobody sees it."""
    async with running() as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "before")
        await ann.until("msg")
        async with following(server) as fay:
            joined = await fay.next()
            assert joined.event == "joined"
            assert joined.data["members"] == [ann.who]
            assert joined.id == f"{ann.epoch}.1"
            await ann.send("tea", "line\nline")
            await ann.ask(t="edit", room="tea", seq=2, text="lines")
            for kind, seq in (("msg", 2), ("edit", 3)):
                told, heard = await fay.next(), await ann.until(kind)
                assert (told.event, told.id) == (kind, f"{ann.epoch}.{seq}")
                assert told.data == heard
            async with chatting(server, "Bob", "tea") as bob:
                assert (await bob.until("joined"))["members"] == [ann.who, bob.who]
                assert (await fay.next()).data["who"] == bob.who
            rooms = (await ask(server, "GET", "/rooms")).json["rooms"]
            assert [room["members"] for room in rooms if room["room"] == "tea"] == [2]


async def test_a_room_that_is_only_followed_is_not_listed() -> None:
    """Nobody is in it, and nothing was said."""
    async with serving() as server, following(server, "silent") as fay:
        assert (await fay.next()).data["last"] == 0
        assert (await ask(server, "GET", "/rooms")).json["rooms"] == []


async def test_a_stream_that_is_cut_goes_on_without_a_loss_or_a_double() -> None:
    """Wherever the cut is, also in an event, and while others talk."""
    count, seen, last_id = 60, list[int](), ""
    rng = random.Random(0)  # noqa: S311 - no secret
    async with running(resume_limit=5) as server, trio.open_nursery() as nursery:

        async def talk() -> None:
            for number in range(count):
                await post(server, f"{number}")

        nursery.start_soon(talk)
        while count not in seen:
            headers = [f"Last-Event-ID: {last_id}"] if last_id else []
            query = "" if last_id else "?last=0"
            async with following(server, "tea", *headers, query=query) as fay:
                for _ in range(rng.randrange(1, 8)):
                    told = await fay.next()
                    seen += [told.data["seq"]] if told.event == "msg" else []
                    if told.data.get("seq") == count:
                        break
                last_id = fay.last_id
    assert seen == [*range(1, count + 1)]


async def test_a_stream_goes_on_after_a_restart(tmp_path: Path) -> None:
    """With what was said since; the epoch is kept with the messages."""
    database = str(tmp_path / "chat.db")
    async with serving(database=database) as server, following(server) as fay:
        await fay.next()
        await post(server, "seen")
        last_id = (await fay.next()).id
        await post(server, "not looked at")
    async with (
        serving(database=database) as server,
        following(server, "tea", f"Last-Event-ID: {last_id}") as fay,
    ):
        joined = await fay.next()
        assert (joined.id, "reset" in joined.data) == (last_id, False)
        assert (await fay.next()).data["text"] == "not looked at"


async def test_a_number_alone_is_a_place_to_go_on_at() -> None:
    """As a page of messages tells it; the first event has the id in full."""
    async with serving() as server:
        for text in ("a", "b"):
            await post(server, text)
        page = (await ask(server, "GET", MESSAGES + "?limit=2")).json["messages"]
        async with following(server, query=f"?last={page[0]['seq']}") as fay:
            joined = await fay.next()
            assert joined.id == f"{joined.data['epoch']}.1"
            assert (await fay.next()).data["text"] == "b"


async def test_a_loss_to_retention_is_told() -> None:
    """With the first number that is left, which comes next."""
    journal = MemoryJournal()
    async with serving(journal=journal) as server:
        for number in range(5):
            await post(server, f"{number}")
        first = await journal.prune(2, 0)
        server.server._inbox.post(Pruned(first))
        async with following(server, query="?last=1") as fay:
            assert (await fay.next()).data["gap"] == 4
            assert await seqs_until(fay, 5) == [4, 5]


async def test_numbers_of_another_epoch_are_told_to_be_none() -> None:
    """The server has begun anew; the stream goes on with what is new here."""
    async with serving() as server:
        await post(server, "old")
        async with following(server, "tea", "Last-Event-ID: another.7") as fay:
            joined = await fay.next()
            assert joined.data["reset"] is True
            assert joined.id == f"{joined.data['epoch']}.1"
            await post(server, "new")
            assert (await fay.next()).data["text"] == "new"


async def test_a_long_past_comes_while_the_follower_reads() -> None:
    """Page by page, and then goes over into what is new."""
    async with running(resume_limit=10) as server, chatting(server, "Ann", "tea") as ann:
        for number in range(105):
            await ann.send("tea", f"{number}")
        async with following(server, query="?last=0") as fay:
            assert await seqs_until(fay, 105) == [*range(1, 106)]
            await ann.send("tea", "new")
            assert await seqs_until(fay, 106) == [106]


async def test_a_follower_that_does_not_read_is_dropped_and_nobody_else_waits() -> None:
    """Like every peer that stops reading."""
    async with (
        running(write_timeout=1.0) as server,
        chatting(server, "Ann", "tea") as ann,
        following(server, buffer=SMALL) as stuck,
        following(server) as fay,
    ):
        await until_there(server, 3)
        await fay.until("joined")

        async def say() -> None:
            seq = await ann.send("tea", "x" * 4000)
            assert await seqs_until(fay, seq) == [seq]

        said = await until_gone(server, left=2, prod=say)
        assert len(await read_all(stuck.stream)) < said * 4000


async def test_a_silent_stream_gets_comments() -> None:
    """Lest a proxy take it for dead; no answer is expected."""
    async with (
        serving(ping_interval=0.2, pong_timeout=0.1) as server,
        following(server) as fay,
    ):
        await fay.next()
        wire = b""
        with trio.fail_after(PATIENCE):
            while wire.count(b":\n\n") < 3:
                wire += bytes(await fay.stream.receive_some(100))
        assert wire.replace(b":\n\n", b"") == b""


async def test_shutdown_tells_followers_why_and_ends_the_stream() -> None:
    """With ``bye``, and then it is over at once."""
    async with (
        serving(close_timeout=1000, drain_timeout=1000) as server,
        following(server) as fay,
    ):
        await fay.next()
        server.server.stop(RESTARTING)
        [bye] = await fay.rest()
        assert (bye.event, bye.id) == ("bye", None)
        assert bye.data == {"t": "bye", "code": 1012, "reason": RESTARTING[1], "retry_ms": 1000}


async def test_who_talks_into_its_stream_is_sent_away() -> None:
    """It has asked for all there is."""
    async with running() as server, following(server) as fay:
        await fay.next()
        await fay.stream.send_all(request("tea"))
        [bye] = await fay.rest()
        assert (bye.data["code"], bye.data["reason"]) == NOT_TO_TALK


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "tea/events", 405),
        ("GET", "-/events", 400),
        ("GET", f"tea/events?{'%41=%41&' * 600}last=1", 400),
        ("HEAD", "-/events", 400),
        ("HEAD", "tea/events", 200),
    ],
)
async def test_what_is_no_stream_is_answered_and_over(
    method: str, path: str, expected: int
) -> None:
    """As a problem; ``HEAD`` tells what would come."""
    async with serving() as server:
        answer = await ask(server, method, f"/rooms/{path}", accept="text/event-stream, */*;q=0.5")
        assert answer.status == expected
        kind = "text/event-stream" if expected == 200 else "application/problem+json"
        assert answer.header("content-type") == kind
        assert (answer.header("allow") != "") is (expected == 405)
        assert (answer.header("content-length") == "") is (expected == 200)


async def test_a_page_of_another_site_follows_only_if_it_is_welcome() -> None:
    """It may ask first, as it has to when it sets the header itself."""
    async with serving(allow_origin=(ORIGIN,)) as server:
        async with following(server, "tea", f"Origin: {ORIGIN}") as fay:
            assert header(fay.head, b"access-control-allow-origin") == ORIGIN.encode()
        answer = await server.exchange(request("tea", "Origin: https://evil.example"))
        assert status(answer) == 403
        asked = await ask(
            server,
            "OPTIONS",
            "/rooms/tea/events",
            origin=ORIGIN,
            access_control_request_method="GET",
        )
        assert asked.status == 200
        assert "GET" in asked.header("access-control-allow-methods")
        assert "Last-Event-ID" in asked.header("access-control-allow-headers")


async def test_followers_are_connections_like_all_others() -> None:
    """They take a place of those that an address has."""
    async with serving(max_connections=1) as server, following(server) as fay:
        await fay.next()
        assert status(await server.exchange(request("tea"))) == 503
