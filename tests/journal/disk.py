"""A disk that fails: what SQLite and the server read or write there is answered by an error."""

import _sqlite3
import ctypes
import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

READS = (b"read", b"pread", b"pread64")
WRITES = (b"write", b"pwrite", b"pwrite64")
# What these calls take: a descriptor, an address, bytes, and a place in the file.
_Transfer = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t,
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int64,
    use_errno=True,
)
_Open = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_int, use_errno=True)
_Set = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


class _System(ctypes.Structure):
    """The beginning of SQLite's ``sqlite3_vfs``, by which it can be told how to call the system."""

    _fields_ = (
        ("numbers", ctypes.c_int * 3),
        ("pointers", ctypes.c_void_p * 3),
        ("functions", ctypes.c_void_p * 13),
        ("set_call", _Set),
    )


@contextmanager
def failing_writes(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer whatever is written to a file with an error of the system, for the block."""

    def refuse(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch, _failing(WRITES, number):
        patch.setattr("trio_chat.journal.sqlite.obstacles.TemporaryFile", refuse)
        yield


@contextmanager
def failing_reads(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer whatever is read from a file with an error of the system, for the block."""

    def refuse(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch, _failing(READS, number):
        patch.setattr(os, "pread", refuse)
        yield


@contextmanager
def no_temporary_files() -> Iterator[None]:
    """Let SQLite make no files of its own but beside a database, for the block."""

    def open_(path: bytes, flags: int, mode: int) -> int:
        try:
            if b"/etilqs_" in path:
                raise PermissionError(errno.EACCES, "")
            return os.open(path, flags, mode)
        except OSError as error:
            ctypes.set_errno(error.errno or errno.EACCES)
            return -1

    with _told({b"open": _Open(open_)}):
        yield


@contextmanager
def _failing(calls: tuple[bytes, ...], number: int) -> Iterator[None]:
    """Let calls of SQLite fail for the block."""

    def fail(*_: int) -> int:
        ctypes.set_errno(number)
        return -1

    failing = _Transfer(fail)
    with _told(dict.fromkeys(calls, failing)):
        yield


@contextmanager
def _told(calls: Mapping[bytes, object]) -> Iterator[None]:
    """Tell SQLite how to call the system, for the block; the test is skipped if that cannot be."""
    try:
        find = ctypes.CDLL(_sqlite3.__file__).sqlite3_vfs_find
    except (AttributeError, OSError) as error:
        pytest.skip(f"needs to find SQLite's own functions: {error}")
    find.restype = ctypes.POINTER(_System)
    system = find(None)
    for name, call in calls.items():
        system.contents.set_call(system, name, ctypes.cast(call, ctypes.c_void_p))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in calls:
            system.contents.set_call(system, name, None)
