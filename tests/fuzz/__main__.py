"""Fuzz for some time: ``python -m tests.fuzz --seconds 600 [TARGET ...]``.

An input that breaks a rule is written into the corpus, which every test run tries first.
"""

import argparse
import hashlib
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.mutations import damaged
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).with_name("corpus")
EXAMPLES = 2000  # between two looks at the clock


def corpus(name: str) -> list[bytes]:
    """Return good input for a target, and what has once broken a rule."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def fuzz(name: str, examples: int, keep: Callable[[bytes], None] = lambda _: None) -> None:
    """Try a target with this many inputs, each another one in every run.

    Args:
        name: The target.
        examples: How many.
        keep: Called with an input that breaks a rule, before the error is raised.
    """
    target = TARGETS[name]
    good = corpus(name)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(good))
    def attempt(data: bytes) -> None:
        try:
            target(data)
        except Exception:
            keep(data)
            raise

    attempt()


def main() -> int:
    """Fuzz all targets in turns, until the time is over or a rule is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=600.0)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    end = time.monotonic() + options.seconds
    tried = 0
    while time.monotonic() < end:
        for name in options.targets:
            broken: list[bytes] = []
            try:
                fuzz(name, EXAMPLES, broken.append)
            except Exception as error:  # noqa: BLE001 - any error is what we look for
                path = _keep(name, broken[-1])  # the smallest one comes last
                print(f"{name}: {error!r}, by {path}", file=sys.stderr)
                return 1
            tried += EXAMPLES
    print(f"{tried:,} inputs, and no rule was broken")
    return 0


def _keep(name: str, data: bytes) -> Path:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.blake2b(data, digest_size=8).hexdigest()
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main())
