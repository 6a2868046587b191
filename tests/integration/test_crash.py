"""A bug of ours that one connection hits: that connection ends, and nothing else."""

import errno
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import trio

from tests import frames
from tests.frames import TEXT, masked
from tests.integration.running import goodbye, read_all, running, status
from tests.integration.stalling import say
from trio_chat.net.acceptor import Acceptor
from trio_chat.net.streams import Stream
from trio_chat.protocol import requests
from trio_chat.protocol.close import CRASHED
from trio_chat.protocol.dialects import plain
from trio_chat.protocol.request_texts import Limits

GET = b"GET /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
read = plain.read
Read = list[requests.Understood]


def crash_on_demand(message: str | bytes, limits: Limits) -> Read:
    """Read as the plain dialect does, but for one message."""
    if message == "crash":
        raise ZeroDivisionError("a bug of ours")
    return read(message, limits)


def entries(log: io.StringIO) -> list[dict[str, Any]]:
    """Return what was logged."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_a_crashing_dialect_ends_one_connection(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """It is told 1011, and gets what was said before; others chat on, across the crash."""
    monkeypatch.setattr(plain, "read", crash_on_demand)
    async with (
        running() as server,
        await server.shake_hands() as one,
        await server.shake_hands() as unlucky,
    ):
        await say(unlucky, b"before")
        assert await one.receive_some()
        await unlucky.send_all(masked(TEXT, b"crash"))
        [frame] = await goodbye(unlucky)
        assert (frame.close_code, frame.payload[2:].decode()) == CRASHED
        await say(one, b"after")
    [entry] = entries(log)
    assert (entry["event"], entry["level"]) == ("client crashed", "error")
    assert "ZeroDivisionError" in json.dumps(entry["exception"])
    assert "crash_on_demand" in json.dumps(entry["exception"])


async def test_many_crashes_leave_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """Each is logged, once."""
    monkeypatch.setattr(plain, "read", crash_on_demand)
    async with running() as server:
        for _ in range(20):
            async with await server.shake_hands() as unlucky:
                await unlucky.send_all(masked(TEXT, b"crash"))
                assert (await goodbye(unlucky))[-1].close_code == CRASHED.code
    assert [entry["event"] for entry in entries(log)] == ["client crashed"] * 20


async def test_a_crash_leaves_what_the_chatter_said_out_of_the_log(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """Chats are nobody's business but the chatters'."""

    def crash(message: str | bytes, limits: Limits) -> Read:
        raise ZeroDivisionError

    async with running() as server, await server.shake_hands() as unlucky:
        monkeypatch.setattr(plain, "read", crash)
        await unlucky.send_all(masked(TEXT, b"a secret"))
        await goodbye(unlucky)
        monkeypatch.undo()
    [entry] = entries(log)
    assert "a secret" not in json.dumps(entry)


async def test_a_crashing_app_is_a_500(monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    """The peer hears no details, the log has the traceback."""
    async with running() as server:
        monkeypatch.setattr("trio_chat.web.app.quote", None)
        answer = await server.exchange(GET.replace(b"/r/", b"/r/too/deep"))
        monkeypatch.undo()
        assert status(answer) == 500
        assert b"Traceback" not in answer
    [entry] = entries(log)
    assert entry["level"] == "error"
    assert "TypeError" in json.dumps(entry["exception"])


async def test_a_crash_before_the_handshake_ends_one_connection(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """The acceptor keeps what nobody else has kept."""
    async with running() as server:

        async def crash(acceptor: Acceptor, stream: Stream, address: str, place: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr(Acceptor, "_begin", crash)
            async with await server.connect() as stream:
                await stream.send_all(frames.upgrade())
                with pytest.raises((trio.BrokenResourceError, AssertionError)):
                    assert await stream.receive_some()
    [entry] = entries(log)
    assert entry["event"] == "connection crashed"
    assert "ZeroDivisionError" in json.dumps(entry["exception"])


class FullDisk(io.StringIO):
    """A log file that nothing can be written to any more."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_log_that_cannot_be_written_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, log_to: Callable[[io.StringIO], None]
) -> None:
    """A full disk behind it may cost what would have been logged, not the chat."""
    monkeypatch.setattr(plain, "read", crash_on_demand)
    log_to(FullDisk())
    async with running() as server, await server.shake_hands() as one:
        async with await server.shake_hands() as unlucky:
            await unlucky.send_all(masked(TEXT, b"crash"))
            assert (await goodbye(unlucky))[-1].close_code == CRASHED.code
        with monkeypatch.context() as patch:
            patch.setattr(Acceptor, "_begin", None)
            async with await server.connect() as unlucky:
                await read_all(unlucky)
        await say(one, b"still here")
