"""Says how many there are of something. Pure."""


def counted(count: int, one: str, many: str) -> str:
    """Return a number with the word for what it counts."""
    return f"{count:,} {one if count == 1 else many}"
