"""How long to wait until what has ended is started again: the longer, the more often it ends."""

FIRST = 0.5  # seconds
LONGEST = 15.0  # seconds
STEADY = 10.0  # seconds: what has lived for so long did not end at once
MOST = 8  # times that something ends at once, in a row: about a minute


class Pauses:
    """The pauses of one process that is started again and again."""

    def __init__(self) -> None:
        self.in_a_row = 0  # how often it has ended at once

    @property
    def is_hopeless(self) -> bool:
        """Whether it has ended at once so often that there is no use in trying."""
        return self.in_a_row >= MOST

    def after(self, lived: float) -> float:
        """Return the seconds to wait after an end; 0 if it has ``lived`` for some time."""
        if lived >= STEADY:
            self.in_a_row = 0
            return 0.0
        self.in_a_row += 1
        return float(min(FIRST * 2 ** (self.in_a_row - 1), LONGEST))
