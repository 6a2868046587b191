"""The command line: starting, logging, and how it ends when it is told to stop."""

import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.frames import TEXT, masked, unmasked
from tests.integration.commands import Command, command, outcome
from tests.integration.running import PATIENCE, goodbye, read_all
from trio_chat.process import DESCRIPTORS_AT_ONCE
from trio_chat.protocol.close import GOING_AWAY, RESTARTING, CloseReason

SIGNALS = [
    (signal.SIGINT, GOING_AWAY),
    (signal.SIGTERM, RESTARTING),
    (signal.SIGHUP, RESTARTING),  # of the terminal, which is closed
]
INTERRUPTED = 130


@asynccontextmanager
async def at_terminal(*arguments: str) -> AsyncIterator[Command]:
    """Run the command for the block as its user does, at a terminal that is its own."""
    ours, its = os.openpty()
    try:
        async with command(*arguments, first=f"exec 3<>{os.ttyname(its)}") as running:
            yield running
    finally:
        os.close(its)
        os.close(ours)


async def test_it_tells_its_address_and_serves_there() -> None:
    """The one line on standard output can be clicked; nothing more is needed to chat."""
    async with command() as running, await running.shake_hands() as client:
        await client.send_all(masked(TEXT, b"hello"))
        assert await client.receive_some() == unmasked(TEXT, b"hello")


@pytest.mark.skipif(sys.platform != "linux", reason="others do not wait, nor tell how large it is")
async def test_the_kernel_has_room_for_all_descriptors_from_the_start_on() -> None:
    """Else it makes its table larger while a crowd comes, and all wait for that."""
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with command() as running:
        status = await trio.Path(f"/proc/{running.process.pid}/status").read_text("ascii")
    size = next(line for line in status.splitlines() if line.startswith("FDSize:"))
    assert int(size.split()[1]) >= min(limit, DESCRIPTORS_AT_ONCE)


@pytest.mark.parametrize(("number", "reason"), SIGNALS)
async def test_a_signal_stops_it_and_everybody_is_told(
    number: signal.Signals, reason: CloseReason
) -> None:
    """Ctrl-C says going away, SIGTERM and SIGHUP say come back; all are a success."""
    async with at_terminal() as running:
        async with await running.shake_hands() as one, await running.shake_hands() as two:
            running.signal(number)
            for client in (one, two):
                [frame] = await goodbye(client)
                assert (frame.close_code, frame.payload[2:].decode()) == reason
        assert await running.exit_status() == 0
        assert b"Traceback" not in await running.errors()


@asynccontextmanager
async def stuck_peers(running: Command) -> AsyncIterator[list[trio.SocketStream]]:
    """Open connections whose peers do nothing: before a head, in a head, in a chat."""
    silent = await trio.open_tcp_stream("127.0.0.1", running.port)
    in_head = await trio.open_tcp_stream("127.0.0.1", running.port)
    await in_head.send_all(b"GET / HTTP")
    async with silent, in_head, await running.shake_hands() as in_chat:
        yield [silent, in_head, in_chat]


# Nothing but the drain time ends what these peers hold.
PATIENT = ("--close-timeout", "1000", "--write-timeout", "1000", "--head-timeout", "1000")


@pytest.mark.parametrize(("number", "reason"), SIGNALS)
async def test_peers_that_do_nothing_hold_it_up_no_longer_than_the_drain_time(
    number: signal.Signals, reason: CloseReason
) -> None:
    """They had their chance; that is no failure."""
    async with (
        at_terminal(*PATIENT, "--drain-timeout", "0.5") as running,
        stuck_peers(running) as peers,
    ):
        running.signal(number)
        assert await running.exit_status() == 0
        told = await read_all(peers[-1])
        assert told[2:4] == reason.code.to_bytes(2)


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
async def test_a_second_signal_ends_it_at_once(second: signal.Signals) -> None:
    """An impatient person gets their prompt back; the status says that it was cut short."""
    async with command(*PATIENT, "--drain-timeout", "1000") as running, stuck_peers(running):
        running.signal(signal.SIGINT)
        await running.errors(until=b"stopping")
        running.signal(second)
        assert await running.exit_status() == INTERRUPTED
        assert b"Traceback" not in await running.errors()


