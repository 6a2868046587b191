"""What is done to a peer's stream besides reading and writing: direct writes, ways to close."""

import os
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import cast

import trio

# What the port accepts, and what a client can run on, in tests also a pair in memory.
Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]
AnyStream = trio.abc.HalfCloseableStream | trio.SSLStream[trio.SocketStream]

NO_LINGER = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 s


def tcp_of(stream: Stream) -> trio.SocketStream:
    """Return the TCP stream that is, or carries, ``stream``."""
    return stream.transport_stream if isinstance(stream, trio.SSLStream) else stream


def writer_of(stream: trio.abc.SendStream) -> Callable[[bytes], int]:
    """Return a function that writes to ``stream`` without waiting and tells how much was taken.

    It raises ``BlockingIOError`` if nothing can be taken now, another ``OSError`` if the
    connection is gone, and must not be called once the stream is closed: the kernel may have
    given the descriptor to somebody else. Only a plain TCP stream can do this; for others
    nothing is ever taken.
    """
    if isinstance(stream, trio.SocketStream):
        return partial(os.write, stream.socket.fileno())
    return lambda _: 0


async def linger(stream: AnyStream) -> None:
    """Close our direction and wait until the peer has closed its own.

    Closing at once would make the kernel answer what is still under way to us with a reset,
    and a reset makes the peer forget the last bytes we sent. The caller sets the deadline.
    """
    try:
        if isinstance(stream, trio.SSLStream):  # says goodbye in its own way first
            tcp, _ = await stream.unwrap()
            async with tcp:
                await linger(cast("trio.SocketStream", tcp))
            return
        await stream.send_eof()
        while await stream.receive_some(65536):
            pass
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass


def reset_on_close(stream: trio.abc.Stream) -> None:
    """Make the close of a stuck peer's socket drop at once what the kernel still holds for it."""
    if isinstance(stream, trio.SocketStream | trio.SSLStream):
        tcp_of(stream).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
