"""How often things may be asked for: every rate limit of the server, as part of its settings."""

import re
from dataclasses import dataclass, field, fields
from typing import Any

SECONDS = {"s": 1, "min": 60, "h": 3600}
RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|min|h)(?::(\d+(?:\.\d+)?))?", re.ASCII)
OFF = ("0", "off")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, and ``burst`` at once; ``per_second`` 0 is no limit."""

    per_second: float
    burst: float
    text: str = "off"  # as a setting

    def __str__(self) -> str:
        """Return it as a setting."""
        return self.text

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Return the rate of a setting such as ``5/s:20``, ``6/min`` or ``off``.

        Raises:
            ValueError: it is none; the message says what is expected.
        """
        if text.strip() in OFF:
            return NO_LIMIT
        found = RATE.fullmatch(text.strip())
        count, unit, burst = found.groups() if found else ("0", "s", None)
        burst = burst or count
        if float(count) <= 0 or float(burst) < 1:
            raise ValueError("a rate such as 5/s:20 (5 a second, 20 at once), 6/min, 20/h or off")
        return cls(float(count) / SECONDS[unit], float(burst), text.strip())


NO_LIMIT = Rate(0.0, 1.0)


def rate(default: str, help: str) -> Any:
    """Return a field for a rate, with its default and its help text."""
    return field(
        default=Rate.parse(default), metadata={"help": help, "least": None, "group": "rates"}
    )


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rates, each with what it counts and for whom.

    Whoever asks for more waits, and is not read meanwhile. Those of a person count for all
    connections of that person, or for the connection while it has none.
    """

    send_rate: Rate = rate("5/s:20", "messages of one person")
    change_rate: Rate = rate("5/s:20", "edits, deletions and reactions of one person")
    topic_rate: Rate = rate("6/min:3", "topics that one person sets")
    nick_rate: Rate = rate("12/min:3", "nicks that one person takes")
    join_rate: Rate = rate("16/s:512", "rooms that one person joins or leaves")
    typing_rate: Rate = rate(
        "30/min:1", "times that one person is shown as typing; more are dropped"
    )
    read_rate: Rate = rate(
        "2/s:100", "times that one person tells how far a room is read; more are dropped"
    )
    history_rate: Rate = rate("5/s:16", "pages of history that one person reads")
    search_rate: Rate = rate("2/s:16", "searches of one person")
    list_rate: Rate = rate(
        "1/s:16", "lists of rooms, and of their sessions or marks, that one person reads"
    )
    invalid_rate: Rate = rate("5/s:50", "requests of one person that are answered with an error")
    room_rate: Rate = rate("100/s:500", "messages and changes in one room, of all together")
    byte_rate: Rate = rate("32768/s:262144", "bytes that one connection sends")
    frame_rate: Rate = rate(
        "100/s:1000", "WebSocket frames that one connection sends, but for control frames"
    )
    control_rate: Rate = rate("10/s:100", "pings, pongs and closes that one connection sends")
    address_byte_rate: Rate = rate(
        "131072/s:1048576", "bytes that the connections of one address send, together"
    )
    address_write_rate: Rate = rate(
        "50/s:500", "messages and changes of one address, all people together"
    )
    connect_rate: Rate = rate("50/s:3000", "connections that one address opens")
    tls_rate: Rate = rate("25/s:3000", "TLS handshakes of one address")
    handshake_rate: Rate = rate("50/s:3000", "WebSockets that one address opens")
    http_rate: Rate = rate(
        "100/s:4000", "HTTP requests of one address; a file of the page counts as 0.2"
    )
    resume_rate: Rate = rate(
        "100/s:6000", "pages of missed events that are read for one address; further ones wait"
    )
    upload_rate: Rate = rate("30/min:100", "files that one person uploads")
    file_byte_rate: Rate = rate(
        "4166666/h:100000000", "bytes of files that one person uploads; so many a day"
    )
    address_file_rate: Rate = rate(
        "2097152/s:33554432", "bytes of files that one address uploads, all people together"
    )
    new_room_rate: Rate = rate("20/h:20", "rooms in which one address says the first word")
    govern_rate: Rate = rate(
        "20/min:30",
        "rooms, links, rules, lists of acts, reports, codes and ends of sessions that one person "
        "asks for",
    )
    moderate_rate: Rate = rate(
        "60/min:60",
        "acts of one person on people, raids undone, acts taken back, and messages approved or "
        "rejected; five people more count as one",
    )
    link_guess_rate: Rate = rate("30/min:30", "secrets of no link that come from one address")
    new_name_rate: Rate = rate("600/h:600", "people without a session that one address brings")
    password_rate: Rate = rate("6/min:10", "wrong passwords of one address")


def unlimited() -> Rates:
    """Return rates that limit nothing."""
    return Rates(**{each.name: NO_LIMIT for each in fields(Rates)})
