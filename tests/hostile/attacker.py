"""The process that attacks: ``python -m tests.hostile.attacker NAME TARGET CONNECTIONS RATE``.

It says ``ready``, begins at the first line of its standard input, stops when that ends, and writes
what it saw as JSON.
"""

import json
import os
import resource
import sys
from collections.abc import Sequence

import trio

from tests.hostile.attack import ATTACKS, Assault, Variant
from tests.hostile.attacks import load
from tests.hostile.cores import OTHER_CORE, take_core
from tests.hostile.target import Target

NICENESS = 5  # the good clients share the core, and must not wait for the attacker


def main(arguments: Sequence[str]) -> int:
    """Attack; return the exit status, 0 whatever the server did."""
    name, target, connections, rate, is_short = arguments
    take_core(OTHER_CORE)
    os.nice(NICENESS)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    load()
    variant = Variant(int(connections), int(rate))
    assault = Assault(Target.load(target), variant, is_short=is_short == "1")
    trio.run(_attack, name, assault)
    print(json.dumps(_report(assault)), flush=True)
    return 0


async def _attack(name: str, assault: Assault) -> None:
    orders = trio.lowlevel.FdStream(os.dup(sys.stdin.fileno()))
    print("ready", flush=True)
    await orders.receive_some(16)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop, orders, nursery.cancel_scope)
        await assault.run(ATTACKS[name])
        nursery.cancel_scope.cancel()


async def _stop(orders: trio.lowlevel.FdStream, scope: trio.CancelScope) -> None:
    while await orders.receive_some(16):
        pass
    scope.cancel()


def _report(assault: Assault) -> dict[str, object]:
    return {
        "sent": assault.sent,
        "received": assault.received,
        "endings": dict(assault.endings.most_common()),
        "faults": [f"{what} ({times} ×)" for what, times in assault.faults.most_common(5)],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
