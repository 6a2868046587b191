"""Floods of each request of the dialect v1."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.hostile.attack import CROWD, FLOODS, LONG, Assault, Attack, add
from tests.hostile.flood import Chunk, Open, flood, greeted, requests, silent

ROOM = "hostile-{}"  # of each connection its own
MANY = [f"hostile-many-{number}" for number in range(128)]  # as many as one may be in
BIG = "t" * 4_000
TOPIC = "t" * 250
LIGATURES = "\ufdfa" * 1_000  # each is 18 letters in the normal form of a name


class Kind(NamedTuple):
    """A request that is sent for ever.

    In it, ``{c}`` is the connection's label, ``{n}`` a count, and ``{m}`` three times that and one:
    the number of a message if each is followed by two events.
    """

    request: str
    outcome: str
    enter: Open = greeted(ROOM)


SLOWED = "is read slowly, gets `busy`, and ends with 4504 after ten seconds"
OWN = '"room":"hostile-{c}"'
THERE = f'"room":"{CROWD}"'

KINDS = {
    "sends": Kind('{{"t":"send",' + OWN + ',"text":"x"}}', f"Who sends without end {SLOWED}."),
    "sends-with-cid": Kind(
        '{{"t":"send","id":{n},' + OWN + ',"cid":"cid-{c}-{n:08d}","text":"x"}}',
        f"Who sends with a cid without end {SLOWED}, and no acknowledged message is lost.",
    ),
    "resends": Kind(
        '{{"t":"send","id":{n},' + OWN + ',"cid":"the-same-cid","text":"x"}}',
        f"Who sends the same message without end {SLOWED}; it is there once.",
    ),
    "long-sends": Kind(
        '{{"t":"send",' + OWN + ',"text":"' + BIG + '"}}',
        f"Who sends long messages without end {SLOWED}; the disk does not fill.",
    ),
    "sends-in-crowd": Kind(
        '{{"t":"send",' + THERE + ',"text":"x"}}',
        f"Who sends in a full room without end {SLOWED}; nobody else is cut off.",
        greeted(CROWD),
    ),
    "long-sends-in-crowd": Kind(
        '{{"t":"send",' + THERE + ',"text":"' + BIG + '"}}',
        f"Who sends long messages in a full room {SLOWED}; nobody else is cut off.",
        greeted(CROWD),
    ),
    "nicks": Kind('{{"t":"nick","nick":"n{c}x{n}"}}', f"Who is renamed without end {SLOWED}."),
    "nicks-in-many-rooms": Kind(
        '{{"t":"nick","nick":"n{c}x{n}"}}',
        f"Who is renamed in 128 rooms at once {SLOWED}.",
        greeted(*MANY),
    ),
    "nicks-in-crowd": Kind(
        '{{"t":"nick","nick":"n{c}x{n}"}}',
        f"Who is renamed in a full room without end {SLOWED}; nobody else is cut off.",
        greeted(CROWD),
    ),
    "new-rooms": Kind(
        '{{"t":"join","room":"new-{c}-{n}"}},{{"t":"leave","room":"new-{c}-{n}"}}',
        f"Who makes rooms without end {SLOWED}; memory and disk do not grow.",
    ),
    "joins-and-leaves": Kind(
        '{{"t":"join",' + OWN + '}},{{"t":"leave",' + OWN + "}}",
        f"Who joins and leaves a room without end {SLOWED}.",
    ),
    "joins-again": Kind('{{"t":"join",' + OWN + "}}", f"Who joins a room without end {SLOWED}."),
    "resumes": Kind(
        '{{"t":"join","room":"' + LONG + '","last":0}}',
        f"Who asks for a long history by resume without end {SLOWED}.",
        greeted(LONG),
    ),
    "joins-with-long-names": Kind(
        '{{"t":"join","id":{n},"room":"' + LIGATURES + '{n}"}}',
        f"Who joins rooms whose names grow when they are normalised gets `bad_room`, {SLOWED}.",
    ),
    "typing": Kind(
        '{{"t":"typing",' + THERE + "}}",
        "Who types without end is passed on every 2 s, and ends with 4504 after ten seconds.",
        greeted(CROWD),
    ),
    "reactions": Kind(
        '{{"t":"send",' + OWN + ',"text":"x"}},{{"t":"react",' + OWN + ',"seq":{m},"emoji":"🍋"}},'
        '{{"t":"react",' + OWN + ',"seq":{m},"emoji":"🍋","on":false}}',
        f"Who sends, and reacts on and off, without end {SLOWED}.",
    ),
    "reactions-in-crowd": Kind(
        '{{"t":"react",' + THERE + ',"seq":1,"emoji":"🍋"}},'
        '{{"t":"react",' + THERE + ',"seq":1,"emoji":"🍋","on":false}}',
        f"Who reacts on and off without end {SLOWED}; a message takes 1,000 changes.",
        greeted(CROWD),
    ),
    "edits": Kind(
        '{{"t":"send",'
        + OWN
        + ',"text":"x"}},{{"t":"edit",'
        + OWN
        + ',"seq":1,"text":"'
        + BIG
        + '"}}',
        f"Who edits without end {SLOWED}; a message takes 1,000 changes.",
    ),
    "topics": Kind(
        '{{"t":"topic",' + OWN + ',"text":"{n} ' + TOPIC[:240] + '"}}',
        f"Who sets topics without end {SLOWED}.",
    ),
    "long-topics": Kind(
        '{{"t":"topic",' + OWN + ',"text":"' + BIG + '"}}',
        f"Who sets topics of 4,000 characters without end gets `too_long`, {SLOWED}.",
    ),
    "histories": Kind(
        '{{"t":"history","id":{n},"room":"' + LONG + '","limit":100}}',
        f"Who reads history without end {SLOWED}.",
    ),
    "searches": Kind(
        '{{"t":"search","id":{n},"room":"' + LONG + '","query":"tea green","limit":100}}',
        f"Who searches without end {SLOWED}.",
    ),
    "room-lists": Kind('{{"t":"rooms","id":{n}}}', f"Who lists rooms without end {SLOWED}."),
    "unknown-types": Kind(
        '{{"t":"juggle","id":{n}}}',
        "A flood of unknown types is read slowly, and ends with 4504 after ten seconds.",
    ),
    "faulty": Kind(
        '{{"t":"send","id":{n},"room":7}}',
        "A flood of faulty requests is read slowly, and ends with 4504 after ten seconds.",
    ),
    "before-hello": Kind(
        '{{"t":"send","id":{n},' + OWN + ',"text":"x"}}',
        "A flood before hello gets `hello_first`, is read slowly, and ends with 4501 or 4504.",
        silent,
    ),
    "hellos": Kind(
        '{{"t":"hello","id":{n},"nick":"h{c}x{n}"}}',
        f"Who says hello without end {SLOWED}.",
        silent,
    ),
}
ENDS = {4501, 4504, 4002, 1013}


def _maker(template: str) -> Callable[[Assault, int], Chunk]:
    return requests(lambda label, number: template.format(c=label, n=number, m=3 * number + 1))


def add_floods(kinds: Mapping[str, Kind]) -> None:
    """Put floods of requests into the table of attacks."""
    for name, kind in kinds.items():
        add(
            Attack(
                name,
                kind.outcome,
                flood(kind.enter, _maker(kind.request), ENDS),
                FLOODS,
                is_flood=True,
            )
        )


add_floods(KINDS)
