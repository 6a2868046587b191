"""Floods that go on until the server has had enough of them."""

from tests.frames import PING
from tests.hostile.attack import Attack, Run, Variant, add
from tests.hostile.flood import flood, greeted, plain, requests, same
from tests.hostile.peer import frame

# More than the ten after which a connection far over the limits is ended, the time that a request
# waits, and that for which bytes sent before from the same address slow it down.
SECONDS = 20.0
ROOM = "hostile-{}"

KINDS: dict[str, Run] = {
    "sends": flood(
        greeted(ROOM),
        requests(lambda label, _: f'{{"t":"send","room":"hostile-{label}","text":"x"}}'),
    ),
    "pings": flood(greeted(), same(frame(b"", PING))),
    "empty-arrays": flood(greeted(), same(frame(b"[]"))),
    "nicks": flood(
        greeted(ROOM), requests(lambda label, count: f'{{"t":"nick","nick":"{label}{count}"}}')
    ),
    "plain-lines": flood(plain(ROOM), same(frame(b"a line"))),
}

for name, run in KINDS.items():
    add(
        Attack(
            f"insistent-{name}",
            "Who has been far over the limits for ten seconds is ended with 4504.",
            run,
            (Variant(1, 0),),
            is_flood=True,
            seconds=SECONDS,
            is_long=name != "sends",
        )
    )
