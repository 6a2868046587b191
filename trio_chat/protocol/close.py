"""The reasons for which the server closes a connection, with their close codes."""

from typing import NamedTuple


class CloseReason(NamedTuple):
    """Why a connection ends, as the close frame says it.

    Codes below 3000 mean what RFC 6455, section 7.4.1, says. After 4000 to 4499 a client
    reconnects, after 4500 to 4999 it does not.
    """

    code: int
    reason: str  # at most 123 bytes of UTF-8, so that it fits a control frame


class Parting(CloseReason):
    """A reason with a wait of one client's own, so that not all come back at once."""

    extra_ms = 0  # for which this client waits longer than others do


class Violation(Exception):
    """The peer broke a rule; the connection has to end for the reason ``reason``."""

    def __init__(self, reason: CloseReason) -> None:
        super().__init__(reason)
        self.reason = reason


GOING_AWAY = CloseReason(1001, "server is stopping")
NOT_UTF8 = CloseReason(1007, "text is not valid UTF-8")
TOO_MANY_FRAGMENTS = CloseReason(1009, "message has too many fragments")
TOO_LONG = CloseReason(1009, "message is too long")
CRASHED = CloseReason(1011, "server error")
RESTARTING = CloseReason(1012, "server is restarting")
NOT_TO_TALK = CloseReason(4501, "nothing is read here")
NO_HELLO = CloseReason(4501, "no hello came in time")
BAD_PROTOCOL = CloseReason(4501, "not a message of trio-chat.v1")
REMOVED = CloseReason(4503, "you may not be in a room that you were in")
NOT_LET_IN = CloseReason(4500, "not let in; see the error")
COME_BACK_LATER = CloseReason(4005, "not let in for now; come back later")
EXPIRED = CloseReason(4505, "what let you in has expired")
SIGNED_OUT = CloseReason(4506, "the session is over; say hello without it")
FLOODING = CloseReason(4504, "asking for too much; see the limits in the welcome")
TOO_SLOW = CloseReason(4002, "reading too slowly")
UNREADABLE = CloseReason(1013, "the room cannot be read just now")
RESYNC = CloseReason(4004, "cannot tell what was missed; come back later")
NO_PONG = CloseReason(4003, "no answer to ping")

NAMES = {reason: name.lower() for name, reason in vars().items() if isinstance(reason, CloseReason)}
FAULTS = {1002: "protocol_error", 1007: "not_utf8", 1009: "too_long"}  # that others have words for


def name_of(reason: CloseReason) -> str:
    """Return the name by which figures know a reason; there are few, whatever the words are."""
    return NAMES.get(reason) or FAULTS.get(reason.code, "other")
