"""The requests whose prices are measured: which, how often, and what one costs of its rate."""

from collections.abc import Callable
from typing import Any, NamedTuple

Object = dict[str, Any]
Make = Callable[[int], Object]


class Asked(NamedTuple):
    """Requests of one kind.

    ``make`` makes the one of each number; ``at_once`` go in a frame, which has to be short enough,
    and their answers too.
    """

    name: str
    rate: str  # the setting that limits it
    times: int
    make: Make
    at_once: int = 50
    cost: float = 1  # tokens of that rate


CROWD = [f"{number:020x}" for number in range(200)]  # the most people in a request
MADE = "made-0"  # the room of whoever asks for what governs

TEXT = {"room": "tea", "text": "hello, this is a line of a chat"}
SEARCH = {"t": "search", "room": "long", "query": "line"}
REACTION = {"t": "react", "room": "tea", "seq": 2, "emoji": "👍"}
MODERATE = {"t": "moderate", "room": MADE}
BAN = MODERATE | {"act": "ban", "people": CROWD}
LINK = {"t": "link", "right": "speak"}
RAID = {"t": "raid", "room": MADE, "since": 1, "preview": True}


def mute(number: int) -> Object:
    """Return the request to mute one person, or to let them speak again."""
    return MODERATE | {"act": "unmute" if number % 2 else "mute", "people": CROWD[:1]}


def clear(number: int) -> Object:
    """Return the request to clear what one person said; not too often in one room."""
    return MODERATE | {"act": "clear", "people": CROWD[:1], "room": f"made-{number % 50}"}


REQUESTS = (
    Asked("send", "send_rate", 5000, lambda _: {"t": "send", **TEXT}),
    Asked(
        "send with cid", "send_rate", 5000, lambda n: {"t": "send", "cid": f"cid-{n:08}", **TEXT}
    ),
    Asked("edit", "change_rate", 900, lambda _: {"t": "edit", "seq": 1, **TEXT}),
    Asked("react", "change_rate", 900, lambda n: {**REACTION, "on": n % 2 == 0}),
    Asked(
        "topic", "topic_rate", 2000, lambda n: {"t": "topic", "room": "tea", "text": f"topic {n}"}
    ),
    Asked("nick", "nick_rate", 2000, lambda n: {"t": "nick", "nick": f"Other {n}"}),
    Asked("join again", "join_rate", 2000, lambda _: {"t": "join", "room": "tea"}),
    Asked("typing", "typing_rate", 5000, lambda _: {"t": "typing", "room": "tea"}),
    Asked(
        "history, 100 messages", "history_rate", 300, lambda _: {"t": "history", "room": "long"}, 10
    ),
    Asked(
        "edits, 100 texts",
        "history_rate",
        300,
        lambda _: {"t": "edits", "room": "tea", "seq": 1},
        10,
    ),
    Asked("search, 20 hits", "search_rate", 300, lambda _: SEARCH, 10),
    Asked("list of rooms", "list_rate", 300, lambda _: {"t": "rooms"}, 10),
    Asked("list of sessions", "list_rate", 3000, lambda _: {"t": "sessions"}),
    Asked("code for another device", "govern_rate", 3000, lambda _: {"t": "pair"}),
    Asked("a faulty request", "invalid_rate", 5000, lambda _: {"t": "join"}),
)
# What whoever has made a room may ask for there; the first makes it.
GOVERNING = (
    Asked("make a room", "govern_rate", 500, lambda n: {"t": "create", "name": f"made-{n}"}),
    Asked("rules", "govern_rate", 1000, lambda n: {"t": "rules", "room": MADE, "slow": n % 9}),
    Asked("mute one", "moderate_rate", 1000, mute),
    Asked("ban 200 people", "moderate_rate", 100, lambda _: BAN, 5, 30),
    Asked("clear what one said", "moderate_rate", 1000, clear),
    Asked("make a link", "govern_rate", 1000, lambda n: {**LINK, "room": f"made-{n % 50}"}),
    Asked("list of 22 links", "govern_rate", 300, lambda _: {"t": "links", "room": MADE}, 10),
    Asked("list of 100 acts", "govern_rate", 300, lambda _: {"t": "audit", "room": MADE}, 10),
    Asked("report", "govern_rate", 1000, lambda _: {"t": "report", "room": MADE, "seq": 1}),
    Asked("preview of a raid of 200", "moderate_rate", 100, lambda _: RAID, 10, 3),
)
