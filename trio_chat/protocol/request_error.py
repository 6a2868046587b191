"""A refusal: a request cannot be granted, and its answer tells why."""

from trio_chat.protocol import answers


class RequestError(Exception):
    """A request cannot be granted; it carries the answer."""

    def __init__(self, code: str, text: str, retry_ms: int | None = None) -> None:
        super().__init__(code, text)
        self.answer = answers.Error(code=code, text=text, retry_ms=retry_ms)
