"""Every setting that limits something is counted once when it refuses, or has a reason why not."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.integration.chatters import Object, chatting
from tests.integration.running import Running, serving, status
from trio_chat.config import Config
from trio_chat.rates import Rate

TOO_MANY, UNAVAILABLE = 429, 503
LITTLE = 0.0001  # tokens in a second: there are no more than the bucket has
SEND = {"t": "send", "room": "tea", "text": "x"}
PRIVATE = {"t": "create", "name": "Tea", "private": True}
# What somebody in a room asks for until a rate refuses it, or drops it in silence.
ASKED: dict[str, Object] = {
    "send_rate": SEND,
    "change_rate": {"t": "react", "room": "tea", "seq": 1, "emoji": "🍋"},
    "topic_rate": {"t": "topic", "room": "tea", "text": "x"},
    "nick_rate": {"t": "nick", "nick": "Ann"},
    "join_rate": {"t": "join", "room": "tea"},
    "typing_rate": {"t": "typing", "room": "tea"},
    "read_rate": {"t": "read", "room": "tea", "seq": 1},
    "history_rate": {"t": "history", "room": "tea"},
    "search_rate": {"t": "search", "room": "tea", "query": "x"},
    "list_rate": {"t": "rooms"},
    "invalid_rate": {"t": "send"},
    "govern_rate": PRIVATE,
    "moderate_rate": {"t": "moderate", "room": "tea", "act": "kick", "people": ["x"]},
    "room_rate": SEND,
    "address_write_rate": SEND,
}
OF_THE_ACCEPTOR = {  # rates of what comes before a request, or is one over HTTP
    "connect_rate": ("accept", b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "http_rate": ("http", b"GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "handshake_rate": ("http", b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n"),
}
SHOWN_BY = {  # tests of their own, which look at the counters
    "byte_rate": "test_limits.py::test_a_follower_who_sends_is_counted_as_one",
    "control_rate": "test_limits.py::test_what_is_sent_too_fast_is_read_more_slowly_and_not_lost",
    "resume_rate": "test_limits.py::test_pages_of_missed_events_have_a_rate",
    "connections_per_address": "test_limits.py::test_a_crowd_behind_a_trusted_proxy_is_no_abuse",
    "waiting_per_address": "../unit/test_admission.py::"
    "test_so_many_connections_of_one_address_may_wait",
    "tls_rate": "test_tls.py::test_tls_handshakes_of_an_address_have_a_rate",
    "password_rate": "test_access.py::test_guesses_are_slowed_and_counted_by_address",
    "address_byte_rate": "../unit/test_acceptor.py::"
    "test_what_a_request_brings_is_paid_for_in_bytes",
    "upload_rate": "test_files.py::test_who_uploads_too_much_has_to_wait",
    "file_byte_rate": "test_files.py::test_who_uploads_too_much_has_to_wait",
    "address_file_rate": "test_files.py::test_what_an_address_uploads_is_read_as_fast_as_it_may",
    "new_room_rate": "../unit/test_request_limits.py::"
    "test_an_address_begins_so_many_rooms_in_an_hour",
    "new_name_rate": "../unit/test_request_limits.py::"
    "test_an_address_brings_so_many_new_people_in_an_hour",
} | {
    name: f"test_counted_limits.py::{test}"
    for test, names in {
        "test_requests_beyond_the_limit_of_a_frame_are_counted": "frame_requests",
        "test_rooms_beyond_the_limit_of_a_connection_are_counted": "rooms_per_connection",
        "test_private_rooms_and_links_beyond_their_limits_are_counted": (
            "private_rooms links_per_room"
        ),
        "test_changes_of_messages_beyond_their_limits_are_counted": (
            "reactions_per_message changes_per_message"
        ),
        "test_look_ups_beyond_the_limit_of_a_connection_are_counted": "look_ups",
        "test_frames_beyond_their_limits_are_counted": "frame_limit fragment_limit",
        "test_who_reads_too_slowly_is_counted": (
            "outbox_bytes outbox_frames all_outbox_bytes write_timeout"
        ),
    }.items()
    for name in names.split()
}
TOO_LONG = "what is too long in itself is an error of its sender"
CUT = "answers are cut there, or come in pages; nobody is refused"
FORGOTTEN = "what is beyond is forgotten, or read from the database; nobody is refused"
WAITED = "others wait, and nobody is refused"
DEADLINE = "the end of a wait for one peer, who is slow or gone"
CHOICE = "it says how other limits work, and refuses nothing"
NOT_COUNTED = {
    name: reason
    for reason, names in {
        TOO_LONG: (
            "head_limit text_limit topic_limit nick_limit room_limit file_limit files_per_message"
        ),
        CUT: "members_listed history_page page_bytes",
        FORGOTTEN: (
            "names_kept resume_limit recent_bytes all_recent_bytes replay_bytes all_replay_bytes"
        ),
        WAITED: "access_checks catch_up_bytes inbox_requests keep_alive_requests",
        DEADLINE: (
            "head_timeout http_timeout keep_alive_timeout call_timeout access_timeout "
            "hello_timeout read_timeout pong_timeout close_timeout drain_timeout "
            "drain_delay return_window upload_timeout unused_file_timeout"
        ),
        CHOICE: (
            "loopback_limits rate_patience flood_timeout hold_links_for presence_grace "
            "commit_interval erase_within ping_interval send_buffer"
        ),
        "the log has a line of its own for lines that are lost": "log_lines log_rate log_timeout",
    }.items()
    for name in names.split()
}
HERE = {*ASKED, *OF_THE_ACCEPTOR, "frame_rate", "link_guess_rate", "lag_limit", "max_connections"}
SETTINGS = {one.name for one in fields(Config) if one.metadata["group"] in ("limits", "rates")}


def test_each_setting_is_counted_or_has_a_reason_why_not() -> None:
    """One of both; and the tests that show it are there."""
    assert sorted([*HERE, *SHOWN_BY, *NOT_COUNTED]) == sorted(SETTINGS)
    for name, shown in SHOWN_BY.items():
        file, _, test = shown.partition("::")
        source = (Path(__file__).parent / file).read_text(encoding="utf-8")
        assert f"def {test}(" in source, name
        assert f'"{name}"' in source or name in source, name


def refusals(server: Running) -> dict[tuple[str, str], int]:
    """Return what was counted, by setting and way in."""
    return dict(server.server._limits.counters.reached)


@pytest.mark.parametrize("name", ASKED)
async def test_a_refusal_by_a_rate_of_requests_counts_once(name: str) -> None:
    """By its own name, whichever other rates the request has."""
    rates: dict[str, Any] = {name: Rate(LITTLE, 3), "loopback_limits": "on"}
    async with serving(**rates, rate_patience=0) as server, chatting(server, "Ann") as ann:
        await ann.ask(t="join", room="tea")
        then = "rooms" if name == "history_rate" else "history"
        for _ in range(4):
            await ann.say({"id": 1, **ASKED[name]})
            await ann.ask(t=then, room="tea")
            if refusals(server):
                break
        assert refusals(server) == {(name, "socket"): 1}


@pytest.mark.parametrize("name", OF_THE_ACCEPTOR)
async def test_a_refusal_by_a_rate_of_the_acceptor_counts_once(name: str) -> None:
    """Of connections, WebSockets and requests over HTTP."""
    rates: dict[str, Any] = {name: Rate(LITTLE, 1), "loopback_limits": "on"}
    way_in, wire = OF_THE_ACCEPTOR[name]
    async with serving(**rates, rate_patience=0) as server:
        await server.exchange(wire)
        assert status(await server.exchange(wire)) == TOO_MANY
        assert refusals(server) == {(name, way_in): 1}


async def test_frames_that_come_too_fast_count_once() -> None:
    """They are read later, and not refused."""
    async with serving(frame_rate=Rate(10, 2)) as server, chatting(server, "Ann") as ann:
        await ann.ask(t="rooms")
        await ann.ask(t="rooms")
        assert refusals(server) == {("frame_rate", "socket"): 1}


async def test_a_secret_of_no_link_beyond_the_rate_counts_once() -> None:
    """The one before it is only wrong."""
    rates: dict[str, Any] = {"link_guess_rate": Rate(LITTLE, 1), "loopback_limits": "on"}
    async with serving(**rates) as server, chatting(server, "Ann") as ann:
        for _ in range(2):
            await ann.ask(t="join", room="tea", link="no-such-secret")
        assert refusals(server) == {("link_guess_rate", "link"): 1}


async def test_a_connection_that_a_full_or_late_server_refuses_counts_once() -> None:
    """Under the setting that is the reason."""
    wire = OF_THE_ACCEPTOR["connect_rate"][1]
    async with serving(max_connections=1) as server:
        async with await server.shake_hands():
            assert status(await server.exchange(wire)) == UNAVAILABLE
        assert refusals(server) == {("max_connections", "accept"): 1}
    async with serving() as server:
        server.server._limits.overload.reason = "lag"
        assert status(await server.exchange(wire)) == UNAVAILABLE
        assert refusals(server) == {("lag_limit", "accept"): 1}


async def test_what_is_dropped_in_silence_counts_too() -> None:
    """Whoever tells too often how far a room is read, and wants no answer."""
    async with serving(read_rate=Rate(LITTLE, 1)) as server, chatting(server, "Ann") as ann:
        await ann.say(*[{"t": "read", "room": "tea", "seq": 1}] * 2)
        await ann.ask(t="rooms")
        assert refusals(server) == {("read_rate", "socket"): 1}
