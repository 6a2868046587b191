"""The HTTP API: what the socket can do, under the same rules."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trio

from tests import frames
from tests.integration.asking import API, Answer, ask, bearer, session
from tests.integration.chatters import chatting
from tests.integration.running import (
    END_OF_HEAD,
    PATIENCE,
    Running,
    header,
    read_answer,
    running,
    serving,
    status,
)
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import (
    MessagePage,
    Result,
    Unavailable,
    Unsearchable,
    Write,
)
from trio_chat.net.problems import MEDIA_TYPE
from trio_chat.rates import Rate

MESSAGES = "/rooms/tea/messages"
SEARCH = "/rooms/tea/search"
FORM = "application/x-www-form-urlencoded"
KEY = "5f0c1b7e-8d0a-4a51-9d53-6a1d3f0f7c11"


async def texts(server: Running, query: str = "") -> list[str]:
    answer = await ask(server, "GET", MESSAGES + query)
    assert answer.status == 200
    return [message["text"] for message in answer.json["messages"]]


async def test_what_is_posted_is_heard_on_the_socket() -> None:
    """Committed before it is answered, with the number it has for all, and nobody seen coming."""
    async with running() as server, chatting(server, "Ann", "tea") as ann:
        await ann.until("presence")
        answer = await ask(server, "POST", MESSAGES, "deploy done", content_type=FORM)
        assert (answer.status, answer.json["seq"]) == (201, 1)
        heard = await ann.next()
        assert (heard["t"], heard["text"], heard["seq"]) == ("msg", "deploy done", 1)
        assert "from" not in heard
        there = answer.header("location")
        read = await ask(server, "GET", there.removeprefix(API))
        assert read.json == {"seq": 1, "ts": answer.json["ts"], "text": "deploy done"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("a=b&c=%20+ ü", FORM),
        ("a=b&c=%20+ ü", "text/plain"),
        ("a=b&c=%20+ ü", "text/plain; charset=UTF-8"),
        ("a=b&c=%20+ ü", "text/plain; charset=utf8"),
        ({"text": "a=b&c=%20+ ü"}, "application/json"),
        ({"text": "a=b&c=%20+ ü \n", "unknown": 1}, "application/json; charset=utf-8"),
    ],
)
async def test_a_text_is_taken_as_it_is(body: str | dict[str, Any], content_type: str) -> None:
    """Also from ``curl -d``, which says that it is a form; only white space at its end goes."""
    async with serving() as server:
        answer = await ask(server, "POST", MESSAGES, body, content_type=content_type)
        assert answer.status == 201
        assert await texts(server) == ["a=b&c=%20+ ü"]


async def test_a_text_keeps_its_first_blanks_over_http() -> None:
    """They are part of code."""
    async with serving() as server:
        text = "    if ready:\n        go()"
        assert (await ask(server, "POST", MESSAGES, text + "\n")).status == 201
        assert await texts(server) == [text]


@pytest.mark.parametrize(
    "text", ["\u200b", "\u2800", "\u3164", "\xad", "\ufeff", "\U000e0020", " \n"]
)
async def test_a_text_that_shows_nothing_is_refused_over_http(text: str) -> None:
    """As on the socket."""
    async with serving() as server:
        answer = await ask(server, "POST", MESSAGES, {"text": text})
        assert (answer.status, answer.code) == (400, "bad_request")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("hello", "text/plain"), ('{"text": "hello"}', "application/json")],
)
async def test_a_byte_order_mark_is_no_part_of_a_body(body: str, content_type: str) -> None:
    """Some programs write one before UTF-8."""
    async with serving() as server:
        marked = f"\ufeff{body}"
        answer = await ask(server, "POST", MESSAGES, marked, content_type=content_type)
        assert answer.status == 201
        assert await texts(server) == ["hello"]


async def test_a_body_that_is_no_utf_8_is_told_as_that() -> None:
    """And nothing of it is kept."""
    async with serving() as server:
        answer = await ask(server, "POST", MESSAGES, b"Zo\xeb", content_type="text/plain")
        assert (answer.status, answer.json["detail"]) == (400, "the body is not UTF-8")
        assert await texts(server) == []


async def test_what_is_no_utf_8_in_an_address_is_refused() -> None:
    """Over every way in by HTTP; nothing is kept, or looked for, under a garbled name."""
    async with serving() as server:
        for method, path in (
            ("POST", f"{MESSAGES}?from=Zo%EB"),
            ("GET", "/rooms/tea/search?q=%EB"),
            ("GET", "/rooms/%EB/messages"),
            ("GET", "/rooms/%EB/events"),
        ):
            answer = await ask(server, method, path, "hi" if method == "POST" else None)
            assert answer.status == 400, path
        assert await texts(server) == []


async def test_a_number_in_an_address_has_digits_of_ascii() -> None:
    """As in all other places; any other is no number of a message."""
    async with serving() as server:
        assert (await ask(server, "POST", MESSAGES, "hi")).status == 201
        assert (await ask(server, "GET", f"{MESSAGES}/1")).status == 200
        for number in ("%D9%A1", "+1", "1_0", "9" * 5000):
            assert (await ask(server, "GET", f"{MESSAGES}/{number}")).status == 404, number


async def test_a_body_without_a_type_is_text() -> None:
    """As some programs send it."""
    async with serving() as server:
        assert (await ask(server, "POST", MESSAGES, "plain")).status == 201
        assert await texts(server) == ["plain"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ("", {}, 400, "bad_request"),
        (" \n ", {}, 400, "bad_request"),
        ("a\0b", {}, 400, "bad_request"),
        (b"\xff\xfe", {}, 400, "bad_request"),
        ("x" * 4001, {}, 413, "too_long"),
        ("x" * 70_000, {}, 413, "too_long"),
        ({"text": 1}, {}, 400, "bad_request"),
        ({}, {}, 400, "bad_request"),
        ({"text": "x", "reply": -1}, {}, 400, "bad_request"),
        ({"text": "x", "reply": 1}, {}, 404, "not_found"),
        ({"text": "x", "reply": 999}, {}, 404, "not_found"),
        ({"text": "x", "cid": "short"}, {}, 400, "bad_request"),
        ({"text": "x", "cid": "abcdefgh1"}, {"idempotency_key": "otherkey1"}, 400, "bad_request"),
        ({"text": "x", "from": ""}, {}, 400, "bad_nick"),
        ("{}", {"content_type": "application/json"}, 400, "bad_request"),
        ("[" * 5000, {"content_type": "application/json"}, 400, "bad_request"),
        (b'{"text": "\\ud800"}', {"content_type": "application/json"}, 400, "bad_request"),
        ("x", {"content_type": "image/png"}, 415, "unsupported_media_type"),
        ("x", {"content_type": "text/plain; charset=latin-1"}, 415, "unsupported_media_type"),
        ("x", {"idempotency_key": "short"}, 400, "bad_request"),
        ("x", {"idempotency_key": ""}, 400, "bad_request"),
        ("x", {"idempotency_key": "x" * 70}, 400, "bad_request"),
        ({"text": "x", "cid": "a-cid-00\0"}, {}, 400, "bad_request"),
        ({"text": "x", "cid": "a-cid-00\u202e"}, {}, 400, "bad_request"),
        ("x", {"authorization": "Basic QQ=="}, 401, "unauthorized"),
        ("x", {"authorization": "Bearer nobodys.token"}, 401, "unauthorized"),
        ("x", {"accept": "text/html"}, 406, "not_acceptable"),
    ],
)
async def test_what_cannot_be_posted_is_told_as_a_problem(
    body: str | bytes | dict[str, Any], headers: dict[str, str], status: int, code: str
) -> None:
    """With a status, a code for programs and words for people; nothing is said."""
    async with serving() as server:
        answer = await ask(server, "POST", MESSAGES, body, **headers)
        assert (answer.status, answer.code) == (status, code)
        assert "\u202e" not in answer.json["detail"]
        assert "truncated" not in answer.json["detail"]  # nothing of it was lost on the way
        assert (answer.header("www-authenticate") != "") is (status == 401)
        assert await texts(server) == []


async def test_a_repeat_with_the_same_key_happens_once() -> None:
    """The answer is the first one; the key may be in quotes; another's key cannot be used."""
    async with serving() as server:
        path = f"{MESSAGES}?from=bot"
        first = await ask(server, "POST", path, "once", idempotency_key=KEY)
        again = await ask(server, "POST", path, "once", idempotency_key=f'"{KEY}"')
        in_json = await ask(server, "POST", path, {"text": "once", "cid": KEY})
        other = await ask(server, "POST", f"{MESSAGES}?from=other", "x", idempotency_key=KEY)
        assert (first.status, again.status, in_json.status) == (201, 200, 200)
        assert again.json == in_json.json == {**first.json, "dup": True}
        assert again.header("location") == first.header("location")
        assert (other.status, other.code) == (409, "cid_taken")
        assert await texts(server) == ["once"]


