"""Standard input and output, which may be files, pipes or terminals, without blocking Trio.

Each read and write is a system call in a thread, which is abandoned if it is cancelled. The
descriptors stay in blocking mode, since other programs share it.
"""

import codecs
import os
import re
import stat
import sys
from collections.abc import AsyncIterator
from fcntl import F_GETFL, fcntl

import trio

from trio_chat.errors import Failed

STDIN, STDOUT = 0, 1
CHUNK = 64 * 1024  # bytes of a read
UNDECODED = re.compile("[\udc80-\udcff]")  # what a decoder makes of bytes that are no UTF-8


async def lines(limit: int) -> AsyncIterator[str]:
    """Yield the lines of standard input, without their ends.

    Args:
        limit: The most characters of a line; longer ones are cut, so that memory is bounded.

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
    """Return all of standard input, cut to ``limit`` characters."""
    collected = ""
    async for text in _texts():
        collected = (collected + text)[:limit]
    return collected


def is_utf_8(text: str) -> bool:
    """Whether what was read was UTF-8."""
    return UNDECODED.search(text) is None


async def _texts() -> AsyncIterator[str]:
    """Yield what comes; each byte that is no UTF-8 is a lone surrogate, see ``is_utf_8``."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
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
