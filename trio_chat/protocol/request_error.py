"""The error with which a request is refused."""

from trio_chat.protocol import answers


class RequestError(Exception):
    """A request that is refused; it carries the answer.

    Args:
        code: For programs.
        text: A line for people.
        retry_ms: The time after which another try can help.
        limit: The setting that is the reason, if it is one and is not counted yet.
    """

    def __init__(
        self, code: str, text: str, retry_ms: int | None = None, *, limit: str = ""
    ) -> None:
        super().__init__(code, text)
        self.limit = limit
        self.answer = answers.Error(code=code, text=text, retry_ms=retry_ms)