async def test_a_key_that_is_used_for_something_else() -> None:
    """Is refused, so that nothing is lost unseen; callers without a name share no keys."""
    async with serving() as server:
        path = f"{MESSAGES}?from=bot"
        await ask(server, "POST", path, "one", idempotency_key=KEY)
        answer = await ask(server, "POST", path, "two", idempotency_key=KEY)
        assert (answer.status, answer.code) == (422, "key_reused")
        assert await texts(server) == ["one"]
        for text, status in [("a", 201), ("b", 201), ("a", 200), ("b", 200)]:
            answer = await ask(server, "POST", MESSAGES, text, idempotency_key="the-same-key")
            assert answer.status == status
        assert await texts(server) == ["one", "a", "b"]


async def test_who_only_gives_a_name_is_the_same_person_each_time() -> None:
    """However it is written, but never somebody who is connected."""
    async with serving() as server:
        for name in ("Deploy%20Bot", "deploy-bot"):
            assert (await ask(server, "POST", f"{MESSAGES}?from={name}", "x")).status == 201
        answer = await ask(server, "POST", MESSAGES, {"text": "x", "from": "Other"})
        assert answer.status == 201
        said = (await ask(server, "GET", MESSAGES)).json["messages"]
        assert [message["from"]["nick"] for message in said] == [
            "Deploy Bot",
            "deploy-bot",
            "Other",
        ]
        ids = [message["from"]["id"] for message in said]
        assert ids[0] == ids[1] != ids[2]
        async with chatting(server, "Deploy Bot", "tea"):
            taken = await ask(server, "POST", f"{MESSAGES}?from=deploy_bot", "x")
            assert (taken.status, taken.code) == (409, "nick_taken")
        assert (await ask(server, "POST", f"{MESSAGES}?from=a&from=b", "x")).status == 400


