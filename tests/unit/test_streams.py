"""Rules for writing to a stream at once."""

import socket

import pytest
import trio
import trio.testing

from trio_chat.net.streams import read_now, reset_on_close, send_now


async def test_what_the_kernel_takes_is_written_at_once() -> None:
    """The rest is not waited for; a stream that is no TCP takes nothing."""
    ours, theirs = socket.socketpair()
    async with trio.SocketStream(trio.socket.from_stdlib_socket(ours)) as stream:
        with theirs:
            assert send_now(stream, b"hello") == 5
            assert theirs.recv(10) == b"hello"
            while send_now(stream, b"x" * 100_000):
                pass
        with pytest.raises(trio.BrokenResourceError):
            send_now(stream, b"hello")
        reset_on_close(stream)
    one, _ = trio.testing.memory_stream_pair()
    assert send_now(one, b"hello") == 0


async def test_what_has_come_is_read_at_once() -> None:
    """Nothing if nothing has come, at the end, and of a stream that is broken or no TCP."""
    ours, theirs = socket.socketpair()
    async with trio.SocketStream(trio.socket.from_stdlib_socket(ours)) as stream:
        assert read_now(stream, 10) == b""
        theirs.send(b"hello")
        assert read_now(stream, 3) == b"hel"
        assert read_now(stream, 10) == b"lo"
        theirs.close()
        assert read_now(stream, 10) == b""
    one, _ = trio.testing.memory_stream_pair()
    assert read_now(one, 10) == b""
