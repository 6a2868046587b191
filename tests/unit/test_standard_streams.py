"""Rules of standard output and error: whatever is behind them holds nobody up."""

import fcntl
import io
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from trio_chat import standard_streams
from trio_chat.standard_streams import LineWriter

PATIENCE = 10.0  # seconds
SIZE = 4096  # bytes of the smallest pipe


@contextmanager
def pipe(size: int = SIZE) -> Iterator[tuple[int, TextIO]]:
    """Return a pipe: the end to read from, and the stream to write to."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, size)
    with os.fdopen(writer, "w", encoding="ascii") as stream:
        yield reader, stream
    os.close(reader)


def fill(stream: TextIO) -> None:
    """Leave no room in a pipe."""
    os.write(stream.fileno(), b"." * SIZE)


def read(reader: int, end: bytes) -> bytes:
    """Return what comes through a pipe, up to its last words."""
    data = b""
    while not data.endswith(end):
        data += os.read(reader, SIZE)
    return data


def test_lines_are_written_in_order() -> None:
    """Also lines longer than a pipe, and with characters that the stream cannot encode."""
    with pipe() as (reader, stream), LineWriter(stream, 10) as writer:
        writer.write("x" * 2 * SIZE + "\n")
        writer.write("caf\xe9 \u6f22\n")
        writer.flush()
        assert read(reader, b"22\n") == b"x" * 2 * SIZE + b"\ncaf\\xe9 \\u6f22\n"


def test_lines_without_room_are_dropped_and_counted_once_the_stream_takes_some() -> None:
    """The one who writes never waits."""
    told: list[int] = []
    known = threading.Event()

    def count(dropped: int) -> None:
        if dropped:
            told.append(dropped)
            known.set()

    with pipe() as (reader, stream), LineWriter(stream, 10, when_idle=count) as writer:
        fill(stream)
        for number in range(100):
            writer.write(f"{number}\n")
        assert told == []
        data = b""
        while (is_there := select.select([reader], [], [], 0.01)[0]) or not known.is_set():
            if is_there:
                data += os.read(reader, SIZE)
        assert told[0] + data.count(b"\n") == 100
        assert told[0] in (89, 90)  # the thread may have taken one line out of those that wait


def test_the_end_waits_for_a_stream_that_takes_nothing_no_longer_than_it_may() -> None:
    """Nothing is left of the thread."""
    with pipe() as (_, stream), LineWriter(stream, 10, close_timeout=0) as writer:
        fill(stream)
        writer.write("never read\n")
    assert "line writer" not in {thread.name for thread in threading.enumerate()}


def test_the_end_waits_for_what_the_stream_takes() -> None:
    """No line is lost then."""
    with pipe(16 * SIZE) as (reader, stream):
        with LineWriter(stream, 10, PATIENCE) as writer:
            for number in range(10):
                writer.write(f"{number}\n")
        assert os.read(reader, SIZE) == b"".join(b"%d\n" % number for number in range(10))


def test_a_stream_without_a_reader_is_no_failure() -> None:
    """Nor is one that is closed, or one on a full disk."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken, Path("/dev/full").open("w") as full:
        closed = io.StringIO()
        closed.close()
        for stream in (broken, full, closed):
            with LineWriter(stream, 10) as lines:
                lines.write("lost\n")


def test_a_stream_in_non_blocking_mode_is_waited_for() -> None:
    """Another program that shares it may have set that."""
    with pipe() as (reader, stream), LineWriter(stream, 10) as writer:
        os.set_blocking(stream.fileno(), False)
        fill(stream)
        writer.write("late\n")
        assert read(reader, b"late\n").startswith(b".")


def run(
    code: str, prepare: Callable[[], None] | None = None, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a Python of its own, after some preparation of its process."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        preexec_fn=prepare,
        env={**kept, **variables},
        timeout=60,
    )


def test_missing_streams_are_opened_on_nothing() -> None:
    """Otherwise the next file got their descriptors, and what is printed was written into it."""

    def close_all() -> None:
        os.closerange(0, 3)

    code = (
        "import os, sys; from trio_chat import standard_streams as s; s.prepare();"
        "print('x'); print('y', file=sys.stderr); s.settle(); s.say('z');"
        "sys.exit(os.open(os.devnull, os.O_RDONLY) if sys.stdin.read() == '' else 1)"
    )
    assert run(code, close_all).returncode > 2


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_what_cannot_be_written_at_the_end_is_discarded(name: str) -> None:
    """Python would end with status 120."""
    code = (
        "import os, sys; from trio_chat import standard_streams as s;"
        f"stream = sys.{name}; os.dup2(os.open('/dev/full', os.O_WRONLY), stream.fileno());"
        "stream.reconfigure(line_buffering=False); stream.write('lost'); s.settle()"
    )
    assert run(code).returncode == 0


def test_a_stream_without_a_descriptor_may_fail_to_flush(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is nothing to discard then."""

    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError("no space")

    monkeypatch.setattr(sys, "stdout", Full())
    standard_streams.settle()


def test_what_standard_output_cannot_encode_is_escaped() -> None:
    """As in a locale of ASCII."""
    code = "from trio_chat import standard_streams as s; s.prepare(); print('caf\\xe9'); s.settle()"
    done = run(code, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, b"caf\\xe9\n")


def test_other_streams_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that calls ours may have replaced them."""
    ours: Callable[[], TextIO] = io.StringIO
    stream = ours()
    monkeypatch.setattr(sys, "stdout", stream)
    standard_streams.prepare()
    assert sys.stdout is stream


class Slow(io.StringIO):
    """A stream that takes its first line once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.taking, self.may_take = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        """Write a line, late."""
        self.taking.set()
        self.may_take.wait()
        return super().write(text)


def test_how_many_lines_were_dropped_is_never_dropped_itself() -> None:
    """Neither if others have filled the queue again by then."""
    stream = Slow()

    def remark(dropped: int) -> None:
        if dropped:
            other = threading.Thread(target=writer.write, args=("other\n",))
            other.start()
            other.join()
            writer.write(f"dropped: {dropped}\n")

    with LineWriter(stream, limit=1, close_timeout=60, when_idle=remark) as writer:
        writer.write("one\n")
        stream.taking.wait()
        writer.write("two\n")
        writer.write("three\n")
        stream.may_take.set()
    assert stream.getvalue() == "one\ntwo\nother\ndropped: 1\n"