async def test_a_session_can_change_what_it_said() -> None:
    """And nobody else can."""
    async with serving() as server, chatting(server, "Bob", "tea") as bob:
        ann, eve = await session(server, "Ann"), await session(server, "Eve")
        mine = await ask(server, "POST", MESSAGES, "teh", authorization=bearer(ann))
        there = mine.header("location").removeprefix(API)
        assert (await bob.until("msg"))["from"]["nick"] == "Ann"
        edited = await ask(server, "PUT", there, "the", authorization=bearer(ann))
        assert (edited.status, edited.json["seq"]) == (200, 2)
        assert (await bob.until("edit"))["text"] == "the"
        for method, body in (("PUT", "x"), ("DELETE", None)):
            answer = await ask(server, method, there, body)
            assert (answer.status, answer.code) == (401, "unauthorized")
            answer = await ask(server, method, there, body, authorization=bearer(eve))
            assert (answer.status, answer.code) == (403, "not_yours")
        deleted = await ask(server, "DELETE", there, authorization=bearer(ann), idempotency_key=KEY)
        again = await ask(server, "DELETE", there, authorization=bearer(ann), idempotency_key=KEY)
        assert (deleted.status, again.json) == (200, {**deleted.json, "dup": True})
        assert (await ask(server, "GET", there)).json["deleted"] is True
        answer = await ask(server, "PUT", there, "x", authorization=bearer(ann))
        assert (answer.status, answer.code) == (404, "not_found")


