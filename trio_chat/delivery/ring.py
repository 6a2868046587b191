"""The ring: writes one frame to many sockets by one system call (Linux's io_uring)."""

import ctypes
import errno
import mmap
import os
import socket
import struct
from array import array
from collections.abc import Sequence
from contextlib import closing
from types import BuiltinMethodType
from typing import Self, cast

from trio_chat.delivery.batch import DEAD, Batch, Loop
from trio_chat.delivery.outbox import SendNow

ENTRIES = 1024  # requests of one call; the pace of writing asks for fewer
LONGEST = 64 * 1024  # bytes of a frame; longer ones are written by a loop
FEWEST = 16  # sockets; a loop writes to fewer as fast

# The numbers of the system calls are the same on all machines; the rest is from linux/io_uring.h.
SETUP, ENTER = 425, 426
SUBMIT_ALL, COOP_TASKRUN, SINGLE_ISSUER, NO_SQARRAY = 1 << 7, 1 << 8, 1 << 12, 1 << 16
AT_REQUESTS = 0x10000000  # the offset to map the requests at
SEND = 26
SKIP_SUCCESS = 1 << 6  # only what failed, or was taken in part, is told
# Nothing may wait. With MSG_WAITALL the kernel counts what was taken in part as a failure.
FLAGS = socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT | socket.MSG_WAITALL
# A request: opcode, flags, priority, descriptor, offset, address, length, flags of the call, place.
REQUEST = struct.Struct("<BBHiQQIIQ24x")
RESULT = struct.Struct("<QiI")  # place, bytes taken or a negative errno, flags
DESCRIPTORS = slice(1, None, 16)  # of the requests, seen as 32-bit numbers
LENGTHS = slice(6, None, 16)
PLACES = slice(4, None, 8)  # of the requests, seen as 64-bit numbers


class NoRing(Exception):
    """The system does not let us write so; the message says why."""


