"""Operations on a peer's stream besides reading and writing: direct writes, ways to close."""

import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

import trio

from trio_chat.addresses import UNIX

# What the port accepts; and what a client can run on, which in tests is a pair in memory.
Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]
AnyStream = trio.abc.HalfCloseableStream | trio.SSLStream[trio.SocketStream]

LINGER_SIZE = 16 * 1024  # bytes
SKIPPED = 1024 * 1024  # bytes of a refused body that are read: a piece, as the page sends it
NO_LINGER = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 s


def tcp_of(stream: Stream) -> trio.SocketStream:
    """Return the TCP stream that is, or carries, ``stream``."""
    return stream.transport_stream if isinstance(stream, trio.SSLStream) else stream


def address_of(stream: AnyStream) -> str:
    """Return the peer's IP address, ``unix`` for that of a Unix socket.

    An empty text if it has none, or is gone already.
    """
    tcp = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    try:
        name = tcp.socket.getpeername() if hasattr(tcp, "socket") else ""
    except OSError:
        return ""
    if isinstance(name, tuple):
        return str(name[0])
    return UNIX if isinstance(tcp, trio.SocketStream) else ""


def socket_of(stream: AnyStream) -> socket.SocketType | None:
    """Return a socket object for the descriptor of a plain TCP stream; ``None`` for another stream.

    It shares the descriptor, so it has to be detached before the stream is closed: the kernel may
    use the number for another connection then. Its methods never block, as the descriptor does not.
    """
    if not isinstance(stream, trio.SocketStream):
        return None
    # The class beneath ``socket.socket``, at a fifth of the price; what kind it is matters to none.
    return socket.SocketType(socket.AF_INET, socket.SOCK_STREAM, 0, stream.socket.fileno())


def read_now(stream: AnyStream, size: int) -> bytes:
    """Return what has come of a plain TCP stream already, nothing for another one.

    Nothing is also what is returned at the end of the stream, or if it is broken: who reads on by
    ``receive_some`` is told.
    """
    if not isinstance(stream, trio.SocketStream):
        return b""
    try:
        return os.read(stream.socket.fileno(), size)
    except OSError:
        return b""


def send_now(stream: AnyStream, data: bytes) -> int:
    """Write what the kernel takes at once; return how much that was: 0 of a stream that is no TCP.

    Nobody else may write to the stream.

    Raises:
        trio.BrokenResourceError: the peer is gone.
    """
    sock = socket_of(stream)
    if sock is None:
        return 0
    try:
        return sock.send(data)
    except BlockingIOError:
        return 0
    except OSError as error:
        raise trio.BrokenResourceError from error
    finally:
        sock.detach()


async def linger(stream: AnyStream, spend: Callable[[int], float]) -> None:
    """Close our direction and wait until the peer has closed its own.

    After closing both at once the kernel would answer what is still on its way to us with a reset,
    and a reset makes the peer drop the last bytes that we sent. The caller sets the deadline.

    What the peer still sends means nothing, but is paid for: a peer that sends more than it may is
    read as slowly as it would be otherwise.

    Args:
        stream: The connection.
        spend: Takes in how many bytes were read; returns in how many seconds to read on.
    """
    try:
        if isinstance(stream, trio.SSLStream):  # which has a closing message of its own
            tcp = stream.transport_stream
            async with tcp:
                with suppress(trio.BrokenResourceError):  # as the peer still sends
                    await stream.unwrap()
                await linger(tcp, spend)
            return
        await stream.send_eof()
        while data := await stream.receive_some(LINGER_SIZE):
            delay = spend(len(data))
            await trio.sleep(delay)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass


async def skip(stream: AnyStream, size: int, spend: Callable[[int], float]) -> None:
    """Read so many bytes that mean nothing but are paid for, or up to the end of the stream.

    The caller sets the deadline.

    Raises:
        trio.BrokenResourceError: the connection broke.
    """
    while size > 0 and (data := await stream.receive_some(min(size, LINGER_SIZE))):
        size -= len(data)
        await trio.sleep(spend(len(data)))


def reset_on_close(stream: trio.abc.Stream) -> None:
    """Have the kernel drop what a stuck peer has not taken when its socket is closed."""
    if isinstance(stream, trio.SocketStream | trio.SSLStream):
        with suppress(OSError):  # it may be closed already, before the hub is told
            tcp_of(stream).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
