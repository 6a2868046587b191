"""Figures for Prometheus: there, documented, drawn, right, and apart from the chat."""

import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio_websocket
from prometheus_client.parser import text_string_to_metric_families

from tests.frames import TEXT, masked
from tests.integration.commands import Command, command, outcome
from tests.integration.running import (
    PATIENCE,
    Running,
    goodbye,
    header,
    read_all,
    running,
    status,
)
from tests.rates import NO_RATES
from trio_chat.metrics import endpoint, health
from trio_chat.remote import connect

DOCS = Path(__file__).parents[2] / "docs"
NAME = re.compile(r"\b(?:trio_chat|process)_[a-z_]+\b")
LISTEN = ("--metrics-listen", "127.0.0.1:0")

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def get(
    port: int, path: str = "/metrics", method: str = "GET", host: str = "localhost"
) -> bytes:
    """Return the whole answer to a request on a connection of its own."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        with trio.fail_after(PATIENCE):
            return await read_all(stream)


def body(answer: bytes) -> str:
    return answer.partition(b"\r\n\r\n")[2].decode()


async def figures(port: int) -> Figures:
    """Return all samples of a scrape."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body(await get(port)))
        for sample in family.samples
    }


def value(found: Figures, name: str, **labels: str) -> float:
    return found["trio_chat_" + name, frozenset(labels.items())]


@asynccontextmanager
async def watched(*arguments: str) -> AsyncIterator[tuple[Command, int]]:
    """Run the command for the block, with figures; the port of these is in its log."""
    async with command(*LISTEN, *arguments) as chat:
        logged = await chat.errors(until=b'"metrics"')
        found = re.search(rb"http://127.0.0.1:(\d+)/metrics", logged)
        assert found
        yield chat, int(found[1])
        if chat.process.poll() is None:
            chat.signal(signal.SIGTERM)
            assert await chat.exit_status() == 0


def port_of(server: Running) -> int:
    """Return the port with the figures."""
    assert server.server._endpoint
    [listener] = server.server._endpoint._listeners
    return int(listener.socket.getsockname()[1])


