"""The attacks, by kind; each module puts its own into ``attack.ATTACKS``."""

from importlib import import_module

KINDS = (
    "faults",
    "smuggling",
    "slow",
    "frames",
    "requests",
    "rights",
    "identities",
    "insistent",
    "plain",
    "http",
    "uploads",
    "storms",
    "tls",
    "exhaustion",
    "guests",
    "raids",
)


def load() -> None:
    """Fill the table."""
    for kind in KINDS:
        import_module(f"{__name__}.{kind}")