async def test_a_second_hangup_does_not_cut_the_goodbyes_short() -> None:
    """A terminal that is closed may send two."""
    async with (
        at_terminal(*PATIENT, "--drain-timeout", "1") as running,
        stuck_peers(running) as peers,
    ):
        running.signal(signal.SIGHUP)
        await running.errors(until=b"stopping")
        running.signal(signal.SIGHUP)
        assert await running.exit_status() == 0
        assert (await read_all(peers[-1]))[2:4] == RESTARTING.code.to_bytes(2)


async def test_an_ignored_hangup_stays_ignored() -> None:
    """As by ``nohup``, which lets the server live on when its terminal is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which the process inherits
    try:
        async with command() as running, await running.shake_hands() as client:
            running.signal(signal.SIGHUP)
            await client.send_all(masked(TEXT, b"hello"))
            assert await client.receive_some() == unmasked(TEXT, b"hello")
            running.signal(signal.SIGTERM)
            [frame] = await goodbye(client)
            assert frame.close_code == RESTARTING.code
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_help_is_no_error() -> None:
    """It goes to standard output."""
    result = await outcome("--help")
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"--port N" in result.stdout


async def logged(running: Command) -> bytes:
    """Stop it, and return what it logged."""
    running.signal(signal.SIGINT)
    assert await running.exit_status() == 0
    return await running.errors()


@pytest.mark.parametrize("arguments", [(), ("--log-format", "json")])
async def test_programs_get_json_logs(arguments: tuple[str, ...]) -> None:
    """When standard error is no terminal: one object a line."""
    async with command(*arguments) as running:
        lines = (await logged(running)).splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["event"] for entry in entries] == ["listening", "stopping", "stopped"]
    assert all(entry["level"] == "info" and entry["timestamp"] for entry in entries)


async def test_console_logs_can_be_asked_for() -> None:
    """Without colours, as it is no terminal."""
    async with command("--log-format", "console") as running:
        text = (await logged(running)).decode()
    assert "[info     ] listening" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("log_format", "is_json"), [("auto", False), ("json", True)])
async def test_people_get_readable_logs_on_a_terminal(log_format: str, is_json: bool) -> None:
    """Unless they ask for JSON."""
    terminal, inside = os.openpty()
    try:
        async with command("--log-format", log_format, stderr=inside) as running:
            running.signal(signal.SIGINT)
            assert await running.exit_status() == 0
            text = os.read(terminal, 100_000).decode()
    finally:
        os.close(inside)
        os.close(terminal)
    assert "listening" in text
    assert ("{" in text, "\x1b" in text) == (is_json, not is_json)


async def test_the_log_level_can_be_raised_by_a_variable() -> None:
    """Who wants to hear of trouble only, hears nothing of a quiet evening."""
    async with command(TRIO_CHAT_LOG_LEVEL="warning") as running:
        assert await logged(running) == b""


async def test_what_is_said_after_the_announcement_is_not_printed() -> None:
    """Chats are nobody's business but the chatters'."""
    async with command() as running:
        async with await running.shake_hands() as client:
            await client.send_all(masked(TEXT, b"a secret"))
            with trio.fail_after(PATIENCE):
                await client.receive_some()
        assert b"secret" not in await logged(running)


async def test_it_says_goodbye_although_nobody_reads_its_log() -> None:
    """As behind ``trio-chat 2>&1 | head``."""
    async with command() as running, await running.shake_hands() as client:
        assert running.process.stderr is not None
        await running.process.stderr.aclose()
        running.signal(signal.SIGINT)
        [frame] = await goodbye(client)
        assert frame.close_code == GOING_AWAY.code
        assert await running.exit_status() == 0
