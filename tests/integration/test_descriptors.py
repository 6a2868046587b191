"""A server with few descriptors: it says so once, and serves those for whom there are some."""

import json
import resource
import signal
from typing import Any

import trio

from tests.integration.commands import Command, command
from tests.integration.running import PATIENCE, read_all, status
from trio_chat.config import DESCRIPTOR_RESERVE

GET = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def page(running: Command) -> bytes:
    """Ask for the page."""
    async with await trio.open_tcp_stream("127.0.0.1", running.port) as stream:
        await stream.send_all(GET)
        with trio.fail_after(2 * PATIENCE):
            return await read_all(stream)


async def log(running: Command) -> list[dict[str, Any]]:
    """Stop a server; return what it logged."""
    running.signal(signal.SIGTERM)
    assert await running.exit_status() == 0
    return [json.loads(line) for line in (await running.errors()).splitlines()]


async def test_more_connections_than_descriptors_are_refused_with_one_line() -> None:
    """At the start, with what to do; who comes when there is none left hears it."""
    places = 10
    limit = DESCRIPTOR_RESERVE + places
    async with command("--max-connections", "1000", first=f"ulimit -n {limit}") as running:
        streams = [await running.shake_hands() for _ in range(places)]
        assert {status(await page(running)) for _ in range(50)} == {503}
        for stream in streams:
            await stream.aclose()
        entries = await log(running)
    told = [entry for entry in entries if entry["event"].startswith("too few")]
    assert [(entry["event"], entry["allowed"]) for entry in told] == [
        ("too few descriptors", places)
    ]
    assert "ulimit -n" in told[0]["advice"]


async def test_a_server_that_runs_out_of_descriptors_says_it_once_and_goes_on() -> None:
    """Connections wait until there are some again."""
    async with command() as running:
        pid = running.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, before[1]))
        answers: list[bytes] = []

        async def ask() -> None:
            answers.append(await page(running))

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(ask)
            await trio.sleep(1)
            assert answers == []
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert [status(answer) for answer in answers] == [200] * 20
        entries = await log(running)
    waits = [entry for entry in entries if entry["level"] != "info"]
    assert [entry["event"] for entry in waits] == ["connections wait to be accepted"]
