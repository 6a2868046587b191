"""Standard input and output, which may be files, pipes or terminals, without holding up Trio.

Each read and write is a system call in a thread, which is left to itself if it is cancelled.
The descriptors stay in blocking mode, which other programs share.
"""

import codecs
import os
import stat
import sys
from collections.abc import AsyncIterator
from fcntl import F_GETFL, fcntl

import trio

from trio_chat.errors import Failed

STDIN, STDOUT = 0, 1
CHUNK = 64 * 1024  # bytes of a read


async def lines(limit: int) -> AsyncIterator[str]:
    """Yield the lines of standard input, without their ends.

    Args:
        limit: Characters; what is longer is cut behind that, so that memory has a bound.

    Raises:
        Failed: it cannot be read.
    """
    pending = ""
    async for text in _texts():
        *whole, pending = (pending + text).split("\n")
        for line in whole:
            yield line[:limit]
        pending = pending[:limit]
    if pending:
        yield pending


async def whole(limit: int) -> str:
    """Return all of standard input, cut behind ``limit`` characters."""
    collected = ""
    async for text in _texts():
        collected = (collected + text)[:limit]
    return collected


async def _texts() -> AsyncIterator[str]:
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    data = b"."
    while data:
        data = await _read()
        yield decode(data, not data)


async def _read() -> bytes:
    try:
        return await trio.to_thread.run_sync(os.read, STDIN, CHUNK, abandon_on_cancel=True)
    except OSError as error:
        raise Failed(f"cannot read standard input: {error.strerror}") from None


async def write(text: str) -> None:
    """Write a text to standard output.

    Raises:
        BrokenPipeError: nobody reads it any more.
        Failed: it cannot be written.
    """
    data = text.encode(sys.stdout.encoding, "backslashreplace")
    while data:
        data = data[await _write(data) :]


async def closed() -> None:
    """Wait until nobody reads standard output any more, if it is a pipe; else return.

    Raises:
        BrokenPipeError: nobody does.
    """
    is_pipe = stat.S_ISFIFO(os.fstat(STDOUT).st_mode)
    if is_pipe and fcntl(STDOUT, F_GETFL) & os.O_ACCMODE == os.O_WRONLY:
        await trio.lowlevel.wait_readable(STDOUT)  # nothing comes from there but its end
        raise BrokenPipeError


async def _write(data: bytes) -> int:
    try:
        return await trio.to_thread.run_sync(os.write, STDOUT, data, abandon_on_cancel=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failed(f"cannot write: {error.strerror}") from None
