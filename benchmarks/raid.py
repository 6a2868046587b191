"""Measures how fast a raid is undone, and what others notice; run by hand.

``python -m benchmarks.raid`` lets 500 people send 10,000 messages, while others chat elsewhere.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio
import trio_websocket

from tests.chat import NO_RATES, Chat
from tests.integration.chatters import Chatter
from trio_chat.protocol.dialects.v1 import SUBPROTOCOL

RAIDERS = 500
EACH = 20  # messages of a raider
AT_ONCE = 20  # raiders who send; more would measure how fast this program reads
OTHERS = 20  # people who chat elsewhere
PAUSE = 0.05  # seconds between two messages of each
CALM = 5.0  # seconds for which others are measured without a raid, and behind its end
PERCENTILE = 0.99


@dataclass
class Raided:
    """How far a raid has come."""

    at_once: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(AT_ONCE))
    sent: list[int] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    all_sent: trio.Event = field(default_factory=trio.Event)
    all_inside: trio.Event = field(default_factory=trio.Event)


@asynccontextmanager
async def chatting(url: str, nick: str, room: str, session: str = "") -> AsyncIterator[Chatter]:
    """Be in a room for the block."""
    async with trio_websocket.open_websocket_url(url, subprotocols=[SUBPROTOCOL]) as websocket:
        chatter = Chatter(websocket)
        await chatter.hello(nick, room, session=session)
        await chatter.until("joined")
        yield chatter


async def talk(url: str, number: int, delays: list[tuple[float, float]]) -> None:
    """Chat for ever; note when, and how long each acknowledgement takes."""
    async with chatting(url, f"Other {number}", f"quiet-{number % 4}") as chatter:
        while True:
            begin = time.perf_counter()
            await chatter.send(f"quiet-{number % 4}", "as ever")
            delays.append((begin, time.perf_counter() - begin))
            chatter.heard.clear()
            await trio.sleep(PAUSE)


async def talk_all(url: str, delays: list[tuple[float, float]]) -> None:
    """Let all others chat until standard input ends."""
    async with trio.open_nursery() as nursery:
        for number in range(OTHERS):
            nursery.start_soon(talk, url, number, delays)
        await trio.to_thread.run_sync(sys.stdin.read)
        nursery.cancel_scope.cancel()


@contextmanager
def others(url: str) -> Iterator[subprocess.Popen[str]]:
    """Let others chat for the block, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.raid", url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


async def send(url: str, number: int, at_once: trio.CapacityLimiter) -> str:
    """Come into the room, send messages, and go; return the session."""
    async with at_once, chatting(url, f"Raider {number}", "class") as chatter:
        await chatter.say(
            *({"t": "send", "room": "class", "text": f"spam {n}", "id": n} for n in range(EACH))
        )
        acknowledged = 0
        while acknowledged < EACH:
            acknowledged += (await chatter.next())["t"] == "ok"
        return chatter.session
    raise AssertionError("the server has ended it")


async def raid(url: str, number: int, raided: Raided) -> None:
    """Send messages; when all have, come into the room again, and stay until the end."""
    session = await send(url, number, raided.at_once)
    raided.sent.append(number)
    if len(raided.sent) == RAIDERS:
        raided.all_sent.set()
    await raided.all_sent.wait()
    async with chatting(url, f"Raider {number}", "class", session) as chatter:
        raided.inside.append(number)
        if len(raided.inside) == RAIDERS:
            raided.all_inside.set()
        await chatter.ending()


async def undo(url: str, sessions: tuple[str, str], since: int) -> tuple[float, float]:
    """Undo the raid; return after how long somebody else has heard it, and of its undoing."""
    async with (
        chatting(url, "Teacher", "class", sessions[0]) as moderator,
        chatting(url, "Witness", "class", sessions[1]) as witness,
    ):
        begin = time.perf_counter()
        await moderator.say({"t": "raid", "room": "class", "since": since, "id": "raid"})
        await witness.until("clear")
        gone = time.perf_counter() - begin
        page = await witness.ask(t="history", room="class")
        assert all(message["cleared"] for message in page["messages"]), "something is left"
        await trio.sleep(CALM)
        acts = (await moderator.ask(t="audit", room="class"))["acts"]
        number = next(act["seq"] for act in acts if act["act"]["t"] == "raided")
        begin = time.perf_counter()
        await moderator.say({"t": "undo", "room": "class", "act": number, "id": "undo"})
        await witness.until("restore")
        return gone, time.perf_counter() - begin


async def make_class(url: str) -> tuple[str, str]:
    """Make the room; return the sessions of its moderator, and of somebody who was there before."""
    async with (
        chatting(url, "Teacher", "lobby") as moderator,
        chatting(url, "Witness", "class") as witness,
    ):
        await moderator.ask(t="create", name="class")
        return moderator.session, witness.session
    raise AssertionError("the server has ended them")


def p99(delays: list[tuple[float, float]], since: float, until: float) -> float:
    """Return the 99th percentile of what began in a time, in seconds."""
    within = sorted(delay for begin, delay in delays if since <= begin < until)
    return within[int(len(within) * PERCENTILE)] if within else float("nan")


async def measure(url: str, talkers: subprocess.Popen[str]) -> None:
    """Measure once, and print the figures."""
    sessions = await make_class(url)
    async with trio.open_nursery() as nursery:
        since = round(time.time() * 1000)
        raided = Raided()
        for number in range(RAIDERS):
            nursery.start_soon(raid, url, number, raided)
        await raided.all_inside.wait()
        await trio.sleep(CALM)
        quiet = time.perf_counter()
        await trio.sleep(CALM)
        begin = time.perf_counter()
        gone, back = await undo(url, sessions, since)
        end = time.perf_counter()
        nursery.cancel_scope.cancel()
    told, _ = talkers.communicate()
    delays = json.loads(told)
    before, during = p99(delays, quiet, begin), p99(delays, begin, end)
    print(f"{RAIDERS} people, {RAIDERS * EACH:,} messages")
    print(f"gone for others after {gone * 1000:.0f} ms, back after {back * 1000:.0f} ms")
    print(f"others' p99: {before * 1000:.1f} ms before, {during * 1000:.1f} ms meanwhile")


def talk_until_told(url: str) -> None:
    """Let others chat, and print their delays."""
    delays: list[tuple[float, float]] = []
    trio.run(talk_all, url, delays)
    print(json.dumps(delays))


def main() -> None:
    """Start a server, and measure."""
    with tempfile.TemporaryDirectory() as folder:
        # A ping that crosses the close of a trio-websocket client ends that client with an error.
        chat = Chat(Path(folder) / "chat.db", *NO_RATES, "--ping-interval", "0")
        try:
            with others(chat.ws) as talkers:
                trio.run(measure, chat.ws, talkers)
        finally:
            chat.stop()


if __name__ == "__main__":
    if sys.argv[1:]:
        talk_until_told(sys.argv[1])
    else:
        main()
