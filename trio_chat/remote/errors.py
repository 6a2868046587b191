"""The exceptions of a chat: one for each way in which its user can react."""


class ChatError(Exception):
    """The base of all exceptions of this package."""


class Refused(ChatError):
    """The server does not grant a request.

    ``code`` is for programs and one of docs/protocol.md, "Errors"; ``text`` is for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        """Return a text for people."""
        return f"{self.text} ({self.code})"


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
