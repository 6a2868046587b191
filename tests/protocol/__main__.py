"""Runs the cases against a server: ``python -m tests.protocol URL [NAME …]``."""

import sys

from tests.protocol.kit import CASES, Case
from tests.protocol.target import Target


def main(arguments: list[str]) -> int:
    """Run all cases, or those of these names; return the exit status."""
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    url, *names = arguments
    failed = [one for one in CASES if not names or one.name in names if not passes(one, url)]
    print(f"{len(failed)} failed of {len(CASES)}" if failed else "all passed")
    return 1 if failed else 0


def passes(one: Case, url: str) -> bool:
    """Run a case, and say what came of it."""
    try:
        one.check(Target(url))
    except Exception as error:  # noqa: BLE001 - whatever a server does to us is its fault
        print(f"FAILED {one.name}\n  {one.document}: {' '.join(one.sentence.split())}")
        print(f"  {type(error).__name__}: {error}")
        return False
    print(f"passed {one.name}")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
