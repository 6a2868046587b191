"""The exceptions of a chat: one for each way in which its user can react."""

from collections.abc import Sequence


class ChatError(Exception):
    """The base of all exceptions of this package."""


class Refused(ChatError):
    """The server does not grant a request.

    ``code`` is for programs and one of docs/protocol.md, "Errors"; ``text`` is for people. A room
    that we have to leave is refused, too: ``kicked``, ``banned``, or ``removed`` if the server does
    not tell more. ``retry_after`` is the time in seconds after which a request may be granted.
    ``access`` is what the server asks for to let us in, such as ``password`` or ``invite``.
    """

    def __init__(
        self,
        code: str,
        text: str,
        retry_after: float | None = None,
        access: Sequence[str] = (),
    ) -> None:
        super().__init__(code, text)
        self.access = list(access)
        self.code = code
        self.text = text
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Return a text for people."""
        later = f"; try again in {self.retry_after:.0f} s" if self.retry_after else ""
        return f"{self.text} ({self.code}){later}"


class Lost(ChatError):
    """The connection was lost before the answer to what must not be done twice."""

    def __str__(self) -> str:
        """Return a text for people."""
        return "the connection was lost before the answer; this may have been done"


class Ended(ChatError):
    """The chat is over for good: a close code and its reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        """Return a text for people."""
        return f"{self.reason} ({self.code})"


class Unreachable(ChatError):
    """The server did not say welcome in time; the message says why."""
