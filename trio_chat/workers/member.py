"""A worker, as its parent sees it: a process, and what it tells by its link."""

import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

import msgspec
import structlog
import trio

from trio_chat.net.handover import HandedPlace
from trio_chat.workers.child import Child
from trio_chat.workers.messages import (
    OF_WORKER,
    VARIABLE,
    Ask,
    Lines,
    Post,
    Reloaded,
    Told,
    Up,
    What,
    line,
)

LOOK_INTERVAL = 5.0  # seconds between two looks whether it lives
HANG_TIMEOUT = 30.0  # seconds without a sign of life after which it is killed
ANSWER_TIMEOUT = 8.0  # seconds for an answer; the hub has five for a turn
LAST_WORDS = 10.0  # seconds for it to end when it is told to hurry
PENDING = 32  # questions without an answer at most; those of all connections for figures

log = structlog.get_logger()


class Member:
    """One worker, from its start to its end.

    Args:
        number: Which one it is, from 1 on.
        arguments: Of the command.
        places: Where it listens.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, number: int, arguments: Sequence[str], places: list[HandedPlace]) -> None:
        self.number = number
        self.up: Up | None = None  # what it has told when it began to serve
        self.began = self._lived_at = trio.current_time()
        ours, theirs = socket.socketpair()
        with theirs:
            post = Post(number, theirs.fileno(), places)
            descriptors = [each for place in places for each in place.descriptors]
            self._child = Child(
                [sys.executable, "-m", "trio_chat", "serve", *arguments],
                pass_fds=(post.link, *descriptors),
                env={**os.environ, VARIABLE: msgspec.json.encode(post).decode()},
            )
        self._stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
        self._ids = count(1)
        self._asked: dict[int, trio.MemorySendChannel[Told]] = {}
        self._reloaded = trio.Event()
        self._refused: str | None = None

    async def run(self, is_up: trio.Event) -> int:
        """Listen to it until it ends; return its exit status.

        Args:
            is_up: Is set once it serves.

        Cancellation: it is told to cut goodbyes short, and is ended by force if it does not.
        """
        async with self._stream:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._listen, is_up)
                    status = await self._child.wait()
                    nursery.cancel_scope.cancel(reason="the worker has ended")
            finally:
                self._write(Ask(0, "hurry"))
                await self._child.end((signal.SIGTERM, LAST_WORDS))
        return status

    async def _listen(self, is_up: trio.Event) -> None:
        """Take in what it tells, for ever; when it serves, look whether it lives."""
        async with trio.open_nursery() as nursery:
            lines = Lines(self._stream)
            while (read := await lines.next()) is not None:
                message = OF_WORKER.decode(read)
                if isinstance(message, Up):
                    self.up = message
                    is_up.set()
                    nursery.start_soon(self._watch)
                else:
                    self._take(message)

    def _take(self, message: Reloaded | Told) -> None:
        if isinstance(message, Reloaded):
            self._refused = message.refused
            self._reloaded.set()
        elif message.id in self._asked:
            self._asked.pop(message.id).send_nowait(message)

    async def _watch(self) -> None:
        """Kill it when it does not live: its clients come back to others."""
        self._lived_at = trio.current_time()
        while trio.current_time() < self._lived_at + HANG_TIMEOUT:
            await trio.sleep(LOOK_INTERVAL)
            told = await self.ask("alive")
            if told and told.fault is None:
                self._lived_at = trio.current_time()
        log.error("a worker hangs, and is killed", worker=self.number)
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal. One that does not serve yet knows SIGTERM as what ends it, no other."""
        if self.up or number == signal.SIGTERM:
            self._child.send(number)

    async def ask(self, what: What) -> Told | None:
        """Return the answer to a question; ``None`` if there is none in time."""
        if not self.up or len(self._asked) >= PENDING:
            return None
        id = next(self._ids)
        send, answer = trio.open_memory_channel[Told](1)
        self._asked[id] = send
        try:
            self._write(Ask(id, what))
            with trio.move_on_after(ANSWER_TIMEOUT):
                return await answer.receive()
        finally:
            self._asked.pop(id, None)
        return None

    def _write(self, ask: Ask) -> None:
        """Write a line; so short a one is taken at once, as there are few, or nobody reads it."""
        with suppress(OSError):
            os.write(self._stream.socket.fileno(), line(ask))

    async def reload(self, within: float) -> str | None:
        """Have it read its settings again, in so many seconds; return why it refused, if it did."""
        self._reloaded, self._refused = trio.Event(), None
        self.send(signal.SIGUSR1)
        with trio.move_on_after(within):
            await self._reloaded.wait()
            return self._refused
        return f"worker {self.number} did not answer"
