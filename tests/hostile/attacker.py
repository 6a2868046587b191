"""The process that attacks: ``python -m tests.hostile.attacker``.

It reads jobs from its standard input, a line of JSON each, makes them one after the other, and
writes a line of JSON about each. The line ``stop`` ends the one under way.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from typing import Any

import trio

from tests.hostile.attack import ATTACKS, Assault, Variant
from tests.hostile.attacks import load
from tests.hostile.cores import OTHER_CORE, take_core
from tests.hostile.target import Target

NICENESS = 10  # more, as the good clients share the core, and must not wait for the attacker
STOP = b"stop\n"


def main() -> int:
    """Attack until the standard input ends; return the exit status."""
    take_core(OTHER_CORE)
    os.nice(NICENESS)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    load()
    while order := _read_line():
        if order != STOP:  # a job that ended by itself is stopped, too
            job = json.loads(order)
            assault = Assault(Target(**job["target"]), Variant(*job["variant"]), job["is_short"])
            with suppress(KeyboardInterrupt):
                trio.run(_attack, job["attack"], assault)
            print(json.dumps(_report(assault)), flush=True)
    return 0


def _read_line() -> bytes:
    """Return the next order; a byte at a time, so that nothing is read ahead."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(sys.stdin.fileno(), 1)):
        line += byte
    return line


async def _attack(name: str, assault: Assault) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_await_stop, nursery.cancel_scope)
        await assault.run(ATTACKS[name])
        nursery.cancel_scope.cancel()


async def _await_stop(scope: trio.CancelScope) -> None:
    await trio.lowlevel.wait_readable(sys.stdin)
    _read_line()
    scope.cancel()


def _report(assault: Assault) -> dict[str, Any]:
    return {
        "sent": assault.sent,
        "received": assault.received,
        "endings": dict(assault.endings.most_common()),
        "faults": [f"{what} ({times} times)" for what, times in assault.faults.most_common(5)],
    }


if __name__ == "__main__":
    sys.exit(main())
