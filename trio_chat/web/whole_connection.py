"""What Hypercorn has for a connection where all of a request has come: it is not read once more.

The acceptor has read its head by the rules of h11, and knows how long the body is. So Hypercorn is
told of the request as it is, and an answer whose length its head tells is written line by line.
Whatever else there is to answer, h11 writes, which reads the request for that.
"""

from collections import deque

import h11

from trio_chat.net.head import Head

CLOSE = (b"connection", b"close")
LENGTH = b"content-length"
OTHER_FRAMING = (b"transfer-encoding", b"connection")


def is_whole(head: Head) -> bool:
    """Whether a request has come as a whole, and asks for nothing but its answer."""
    names = [name for name, _ in head.headers]
    is_plain = names.count("host") == 1 and "expect" not in names and "upgrade" not in names
    size = head.body_size
    return is_plain and size is not None and size <= len(head.rest)


class _ReadRequest(h11.Request):
    """A request whose parts were checked when they were read."""

    def __init__(self, head: Head) -> None:
        # The class is frozen, and its own way to make one checks all.
        headers = [(name.encode("ascii"), text.encode("ascii")) for name, text in head.headers]
        parts = {
            "method": head.method.encode("ascii"),
            "target": head.target.encode("ascii"),
            "http_version": head.http_version.encode("ascii"),
            "headers": headers,
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)


class WholeConnection:
    """Stands for an ``h11.Connection`` in Hypercorn, for one request and its answer.

    Args:
        head: Of a request that ``is_whole``.
        body: All of it.
    """

    they_are_waiting_for_100_continue = False
    trailing_data = (b"", False)
    their_state = h11.DONE

    def __init__(self, head: Head, body: bytes) -> None:
        self._head = head
        self._body = body
        data = [h11.Data(data=body)] if body else []
        self._events: deque[h11.Event] = deque([_ReadRequest(head), *data, h11.EndOfMessage()])
        self._writer: h11.Connection | None = None  # of an answer that is not plain
        self._is_last = False
        self._left = 0  # bytes of the answer's body
        self.our_state: type[object] = h11.SEND_RESPONSE

    def receive_data(self, data: bytes) -> None:
        """Take nothing: all has come."""

    def next_event(self) -> h11.Event | type[h11.PAUSED]:
        """Return the next part of the request; behind the last one, that nothing is read on."""
        return self._events.popleft() if self._events else h11.PAUSED

    def send(self, event: h11.Event) -> bytes | None:
        """Return the bytes of a part of the answer.

        Raises:
            h11.LocalProtocolError: its body is longer or shorter than its head has told.
        """
        if isinstance(event, h11.Response) and not self._is_plain(event):
            self._writer = self._read_again()
        if self._writer:
            return self._by_h11(self._writer, event)
        if isinstance(event, h11.Response):
            return self._begin(event)
        if isinstance(event, h11.Data):
            self._left -= len(event.data)
        if self._left < 0 or (self._left and isinstance(event, h11.EndOfMessage)):
            self.our_state = h11.ERROR
            raise h11.LocalProtocolError("the body is not as long as the head has told")
        if isinstance(event, h11.Data):
            return event.data
        self.our_state = h11.MUST_CLOSE if self._is_last else h11.DONE
        return b""

    def _is_plain(self, response: h11.Response) -> bool:
        """Whether an answer has a body of which its head tells the length, and nothing odd."""
        has_body = self._head.method not in ("HEAD", "CONNECT")
        has_body = has_body and response.status_code not in (204, 304)
        others = [line for line in response.headers if line[0] in OTHER_FRAMING]
        return has_body and len(_lengths(response)) == 1 and others in ([], [CLOSE])

    def _begin(self, response: h11.Response) -> bytes:
        self._is_last = CLOSE in response.headers
        self._left = int(*_lengths(response))
        lines = [b"%s: %s\r\n" % header for header in response.headers]
        return b"".join([b"HTTP/1.1 %d \r\n" % response.status_code, *lines, b"\r\n"])

    def _read_again(self) -> h11.Connection:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=len(self._head.raw))
        connection.receive_data(self._head.raw + self._body)
        while not isinstance(connection.next_event(), h11.EndOfMessage):
            pass
        return connection

    def _by_h11(self, connection: h11.Connection, event: h11.Event) -> bytes | None:
        try:
            return connection.send(event)
        finally:
            self.our_state = connection.our_state

    def start_next_cycle(self) -> None:
        """Do nothing: whoever has the connection reads the next request."""


def _lengths(response: h11.Response) -> list[bytes]:
    return [value for name, value in response.headers if name == LENGTH]
