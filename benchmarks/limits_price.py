"""Measures what the limits cost each message; run by hand.

``python -m benchmarks.limits_price [ROUNDS]`` has two servers at once, one of which takes no price
for what it reads and is asked for. A client says the same to both by turns, in the other order in
each round, so that what else the machine does is shared. It prints the CPU of a message with and
without limits, and the median of the rounds' ratios with its quartiles.
"""

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean, median, quantiles

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.process import Server

ROUNDS = 40
MESSAGES = 1000  # in a round
TIMEOUT = 60  # seconds
ENOUGH = "1000000/s:1000000000"  # a rate that is never reached, and counted like any other
RATES = ("send", "room", "byte", "frame", "address-byte", "address-write")
# A server, as its first argument says. Without limits nothing else is left out: what they look at
# is there all the same.
PROGRAM = """
import sys
from trio_chat.cli import main
from trio_chat.core.request_limits import RequestLimits
from trio_chat.limits.intake import NOT_AT_ALL, Intake

if sys.argv.pop(1) == "without":
    RequestLimits.delay = lambda *_: 0.0
    Intake.take = lambda *_: NOT_AT_ALL
sys.exit(main(sys.argv[1:]))
"""


def started(kind: str, folder: Path) -> Server:
    """Return a server with limits, or without them, that is to be entered."""
    rates = [f"--{name}-rate={ENOUGH}" for name in RATES]
    flags = ["--port={port}", "--database=:memory:", "--loopback-limits=on", "--log-level=warning"]
    program = [sys.executable, "-c", PROGRAM, kind, *flags, *rates]
    return Server(program, folder / f"{kind}.log", folder)


def joined(server: Server, stack: ExitStack) -> ClientConnection:
    """Return a client in a room."""
    url, protocol = f"ws://127.0.0.1:{server.port}/ws", Subprotocol("trio-chat.v1")
    client = stack.enter_context(connect(url, subprotocols=[protocol], max_size=None))
    client.send(json.dumps([{"t": "hello", "nick": "Ann", "rooms": [{"room": "tea"}]}]))
    for _ in ("welcome", "joined"):
        client.recv(TIMEOUT)
    return client


def cost(server: Server, client: ClientConnection) -> float:
    """Return the CPU of a message, in microseconds; each waits for the one before."""
    before = server.cpu()
    for number in range(MESSAGES):
        client.send(json.dumps([{"t": "send", "id": number, "room": "tea", "text": "hello"}]))
        while not any(one.get("id") == number for one in json.loads(client.recv(TIMEOUT))):
            pass
    return (server.cpu() - before) / MESSAGES * 1_000_000


def main(rounds: int) -> int:
    """Measure so many rounds, and print what a message costs."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        servers = {
            kind: stack.enter_context(started(kind, Path(name))) for kind in ("with", "without")
        }
        clients = {kind: joined(server, stack) for kind, server in servers.items()}
        found: dict[str, list[float]] = {kind: [] for kind in servers}
        for number in range(rounds):
            for kind in sorted(servers, reverse=number % 2 == 1):
                found[kind].append(cost(servers[kind], clients[kind]))
    for kind, costs in found.items():
        print(f"{kind} limits: {fmean(costs):.1f} µs of CPU a message, median {median(costs):.1f}")
    ratios = [100 * (one / other - 1) for one, other in zip(*found.values(), strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    print(f"the limits cost {middle:+.1f} % (quartiles {low:+.1f} % and {high:+.1f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
