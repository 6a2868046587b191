"""The error with which a request is refused."""

from trio_chat.protocol import answers


class RequestError(Exception):
    """A request that is refused; it carries the answer.

    Args:
        code: For programs.
        text: A line for people.
        retry_ms: The time after which another try can help.
    """

    def __init__(self, code: str, text: str, retry_ms: int | None = None) -> None:
        super().__init__(code, text)
        self.answer = answers.Error(code=code, text=text, retry_ms=retry_ms)
