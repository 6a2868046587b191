"""Floods in the plain dialect, that of the Go chat example."""

from tests.hostile.attack import CROWD, FLOODS, Attack, add
from tests.hostile.flood import flood, plain, same
from tests.hostile.peer import frame

ENDED = "is read slowly, and ends with 4504 after ten seconds"
KINDS = {
    "plain-lines": (plain("hostile-plain-{}"), b"a line of some length, as people write them"),
    "plain-letters-in-crowd": (plain(CROWD), b"x"),
    "plain-blanks": (plain("hostile-plain-{}"), b"   "),
}

for name, (enter, line) in KINDS.items():
    add(
        Attack(
            name,
            f"A flood of {name.removeprefix('plain-').replace('-', ' ')} {ENDED}.",
            flood(enter, same(frame(line))),
            FLOODS,
            is_flood=True,
        )
    )
