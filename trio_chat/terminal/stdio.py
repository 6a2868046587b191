"""Standard input and output, which may be files, pipes or terminals, without blocking Trio.

Each read and write is a system call in a thread, which is abandoned if it is cancelled. The
descriptors stay in blocking mode, since other programs share it.
"""

import os
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import AsyncIterator
from fcntl import F_GETFL, fcntl

import trio

from trio_chat.errors import Failed

STDIN, STDOUT = 0, 1
CHUNK = 64 * 1024  # bytes of a read


async def lines(limit: int) -> AsyncIterator[bytes]:
    """Yield the lines of standard input, without their ends and without a byte order mark.

    Args:
        limit: The most bytes of a line; longer ones are cut, so that memory is bounded.

    Raises:
        Failed: it cannot be read.
    """
    pending = b""
    mark = BOM_UTF8
    async for data in _pieces():
        *whole, pending = (pending + data).split(b"\n")
        for line in whole:
            yield line.removeprefix(mark)[:limit]
            mark = b""
        pending = pending[: limit + len(mark)]
    pending = pending.removeprefix(mark)
    if pending:
        yield pending


async def whole(limit: int) -> bytes:
    """Return all of standard input, without a byte order mark, cut to ``limit`` bytes."""
    collected = b""
    async for data in _pieces():
        collected = (collected + data)[: limit + len(BOM_UTF8)]
    return collected.removeprefix(BOM_UTF8)[:limit]


async def _pieces() -> AsyncIterator[bytes]:
    while data := await _read():
        yield data


async def _read() -> bytes:
    try:
        return await trio.to_thread.run_sync(os.read, STDIN, CHUNK, abandon_on_cancel=True)
    except OSError as error:
        raise Failed(f"cannot read standard input: {error.strerror}") from None


async def write(text: str) -> None:
    """Write a text to standard output.

    Raises:
        BrokenPipeError: the reader is gone.
        Failed: it cannot be written.
    """
    data = text.encode(sys.stdout.encoding, "backslashreplace")
    while data:
        data = data[await _write(data) :]


async def closed() -> None:
    """Wait until the reader of standard output is gone, if that is a pipe; else return.

    Raises:
        BrokenPipeError: the reader is gone.
    """
    is_pipe = stat.S_ISFIFO(os.fstat(STDOUT).st_mode)
    if is_pipe and fcntl(STDOUT, F_GETFL) & os.O_ACCMODE == os.O_WRONLY:
        await trio.lowlevel.wait_readable(STDOUT)  # only its end makes it readable
        raise BrokenPipeError


async def _write(data: bytes) -> int:
    try:
        return await trio.to_thread.run_sync(os.write, STDOUT, data, abandon_on_cancel=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failed(f"cannot write: {error.strerror}") from None
