"""What can go wrong with a chat: one exception for each thing that its user can do about it."""


class ChatError(Exception):
    """Whatever this package raises by itself."""


class Refused(ChatError):
    """The server does not grant a request.

    ``code`` is for programs and one of docs/protocol.md, "Errors"; ``text`` is for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        """Return what a person should read."""
        return f"{self.text} ({self.code})"


class Ended(ChatError):
    """The chat is over, and coming back is not wanted: a close code and its reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        """Return what a person should read."""
        return f"{self.reason} ({self.code})"


class Unreachable(ChatError):
    """The server could not be reached at first; the message says why."""
