"""The grant: what somebody may who has been let in; and the refusal of somebody who has not."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from trio_chat.protocol import answers
from trio_chat.protocol.close import COME_BACK_LATER, NOT_LET_IN, CloseReason
from trio_chat.protocol.requests import AnyRequest, Rooms, RoomsAmong
from trio_chat.protocol.rights import Right

OPERATOR = "operator"  # a role


class Grant(NamedTuple):
    """What the server knows of somebody whom it has let in.

    ``subject`` names a person for good; ``None``: only a session does. ``nick`` is how they are
    called, whatever they ask for. ``rooms`` are those that they may be in, with their right in
    each; ``None``: no matter which. ``expires_at`` is in seconds since 1970. A session that is
    given to them carries ``mark``, which lets them in again. ``proof`` stands for the key of
    their token. ``invitation`` is the public id of the link that has let them in, empty for one
    by which they have come before: they stay for as long as they have come by a link that is
    live.
    """

    subject: str | None = None
    nick: str | None = None
    rooms: Mapping[str, Right] | None = None
    role: str | None = None
    expires_at: float | None = None
    mark: str | None = None
    proof: bytes | None = None
    invitation: str | None = None

    @property
    def limits_to(self) -> Mapping[str, Right] | None:
        """The only rooms that somebody may be in; ``None``: no matter which, as an operator."""
        return None if self.role == OPERATOR else self.rooms

    @property
    def may_moderate(self) -> bool:
        """Whether it lets somebody moderate a room, or all."""
        rights = self.rooms.values() if self.rooms else ()
        return self.role == OPERATOR or any(right >= Right.MODERATE for right in rights)

    def narrowed(self, request: AnyRequest) -> AnyRequest | RoomsAmong:
        """Return a request for a list of rooms so that it is for those that they may be in."""
        if self.limits_to is None or not isinstance(request, Rooms):
            return request
        return RoomsAmong(id=request.id, skip=request.skip, names=frozenset(self.limits_to))


ANYBODY = Grant()


class BadToken(ValueError):
    """A token that does not let anybody in; the message says why."""


class Denied(Exception):
    """Somebody is not let in.

    Args:
        text: Why, in a line for people.
        ways: What can be shown to be let in: ``password``, ``token``, ``invite``.
        retry_ms: The time after which another try can help.
    """

    def __init__(self, text: str, ways: Sequence[str] = (), retry_ms: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.ways = list(ways)
        self.retry_ms = retry_ms

    @property
    def code(self) -> str:
        """The code, as the v1 protocol names it."""
        return "busy" if self.retry_ms else "unauthorized"

    @property
    def close_reason(self) -> CloseReason:
        """With what a connection ends."""
        return COME_BACK_LATER if self.retry_ms else NOT_LET_IN

    def answer(self, id: answers.Id) -> answers.Error:
        """Return the answer to the request with this id."""
        return answers.Error(
            id=id, code=self.code, text=self.text, retry_ms=self.retry_ms, access=self.ways
        )