async def test_a_session_of_the_socket_is_one_here_too() -> None:
    """A script can speak for who is connected, as they are called now or say they are."""
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        await ann.ask(t="nick", nick="Anna")
        for query in ("", "?from=Anna%20II"):
            await ask(server, "POST", MESSAGES + query, "x", authorization=bearer(ann.session))
        said = (await ask(server, "GET", MESSAGES)).json["messages"]
        assert [message["from"] for message in said] == [
            {"id": ann.who["id"], "nick": "Anna"},
            {"id": ann.who["id"], "nick": "Anna II"},
        ]
        renewed = await ask(server, "POST", "/sessions", {"nick": "A", "session": ann.session})
        assert renewed.json["you"] == {"id": ann.who["id"], "nick": "A"}
        taken = await ask(server, "POST", "/sessions", "ANNA")
        assert (taken.status, taken.code) == (409, "nick_taken")
        bad = await ask(server, "POST", "/sessions", {"nick": "A", "session": "x" * 2000})
        assert (bad.status, bad.code) == (400, "bad_request")


async def test_messages_come_in_pages() -> None:
    """Before or after a number, the latest if neither is given, the oldest first."""
    async with serving(history_page=3) as server:
        for number in range(1, 8):
            await ask(server, "POST", MESSAGES, f"{number}")
        for query, expected, more in (
            ("", "567", True),
            ("?limit=2", "67", True),
            ("?limit=99", "567", True),
            ("?before=3", "12", False),
            ("?after=5", "67", False),
            ("?after=0&limit=2", "12", True),
        ):
            page = (await ask(server, "GET", MESSAGES + query)).json
            assert [message["text"] for message in page["messages"]] == [*expected]
            assert (page["room"], page["more"]) == ("tea", more)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=",
        "before=-1",
        "after=1.0",
        "after=1&after=2",
        "before=1&after=2",
        "before=99999999999999999999",
        "before=9999999999999999",
        "after=%EF%BC%91",
    ],
)
async def test_a_page_that_cannot_be_is_a_bad_request(query: str) -> None:
    """Nothing is guessed."""
    async with serving() as server:
        answer = await ask(server, "GET", f"{MESSAGES}?{query}")
        assert (answer.status, answer.code) == (400, "bad_request")


async def test_rooms_are_listed() -> None:
    """As on the socket, whoever is in them."""
    async with serving() as server, chatting(server, "Ann", "quiet"):
        await ask(server, "POST", "/rooms/Ops/messages", "x")
        rooms = (await ask(server, "GET", "/rooms")).json["rooms"]
        assert [(room["room"], room["members"]) for room in rooms] == [("ops", 0), ("quiet", 1)]


async def test_messages_are_found() -> None:
    """As on the socket: by their words, author and time, the newest first, in pages."""
    async with serving(history_page=2) as server:
        times = []
        for name, text in (("Ann", "Green tea"), ("Ben", "tea, please"), ("Ann", "no tea <&>")):
            said = await ask(server, "POST", f"{MESSAGES}?from={name}", text)
            times.append(said.json["ts"])
        for query, expected, more in (
            ("q=tea", [3, 2], True),
            ("q=tea&before=2", [1], False),
            ("q=tea&limit=1", [3], True),
            ("q=TE*&from=ben", [2], False),
            ("q=%22green+tea%22", [1], False),
            (f"q=tea&since={times[-1] + 1}", [], False),
            ("q=tea&until=1", [], False),
        ):
            page = (await ask(server, "GET", f"{SEARCH}?{query}")).json
            assert [hit["seq"] for hit in page["hits"]] == expected, query
            assert (page["room"], page["more"]) == ("tea", more)
        [hit] = (await ask(server, "GET", f"{SEARCH}?q=no")).json["hits"]
        assert (hit["from"]["nick"], hit["snippet"], hit["marks"]) == (
            "Ann",
            "no tea <&>",
            [[0, 2]],
        )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "bad_request"),
        ("?q=", "bad_request"),
        ("?q=!!", "bad_request"),
        ("?q=a&q=b", "bad_request"),
        ("?q=" + "x" * 257, "bad_request"),
        ("?q=x&since=yesterday", "bad_request"),
        ("?q=x&limit=0", "bad_request"),
    ],
)
async def test_a_search_that_cannot_be_is_a_bad_request(query: str, code: str) -> None:
    """Nothing is guessed."""
    async with serving() as server:
        answer = await ask(server, "GET", SEARCH + query)
        assert (answer.status, answer.code) == (400, code)