async def test_every_figure_is_documented_and_every_documented_one_is_there() -> None:
    """By name, also of those that have no sample yet."""
    async with watched() as (_, port):
        answer = await get(port)
    assert status(answer) == 200
    assert header(answer, b"content-type").startswith(b"text/plain; version=")
    families = re.findall(r"^# TYPE (\S+) (\w+)$", body(answer), re.MULTILINE)
    kinds = {"counter": "count", "gauge": "now", "histogram": "spread"}
    there = {(name, kinds[kind]) for name, kind in families}
    text = (DOCS / "metrics.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE)
    assert sorted(told) == sorted(there)
    named = {re.sub("_(bucket|sum|count)$", "", name) for name in NAME.findall(text)}
    assert named <= {name for name, _ in there}


async def test_the_dashboard_draws_what_there_is() -> None:
    """Each expression of it names figures of a running server, and each figure is drawn."""
    board = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
    drawn = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    async with watched() as (_, port):
        text = body(await get(port))
    families = set(re.findall(r"^# TYPE (\S+) \w+$", text, re.MULTILINE))
    samples = {line.partition("{")[0].partition(" ")[0] for line in text.splitlines()}
    named = {name for expression in drawn for name in NAME.findall(expression)}
    assert named - families - samples == set()
    all_drawn = {re.sub("_bucket$", "", name) for name in named}
    beside = {"info", "journal_rooms_forgotten_total"}
    rest = {"process_start_time_seconds", "process_virtual_memory_bytes"}
    assert families - all_drawn == {f"trio_chat_{name}" for name in beside} | rest


async def test_figures_follow_what_happens(tmp_path: Path) -> None:
    """What is said, kept, told and acknowledged; who comes, goes, comes back; what is refused."""
    path = str(tmp_path / "chat.db")
    async with watched("--database", path, "--changes-per-message", "60") as (chat, port):
        async with trio_websocket.open_websocket_url(chat.ws) as one:
            for _ in range(5):
                await one.send_message("hello")
                assert await one.get_message() == "hello"
            found = await figures(port)
            assert value(found, "connections", way_in="plain") == 1
            assert value(found, "open_sockets") == 1
            assert value(found, "rooms") == 1
        url = f"http://localhost:{chat.port}/"
        async with connect(url, nick="Ann") as ann:
            room = ann.room("lobby", last=2)
            await room.send("and me")
            found = await figures(port)
        assert value(found, "people") == 1
        assert value(found, "events_total", kind="msg") == 6
        assert value(found, "received_messages_total") >= 7
        assert value(found, "sent_frames_total") >= 6
        assert value(found, "sent_bytes_total") > value(found, "received_bytes_total") > 0
        assert value(found, "connections_opened_total", way_in="socket") == 1
        assert value(found, "connections_ended_total", reason="peer") == 1
        assert value(found, "resumes_total", outcome="exact") == 1
        for name in ("acknowledgement", "commit", "fan_out", "turn"):
            assert value(found, f"{name}_seconds_count") >= 6
            assert value(found, f"{name}_seconds_bucket", le="+Inf") >= 6
        assert value(found, "unanswered_writes") == 0
        assert value(found, "database_bytes") > 0
        assert value(found, "disk_free_bytes") > 0
        assert value(found, "journal_read_seconds_count") > 0
        assert value(found, "ready") == 1
        assert found["process_open_fds", frozenset()] > 3


async def test_limits_and_lateness_are_figures() -> None:
    """How often each limit was reached, by the way in; how late the loop is, now and then."""
    async with running(metrics_listen="127.0.0.1:0", frame_limit=5000) as server:
        async with await server.shake_hands() as one:
            await one.send_all(masked(TEXT, b"x" * 5001))
            await goodbye(one)
        with trio.fail_after(PATIENCE):
            while not value(found := await figures(port_of(server)), "loop_lag_seconds_count"):
                await trio.sleep(0.1)
    assert value(found, "limit_reached_total", limit="frame_limit", way_in="plain") == 1
    assert value(found, "connections_ended_total", reason="too_long") == 1


async def test_no_label_has_what_strangers_choose() -> None:
    """However many rooms there are and whatever names, there are as many series as before."""
    async with running(metrics_listen="127.0.0.1:0", **NO_RATES) as server:
        series: list[set[tuple[str, frozenset[tuple[str, str]]]]] = []
        for count in (1, 50):
            for number in range(count):
                url = f"{server.ws}?room=room-{count}-{number}"
                async with trio_websocket.open_websocket_url(url) as one:
                    await one.send_message("hello")
                    await one.get_message()
            series.append(set(await figures(port_of(server))))
        assert series[0] == series[1]
        assert len(series[0]) < 500


async def test_the_ports_are_apart() -> None:
    """That of the chat has no figures, the other one nothing else."""
    async with watched() as (chat, port):
        assert status(await get(chat.port)) == 404
        for path in ("/", "/r/", "/ws", "/api/v1/limits", "/metrics/"):
            assert status(await get(port, path)) == 404
        assert status(await get(port, method="POST")) == 405
        head = await get(port, method="HEAD")
        assert (status(head), body(head)) == (200, "")
        assert int(header(head, b"content-length")) > 1000
        assert [status(await get(port, path)) for path in ("/healthz", "/readyz")] == [200, 200]


async def test_no_page_reads_figures() -> None:
    """One whose name was led to this machine: it cannot hide that in the ``Host``."""
    async with watched() as (_, port):
        assert status(await get(port, host="evil.example")) == 421
        assert status(await get(port, host=f"127.0.0.1:{port}")) == 200


async def test_a_port_that_cannot_be_had_is_one_line() -> None:
    """At the start; and so is what is no address."""
    async with watched() as (_, port):
        refused = await outcome("--port", "0", "--metrics-listen", f"127.0.0.1:{port}")
    assert refused.returncode == 2
    told = refused.stderr.decode().splitlines()[-1]
    assert f"cannot listen on --metrics-listen 127.0.0.1:{port}: Address already in use" in told
    for wrong in ("9464", "localhost", "x y:1", "localhost:99999"):
        refused = await outcome("--port", "0", "--metrics-listen", wrong)
        assert refused.returncode == 2
        assert b"metrics_listen must be like 127.0.0.1:9464" in refused.stderr


async def test_the_port_of_the_chat_cannot_have_figures() -> None:
    """Everybody could read them there."""
    same = ("--host", "127.0.0.1", "--port", "8123", "--metrics-listen", "127.0.0.1:8123")
    refused = await outcome("check-config", *same)
    assert refused.returncode == 2
    assert b"metrics_listen must be another port than that of the chat" in refused.stderr


async def test_stuck_and_hostile_peers_hold_up_no_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are few places, each for a bounded time; beyond them connections are closed."""
    monkeypatch.setattr(endpoint, "PLACES", 3)
    async with running(metrics_listen="127.0.0.1:0", head_timeout=0.5, write_timeout=0.5) as server:
        port = port_of(server)
        garbage = await trio.open_tcp_stream("127.0.0.1", port)
        await garbage.send_all(b"\x16\x03garbage")
        assert status(await read_all(garbage)) == 400
        gone = await trio.open_tcp_stream("127.0.0.1", port)
        await gone.aclose()
        silent = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(3)]
        late = await trio.open_tcp_stream("127.0.0.1", port)
        assert await read_all(late) == b""
        for stream in silent:
            assert await read_all(stream) == b""
        stuck = await trio.open_tcp_stream("127.0.0.1", port)
        await stuck.send_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with trio.fail_after(PATIENCE):
            while status(await get(port) or b"x 0 ") != 200:
                await trio.sleep(0.1)
        for stream in (*silent, stuck, garbage, late):
            await stream.aclose()


async def test_a_server_that_stops_says_so_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """While clients say goodbye, the port of the chat is closed, and this one tells why."""
    monkeypatch.setattr(health, "AGAIN", 0.0)
    async with watched("--drain-timeout", "60", "--close-timeout", "60") as (chat, port):
        stream = await chat.shake_hands()
        chat.signal(signal.SIGTERM)
        with trio.fail_after(PATIENCE):
            while status(answer := await get(port, "/readyz")) != 503:
                await trio.sleep(0.05)
        assert body(answer) == "it stops\n"
        assert status(await get(port, "/healthz")) == 200
        assert "\ntrio_chat_ready 0.0\n" in body(await get(port))
        await stream.aclose()
        assert await chat.exit_status() == 0
