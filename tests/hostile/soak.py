"""The soak: thousands of clients come, go, stall, crash and misbehave, and memory stays flat."""

from pathlib import Path

from rich.console import Console


def main(minutes: float, clients: int, out: Path | None, console: Console) -> int:
    """Run it; return the exit status."""
    raise NotImplementedError