async def test_a_server_that_cannot_search_says_so() -> None:
    """As its SQLite was built without an index for texts."""

    class Plain(MemoryJournal):
        async def search(self, *args: object) -> MessagePage:
            raise Unsearchable

    async with serving(journal=Plain()) as server:
        answer = await ask(server, "GET", SEARCH + "?q=x")
        assert (answer.status, answer.code) == (501, "unsupported")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "", 404, "not_found"),
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/rooms/", 404, "not_found"),
        ("GET", "//rooms", 404, "not_found"),
        ("GET", "/rooms/a/b/messages", 404, "not_found"),
        ("GET", "/rooms/a%20b/messages", 400, "bad_room"),
        ("POST", "/rooms/-/messages", 400, "bad_room"),
        ("GET", f"{MESSAGES}/7", 404, "not_found"),
        ("GET", f"{MESSAGES}/0", 404, "not_found"),
        ("GET", f"{MESSAGES}/x", 404, "not_found"),
        ("GET", f"{MESSAGES}/{2**60}", 400, "bad_request"),
        ("DELETE", MESSAGES, 405, "method_not_allowed"),
        ("PUT", "/rooms", 405, "method_not_allowed"),
        ("BREW", "/rooms", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_told_as_a_problem(
    method: str, path: str, status: int, code: str
) -> None:
    """405 with what would be allowed."""
    async with serving() as server:
        answer = await ask(server, method, path, "x" if method == "POST" else None)
        assert (answer.status, answer.code) == (status, code)
        assert (answer.header("allow") != "") is (status == 405)


@pytest.mark.parametrize("path", ["messages", "events"])
async def test_the_problem_with_a_name_of_a_room_proposes_another(path: str) -> None:
    """As it is, also if it is not of ASCII alone."""
    async with serving() as server:
        answer = await ask(server, "GET", f"/rooms/Caf%C3%A9%20Noir/{path}")
        assert (answer.status, answer.code) == (400, "bad_room")
        assert answer.json["detail"].endswith('; "caf\u00e9-noir" may be one')


async def test_head_gets_the_headers_only() -> None:
    """The same ones as GET gets."""
    async with serving() as server:
        full, head = [await ask(server, method, "/rooms") for method in ("GET", "HEAD")]
        assert (head.status, head.body) == (200, b"")
        assert head.header("content-length") == full.header("content-length")


class TestOrigins:
    """A page of another site can neither post nor read, unless it is allowed to."""

    GOOD = "https://good.example"

    async def ask(self, server: Running, method: str, origin: str, **headers: str) -> Answer:
        body = "x" if method == "POST" else None
        return await ask(server, method, MESSAGES, body, origin=origin, **headers)

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:81"])
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    async def test_a_foreign_page_is_refused(self, method: str, origin: str) -> None:
        """Also where browsers ask for no permission; and its browser shows it nothing."""
        async with serving(allow_origin=(self.GOOD,)) as server:
            answer = await self.ask(server, method, origin)
            assert (answer.status, answer.code) == (403, "foreign_origin")
            assert answer.header("access-control-allow-origin") == ""
            assert await texts(server) == []

    async def test_another_site_may_not_ask_without_an_origin(self) -> None:
        """A browser says in ``Sec-Fetch-Site`` whose link or form it is; curl says nothing."""
        routes = [
            ("POST", MESSAGES, "hello", 201, 403),
            ("GET", "/rooms/tea/search?q=hello", "", 200, 403),
            ("GET", MESSAGES, "", 200, 403),
        ]
        async with serving(allow_origin=(self.GOOD,)) as server:
            for method, path, body, expected, refused in routes:
                for fetch in ({}, {"sec_fetch_site": "same-origin"}):
                    answer = await ask(server, method, path, body, **fetch)
                    assert answer.status == expected
                cross = await ask(server, method, path, body, sec_fetch_site="cross-site")
                assert cross.status == refused
                allowed = await ask(
                    server, method, path, body, sec_fetch_site="cross-site", origin=self.GOOD
                )
                assert allowed.status == expected
            link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
            assert (await ask(server, "GET", MESSAGES, **link)).status == 200
            assert (await ask(server, "GET", "/rooms/tea/search?q=hello", **link)).status == 403
            stream = await ask(server, "GET", "/rooms/tea/events", sec_fetch_site="cross-site")
            assert (stream.status, stream.code) == (403, "foreign_origin")
            assert stream.header("x-content-type-options") == "nosniff"
            socket = await server.exchange(frames.upgrade(b"Sec-Fetch-Site: cross-site"))
            assert status(socket) == 403

    @pytest.mark.parametrize("origin", [GOOD, "http://localhost"])
    async def test_a_welcome_page_may_ask_and_see_the_answer(self, origin: str) -> None:
        """After it has asked for permission, which tells what it may send."""
        async with serving(allow_origin=(self.GOOD,)) as server:
            asked = await self.ask(server, "OPTIONS", origin, access_control_request_method="POST")
            assert asked.status == 200
            assert "POST" in asked.header("access-control-allow-methods")
            assert "Idempotency-Key" in asked.header("access-control-allow-headers")
            answer = await self.ask(server, "POST", origin)
            assert answer.status == 201
            for told in (asked, answer):
                assert told.header("access-control-allow-origin") == origin
                assert told.header("vary") == "Origin"

    @pytest.mark.parametrize(("origin", "told"), [(GOOD, GOOD), ("https://evil.example", "")])
    async def test_a_welcome_page_sees_why_it_is_refused(
        self, origin: str, told: str, tmp_path: Path
    ) -> None:
        """By the entrance, for a rate or a limit, and for a body that is none, as by the API."""
        password = tmp_path / "password"
        password.write_text("secret")
        settings: list[tuple[dict[str, Any], int]] = [
            ({"access": ("password",), "access_password_file": password}, 401),
            ({"http_rate": Rate(0.001, 1)}, 429),
            ({"connections_per_address": 1}, 429),
        ]
        chunked = b"POST /api/v1%b HTTP/1.1\r\nHost: localhost\r\nOrigin: %b\r\n" % (
            MESSAGES.encode(),
            origin.encode(),
        )
        for limits, expected in settings:
            async with (
                serving(allow_origin=(self.GOOD,), loopback_limits="on", **limits) as server,
                await server.connect() as first,
            ):
                path = b"/api/v1/rooms/tea/events"
                await first.send_all(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
                await first.receive_some(1)
                answer = await self.ask(server, "GET", origin)
                assert answer.status == expected
                assert answer.header("access-control-allow-origin") == told
                assert ("Retry-After" in answer.header("access-control-expose-headers")) == bool(
                    told
                )
        async with serving(allow_origin=(self.GOOD,)) as server:
            head = chunked + b"Transfer-Encoding: chunked\r\n\r\n"
            refused = await server.exchange(head + b"no number\r\n")
            assert status(refused) == 400
            assert header(refused, b"access-control-allow-origin") == told.encode()


async def test_while_nothing_can_be_kept_posts_are_to_come_again() -> None:
    """503, with the time after which to try again; reading may go on."""

    class Broken(MemoryJournal):
        async def commit(self, writes: Sequence[Write]) -> list[Result]:
            raise Unavailable(1500)

    async with serving(journal=Broken()) as server:
        answer = await ask(server, "POST", MESSAGES, "x")
        assert (answer.status, answer.code) == (503, "unavailable")
        assert answer.header("retry-after") == "2"
        assert await texts(server) == []


async def test_while_nothing_can_be_read_pages_are_to_come_again() -> None:
    """Likewise."""

    class Broken(MemoryJournal):
        async def messages(self, room: str, **which: int | None) -> MessagePage:
            raise Unavailable(500)

    async with serving(journal=Broken()) as server:
        answer = await ask(server, "GET", MESSAGES)
        assert (answer.status, answer.code) == (503, "unavailable")
        assert answer.header("retry-after") == "1"


async def test_a_hub_that_does_not_answer_in_time_is_told() -> None:
    """Whether its inbox is full or it is at work for too long; a repeat tells how it went."""
    gate = trio.Event()

    class Slow(MemoryJournal):
        async def commit(self, writes: Sequence[Write]) -> list[Result]:
            await gate.wait()
            return await super().commit(writes)

    async with serving(journal=Slow(), call_timeout=0.2, inbox_requests=1) as server:
        answers: list[Answer] = []

        async def post() -> None:
            answers.append(await ask(server, "POST", MESSAGES, "x", idempotency_key=KEY))

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(post)
        assert {(answer.status, answer.code) for answer in answers} == {(503, "unavailable")}
        assert answers[0].header("retry-after") == "1"
        gate.set()
        with trio.fail_after(PATIENCE):
            again = await ask(server, "POST", MESSAGES, "x", idempotency_key=KEY)
        assert (again.status, await texts(server)) == (200, ["x"])


async def test_a_crash_is_told_as_a_problem_without_its_reasons() -> None:
    """And the server goes on."""

    class Crashing(MemoryJournal):
        async def messages(self, room: str, **wanted: object) -> MessagePage:
            raise ZeroDivisionError("a bug")

    async with serving(journal=Crashing()) as server:
        answer = await ask(server, "GET", MESSAGES)
        assert (answer.status, answer.code) == (500, "server_error")
        assert b"bug" not in answer.body
        assert (await ask(server, "POST", MESSAGES, "x")).status == 201


LONG = b"X: " + b"x" * 20_000


@pytest.mark.parametrize(
    ("line", "headers", "code", "word"),
    [
        ("GET /api/v1/rooms", b"Host: localhost\r\n" + LONG, 431, "too_long"),
        ("GET /api/v1/rooms/" + "x" * 20_000, b"Host: localhost", 431, "too_long"),
        ("GET http://localhost/api/v1/rooms", b"Host: localhost\r\n" + LONG, 431, "too_long"),
        ("GET /api/v1/rooms", b"Host: localhost\r\nX: \x1b", 400, "bad_request"),
        ("GET /%61pi/v1/rooms", b"X: y", 400, "bad_request"),
        ("GET /api/v1/rooms", b"Host: evil.example", 421, "wrong_host"),
        ("GET /api/v1/rooms?from=%ff", b"Host: localhost", 400, "bad_request"),
        ("GET /api/v1/rooms", b"Host: localhost\r\nUpgrade: websocket", 404, "not_found"),
        (
            "POST /api/v1/rooms",
            b"Host: localhost\r\nTransfer-Encoding: gzip",
            501,
            "unsupported",
        ),
        (
            "POST /api/v1/rooms/tea/messages",
            b"Host: localhost\r\nContent-Length: 70000",
            413,
            "too_long",
        ),
    ],
)
async def test_what_the_acceptor_refuses_is_told_as_a_problem(
    line: str, headers: bytes, code: int, word: str
) -> None:
    """Below ``/api/``, if the path has come before what is wrong; elsewhere it is text."""
    async with serving() as server:
        wire = line.encode() + b" HTTP/1.1\r\n" + headers + b"\r\n\r\n"
        refused = await server.exchange(wire)
        assert status(refused) == code
        assert header(refused, b"content-type") == MEDIA_TYPE.encode()
        assert json.loads(refused.partition(END_OF_HEAD)[2])["code"] == word
        elsewhere = wire.replace(b"/api/", b"/r/").replace(b"/%61pi/", b"/r/")
        assert header(await server.exchange(elsewhere), b"content-type") != MEDIA_TYPE.encode()


async def test_who_asks_too_often_is_told_as_a_problem() -> None:
    """With the time after which to try again."""
    async with serving(http_rate=Rate.parse("1/h:1"), loopback_limits="on") as server:
        wire = b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert status(await server.exchange(wire)) == 200
        refused = await server.exchange(wire)
        assert (status(refused), header(refused, b"retry-after")) == (429, b"3600")
        assert json.loads(refused.partition(END_OF_HEAD)[2])["code"] == "too_fast"


POST = b"POST /api/v1/rooms/%s/messages HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST % b"tea" + b"Transfer-Encoding: chunked\r\n\r\n"


def posting(text: bytes, *, room: bytes = b"tea") -> bytes:
    """Return a request to post a text."""
    return POST % room + b"Content-Length: %d\r\n\r\n" % len(text) + text


async def test_many_requests_come_on_one_connection() -> None:
    """Of all kinds, one by one and in a bundle, in pieces, and refused ones; then a file."""
    async with serving() as server, await server.connect() as stream:
        for number in range(1, 4):
            await stream.send_all(posting(b"one"))
            answer = await read_answer(stream)
            assert (status(answer), header(answer, b"connection")) == (201, b"")
            assert header(answer, b"location").endswith(b"/%d" % number)
        for piece in (posting(b"four")[:40], posting(b"four")[40:-2], posting(b"four")[-2:]):
            await stream.send_all(piece)
            await trio.sleep(0.01)
        assert status(await read_answer(stream)) == 201
        read = b"GET /api/v1/rooms/tea/messages HTTP/1.1\r\nHost: localhost\r\n\r\n"
        file = b"GET /worker.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        nowhere = file.replace(b"worker", b"nowhere")
        bundle = [
            posting(b"five"),
            posting(b"six", room=b"-"),
            read,
            posting(b"seven"),
            nowhere,
            file,
        ]
        await stream.send_all(b"".join(bundle))
        wire = b""
        while b"etag" not in wire.lower():
            wire += await stream.receive_some(65536)
        statuses = [int(part[:3]) for part in wire.split(b"HTTP/1.1 ")[1:]]
        assert statuses == [201, 400, 200, 201, 404, 200]
        assert b'"text":"five"' in wire


async def test_elsewhere_nothing_can_be_posted() -> None:
    """Quart says so itself, and the connection is kept."""
    async with serving() as server, await server.connect() as stream:
        for _ in range(2):
            await stream.send_all(
                b"POST /r HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
            )
            answer = await read_answer(stream)
            assert (status(answer), header(answer, b"connection")) == (405, b"")


async def test_what_waits_in_a_body_is_no_request() -> None:
    """Nor is what is behind a body that is refused before it has come."""
    evil = posting(b"smuggled")
    async with serving() as server:
        for wire in (
            posting(evil),
            posting(b"x" * 70_000)[:1000] + evil,
            CHUNKED + b"5\r\nhello\r\n0\r\n\r\n" + evil,
        ):
            answer = await server.exchange(wire)
            assert answer.count(b"HTTP/1.1 ") == 1
        assert "smuggled" not in await texts(server)


async def test_a_body_is_no_longer_than_the_app_takes() -> None:
    """However it comes: in chunks nobody knows before how long it is."""
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    async with serving() as server:
        for wire in (posting(b"x" * 70_000), CHUNKED + chunk * 5 + b"0\r\n\r\n"):
            assert status(await server.exchange(wire)) == 413


async def test_the_offer_of_http_2_is_ignored() -> None:
    """As by ``curl --http2``: the connection stays HTTP/1.1, with its bodies and other requests."""
    offer = (
        b" HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
    )
    messages = b" /api/v1/rooms/tea/messages"
    post = b"POST" + messages + offer + b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
    async with running() as server, await server.connect_tcp() as stream:
        for wire, expected, content in (
            (post, 201, b'{"seq":1,'),
            (b"GET" + messages + offer + b"\r\n", 200, b'"hi"'),
            (b"GET /r/tea" + offer + b"\r\n", 200, b"<html"),
        ):
            await stream.send_all(wire)
            answer = await read_answer(stream)
            assert status(answer) == expected
            assert content in answer
