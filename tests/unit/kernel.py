"""A stand-in for the kernel's side of a ring, so that its rules are tested where there is none."""

import ctypes
import mmap
import os
import socket
from typing import cast

from trio_chat.delivery.ring import AT_REQUESTS, ENTRIES, REQUEST, RESULT, SETUP, Parameters

RESULTS = 2 * ENTRIES
HEAD, TAIL, RESULTS_HEAD, RESULTS_TAIL = range(4)  # places of 32-bit numbers
RESULTS_AT = 64


class StandIn:
    """Does what ``io_uring_setup`` and ``io_uring_enter`` do, by a loop."""

    def __call__(self, number: int, *arguments: object) -> int:
        """Make a system call."""
        if number == SETUP:
            return self._set_up(cast("ctypes._Pointer[Parameters]", arguments[1]).contents)
        return self._enter(cast(int, arguments[1]))

    def _set_up(self, parameters: Parameters) -> int:
        parameters.results = RESULTS
        parameters.at[0], parameters.at[1] = 4 * HEAD, 4 * TAIL
        parameters.results_at[0], parameters.results_at[1] = 4 * RESULTS_HEAD, 4 * RESULTS_TAIL
        parameters.results_at[5] = RESULTS_AT
        descriptor = os.memfd_create("ring")
        os.ftruncate(descriptor, AT_REQUESTS + REQUEST.size * ENTRIES)
        self._shared = mmap.mmap(descriptor, RESULTS_AT + RESULT.size * RESULTS)
        self._requests = mmap.mmap(descriptor, REQUEST.size * ENTRIES, offset=AT_REQUESTS)
        return descriptor

    def _enter(self, count: int) -> int:
        numbers = memoryview(self._shared).cast("I")
        for _place in range(count):
            at = REQUEST.size * (numbers[HEAD] % ENTRIES)
            request = REQUEST.unpack_from(self._requests, at)
            self._send(numbers, *request)
            numbers[HEAD] += 1
        return count

    def _send(self, numbers: memoryview, *request: int) -> None:
        _, _, _, descriptor, _, address, length, flags, place = request
        with socket.socket(fileno=os.dup(descriptor)) as peer:
            try:
                result = peer.send(ctypes.string_at(address, length), flags & ~socket.MSG_WAITALL)
            except OSError as error:
                result = -(error.errno or 0)
        if result < length:
            at = RESULTS_AT + RESULT.size * (numbers[RESULTS_TAIL] % RESULTS)
            RESULT.pack_into(self._shared, at, place, result, 0)
            numbers[RESULTS_TAIL] += 1