class Parameters(ctypes.Structure):
    """What the kernel is asked for, and where it puts what (``struct io_uring_params``)."""

    _fields_ = (
        ("requests", ctypes.c_uint32),
        ("results", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("others", ctypes.c_uint32 * 7),
        ("at", ctypes.c_uint32 * 8),  # the places of the requests' head and tail, and others
        ("reserved", ctypes.c_uint64),
        ("results_at", ctypes.c_uint32 * 8),  # those of the results; at 5 they begin themselves
        ("also_reserved", ctypes.c_uint64),
    )


class Ring:
    """Requests to write, and their results, in memory that the kernel shares.

    All is done when the one system call returns: what a socket does not take at once is told, not
    waited for. So the ring holds no descriptor from one call to the next. One thread may use it.

    Raises:
        NoRing: the kernel is older than Linux 6.6, or a container or a limit forbids it.
    """

    is_broken = False  # whether a call has failed as a whole: then loops write

    def __init__(self) -> None:
        parameters = Parameters(flags=SUBMIT_ALL | COOP_TASKRUN | SINGLE_ISSUER | NO_SQARRAY)
        self._call = _system_call()
        self._descriptor = self._call(SETUP, ENTRIES, ctypes.pointer(parameters))
        if self._descriptor < 0:
            raise NoRing(f"io_uring_setup: {os.strerror(ctypes.get_errno())}")
        try:
            self._map(parameters)
        except OSError as error:
            os.close(self._descriptor)
            raise NoRing(f"mmap: {error.strerror}") from None

    def _map(self, parameters: Parameters) -> None:
        head, tail = parameters.at[0], parameters.at[1]
        results_head, results_tail = parameters.results_at[0], parameters.results_at[1]
        self._results_at = parameters.results_at[5]
        self._results_mask = parameters.results - 1
        size = self._results_at + RESULT.size * parameters.results
        shared = mmap.MAP_SHARED | mmap.MAP_POPULATE
        self._shared = mmap.mmap(self._descriptor, size, flags=shared)
        self._requests = mmap.mmap(
            self._descriptor, REQUEST.size * ENTRIES, flags=shared, offset=AT_REQUESTS
        )
        self._buffer = mmap.mmap(-1, LONGEST)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))
        self._numbers = memoryview(self._shared).cast("I")
        self._head, self._tail = head // 4, tail // 4  # their places among the numbers
        self._results_head, self._results_tail = results_head // 4, results_tail // 4

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give it back to the kernel; loops write from now on."""
        self.is_broken = True
        self._numbers.release()
        self._shared.close()
        self._requests.close()
        os.close(self._descriptor)

    def batch(self, sends: Sequence[SendNow]) -> Batch:
        """Return a batch of sockets."""
        return Loop(sends) if len(sends) < FEWEST or self.is_broken else _Requests(self, sends)

    @property
    def address(self) -> int:
        """Where in memory the bytes are that are written."""
        return self._address

    def write(self, wire: bytes, requests: memoryview) -> tuple[int, list[tuple[int, int]]]:
        """Write bytes by requests, which are for ``address``.

        Returns:
            How many requests were done, and the results of those that failed or did not write all.
        """
        self._buffer[: len(wire)] = wire
        count = len(requests) // REQUEST.size
        tail = self._numbers[self._tail]
        first = min(count, ENTRIES - tail % ENTRIES) * REQUEST.size
        at = tail % ENTRIES * REQUEST.size
        self._requests[at : at + first] = requests[:first]
        self._requests[: len(requests) - first] = requests[first:]
        self._numbers[self._tail] = (tail + count) % 2**32
        done = self._call(ENTER, self._descriptor, count, 0, 0, None, 0)
        if done < count:
            done = max(done, 0)
            self.is_broken = True
            self._numbers[self._tail] = (tail + done) % 2**32
        return done, self._take_results()

    def _take_results(self) -> list[tuple[int, int]]:
        head, tail = self._numbers[self._results_head], self._numbers[self._results_tail]
        results = []
        while head != tail:
            at = self._results_at + RESULT.size * (head & self._results_mask)
            place, result, _ = RESULT.unpack_from(self._shared, at)
            results.append((place, result))
            head = (head + 1) % 2**32
        self._numbers[self._results_head] = head
        return results


class _Requests:
    """A batch of sockets as requests to a ring, which are made once and only copied then."""

    def __init__(self, ring: Ring, sends: Sequence[SendNow]) -> None:
        count = len(sends)
        one = REQUEST.pack(SEND, SKIP_SUCCESS, 0, 0, 0, ring.address, 0, FLAGS, 0)
        self._ring = ring
        self._sends = sends
        self._requests = memoryview(bytearray(one * count))
        numbers = self._requests.cast("I")
        numbers[DESCRIPTORS] = memoryview(array("I", map(_descriptor_of, sends)))
        self._requests.cast("Q")[PLACES] = memoryview(array("Q", range(count)))
        self._lengths = numbers[LENGTHS]
        self._length = 0  # of the frame that is in all requests

    def write(self, wire: bytes, start: int, stop: int) -> list[tuple[int, int]]:
        """Write bytes to some of the sockets; see ``Batch``."""
        size = len(wire)
        if size > LONGEST or self._ring.is_broken:
            return Loop(self._sends).write(wire, start, stop)
        if size != self._length:
            self._lengths[:] = memoryview(array("I", [size]) * len(self._sends))
            self._length = size
        stop = min(stop, len(self._sends))
        some = self._requests[start * REQUEST.size : stop * REQUEST.size]
        done, results = self._ring.write(wire, some)
        late = [(place, _taken(result)) for place, result in results]
        if start + done < stop:
            late += Loop(self._sends).write(wire, start + done, stop)
        return late


def _system_call() -> "ctypes._NamedFuncPointer":
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    return call


def _descriptor_of(send_now: SendNow) -> int:
    """Return the descriptor of the socket whose method this is."""
    return cast(socket.socket, cast(BuiltinMethodType, send_now).__self__).fileno()


def _taken(result: int) -> int:
    if result >= 0:
        return result
    return 0 if result == -errno.EAGAIN else DEAD


def open_ring() -> Ring:
    """Open a ring, and try whether it tells the truth on this kernel.

    Raises:
        NoRing: it cannot be had, or what was taken in part is not told as it should be.
    """
    ring = Ring()
    try:
        _try(ring)
    except (NoRing, OSError) as error:
        ring.__exit__()
        raise NoRing(f"it does not work on this system: {error}") from None
    return ring


def _try(ring: Ring) -> None:
    """Write to a connection until it takes no more, and compare what arrives.

    Raises:
        NoRing: what was told is not what arrived.
        OSError: there are no connections on this system.
    """
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        closing(socket.create_connection(listener.getsockname())) as reader,
        closing(listener.accept()[0]) as writer,
    ):
        writer.settimeout(0)
        writer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        batch = _Requests(ring, [writer.send])
        sent, told = 0, list[tuple[int, int]]()
        while not told:
            told = batch.write(bytes(LONGEST), 0, 1)
            sent += LONGEST if not told else max(told[0][1], 0)
        sent += not batch.write(b"x", 0, 1)
        writer.shutdown(socket.SHUT_WR)
        arrived = 0
        while got := len(reader.recv(LONGEST)):
            arrived += got
        is_told = batch.write(b"x", 0, 1) == [(0, DEAD)]
    if arrived != sent or not is_told:
        raise NoRing("what a socket takes in part is told wrongly")
