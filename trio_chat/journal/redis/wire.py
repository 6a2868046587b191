"""A wire to a Redis server: one connection that speaks RESP3, so commands and messages share it."""

import os
import ssl
from typing import Any

import hiredis
import trio

from trio_chat.bus_url import Login, Place

OPEN_TIMEOUT = 5.0  # seconds to connect to one server, with TLS
ANSWER_TIMEOUT = 5.0  # seconds for it to answer, or to take what is sent
READ_SIZE = 64 * 1024  # bytes of one read
LONGEST = 1024 * 1024  # bytes of what comes until it is a whole answer
SHOWN = 200  # characters of what a server says, in an error
NOTHING = object()  # until an answer is whole

Reply = Any  # bytes, numbers, lists, maps, ``hiredis.ReplyError``; of a message a list


class RedisError(Exception):
    """The server is of no use, or not now; the message says why, without a password."""


def packed(*parts: str | bytes) -> bytes:
    """Return a command as it is sent."""
    command: bytes = hiredis.pack_command(parts)  # type: ignore[arg-type] # of any number of parts
    return command


# What a connection fails with.
FAILURES = (RedisError, OSError, trio.BrokenResourceError, trio.TooSlowError)


class Wire:
    """One connection, from which one task reads and to which one writes.

    What fails once is of no use any more.

    Args:
        stream: That is open.
        place: Where it leads.
    """

    def __init__(self, stream: trio.abc.Stream, place: Place) -> None:
        self.place = place
        self._stream = stream
        self._reader = hiredis.Reader(notEnoughData=NOTHING)
        self._unread = 0  # bytes that are no whole answer yet
        self._replies: list[Reply] = []

    @classmethod
    async def open(cls, place: Place, tls: ssl.SSLContext | None) -> "Wire":
        """Connect.

        Raises:
            OSError: it cannot be done.
            trio.BrokenResourceError: nor TLS.
            trio.TooSlowError: it takes too long.
        """
        with trio.fail_after(OPEN_TIMEOUT):
            stream: trio.abc.Stream = await trio.open_tcp_stream(*place)
            if tls:
                secure = trio.SSLStream(stream, tls, server_hostname=place[0])
                try:
                    await secure.do_handshake()
                except BaseException:
                    await trio.aclose_forcefully(stream)
                    raise
                stream = secure
        return cls(stream, place)

    async def greet(self, login: Login) -> None:
        """Speak RESP3 from now on, as somebody who may.

        Raises:
            RedisError: it is not taken.
        """
        user = login.user or "default"
        auth = ("AUTH", user, login.password) if login.password else ()
        try:
            await self.call("HELLO", "3", *auth, "SETNAME", "trio-chat")
        except RedisError as refused:
            if "unknown command" in str(refused):  # which repeats what it was told
                raise RedisError("it speaks no RESP3: that takes Redis 6 or newer") from None
            raise

    async def call(self, *command: str | bytes) -> Reply:
        """Send a command while nothing else comes; return the answer.

        Raises:
            RedisError: it is one.
        """
        with trio.fail_after(ANSWER_TIMEOUT):
            await self._stream.send_all(packed(*command))
            await self._read()
        reply = self._replies.pop(0)
        if isinstance(reply, hiredis.ReplyError):
            raise RedisError(str(reply)[:SHOWN])
        return reply

    async def send(self, data: bytes) -> None:
        """Send packed commands; their answers come with what is received."""
        with trio.fail_after(ANSWER_TIMEOUT):
            await self._stream.send_all(data)

    async def receive(self) -> list[Reply]:
        """Wait until something has come; return all that has.

        Raises:
            RedisError: the server has ended the connection, or says what nobody understands.
        """
        await self._read()
        replies, self._replies = self._replies, []
        return replies

    async def _read(self) -> None:
        """Wait until there is an answer."""
        while not self._replies:
            data = await self._stream.receive_some(READ_SIZE)
            if not data:
                raise RedisError("it has ended the connection")
            self._reader.feed(bytes(data))
            self._unread += len(data)
            self._parse()
            if self._unread > LONGEST:
                raise RedisError(f"an answer has more than {LONGEST:,} bytes")

    def _parse(self) -> None:
        try:
            while (reply := self._reader.gets()) is not NOTHING:
                self._replies.append(reply)
                self._unread = self._reader.len()
        except (hiredis.HiredisError, TypeError, MemoryError):  # of which it makes no values
            raise RedisError("it says what is no RESP3") from None

    async def close(self) -> None:
        """Close it, without a goodbye."""
        await trio.aclose_forcefully(self._stream)


def reason(error: BaseException) -> str:
    """Return why a connection failed, in one line."""
    match error.__cause__:
        case BaseExceptionGroup(exceptions=[OSError(errno=int(number)), *_]):  # of its addresses
            return os.strerror(number)
    if error.__cause__ is not None and not str(error):  # as Trio tells what TLS says
        error = error.__cause__
    if isinstance(error, trio.TooSlowError):
        return "it does not answer"
    return " ".join(str(error).split())[:SHOWN] or type(error).__name__
