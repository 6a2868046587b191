"""Measures what the limits cost each message; run by hand.

``python -m benchmarks.limits_price [ROUNDS]`` has one server, whose prices for what it reads and is
asked for are taken and left out by turns, and a client that talks to it. Two servers would not do:
two that are the same differ by more than what is looked for. It prints the CPU of a message with
and without limits, and the median of the rounds' ratios with its quartiles.
"""

import json
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean, median, quantiles

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.process import Server

ROUNDS = 200
WARM_UP, MESSAGES = 50, 200  # in each half of a round; the interpreter learns the other way first
TIMEOUT = 60  # seconds
ENOUGH = "1000000/s:1000000000"  # a rate that is never reached, and counted like any other
RATES = ("send", "room", "byte", "frame", "address-byte", "address-write")
# A server that goes over to the other way at each signal. Without limits nothing else is left out:
# what they look at is there all the same.
PROGRAM = """
import signal
import sys
from trio_chat.cli import main
from trio_chat.core.request_limits import RequestLimits
from trio_chat.limits.intake import NOT_AT_ALL, Intake

ways = [
    (RequestLimits.delay, Intake.take),
    (lambda *_: 0.0, lambda *_: NOT_AT_ALL),
]

def turn(*_):
    ways.reverse()
    RequestLimits.delay, Intake.take = ways[0]

signal.signal(signal.SIGWINCH, turn)
sys.exit(main(sys.argv[1:]))
"""


def started(folder: Path) -> Server:
    """Return a server that begins with limits, and is to be entered."""
    rates = [f"--{name}-rate={ENOUGH}" for name in RATES]
    flags = ["--port={port}", "--database=:memory:", "--loopback-limits=on", "--log-level=warning"]
    program = [sys.executable, "-c", PROGRAM, *flags, *rates]
    return Server(program, folder / "server.log", folder)


def joined(server: Server, stack: ExitStack) -> ClientConnection:
    """Return a client in a room."""
    url, protocol = f"ws://127.0.0.1:{server.port}/ws", Subprotocol("trio-chat.v1")
    client = stack.enter_context(connect(url, subprotocols=[protocol], max_size=None))
    client.send(json.dumps([{"t": "hello", "nick": "Ann", "rooms": [{"room": "tea"}]}]))
    for _ in ("welcome", "joined"):
        client.recv(TIMEOUT)
    return client


def talk(client: ClientConnection, messages: int) -> None:
    """Send so many messages; each waits for the one before."""
    for number in range(messages):
        client.send(json.dumps([{"t": "send", "id": number, "room": "tea", "text": "hello"}]))
        while not any(one.get("id") == number for one in json.loads(client.recv(TIMEOUT))):
            pass


def cost(server: Server, client: ClientConnection) -> float:
    """Return the CPU of a message, in microseconds."""
    talk(client, WARM_UP)
    before = server.cpu()
    talk(client, MESSAGES)
    return (server.cpu() - before) / MESSAGES * 1_000_000


def main(rounds: int) -> int:
    """Measure so many rounds, and print what a message costs."""
    found: dict[str, list[float]] = {"with": [], "without": []}
    kinds = list(found)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        server = stack.enter_context(started(Path(name)))
        client = joined(server, stack)
        for _ in range(rounds):
            for kind in kinds:
                found[kind].append(cost(server, client))
                if kind == kinds[0]:
                    os.kill(server.pid, signal.SIGWINCH)
            kinds.reverse()  # the way of now first, so that the order changes with each round
    for kind, costs in found.items():
        print(f"{kind} limits: {fmean(costs):.1f} µs of CPU a message, median {median(costs):.1f}")
    ratios = [100 * (one / other - 1) for one, other in zip(*found.values(), strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    print(f"the limits cost {middle:+.1f} % (quartiles {low:+.1f} % and {high:+.1f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
