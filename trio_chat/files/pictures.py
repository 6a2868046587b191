"""Pictures: has each one read, and written anew without what is hidden in it, by a process."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from weakref import WeakValueDictionary

import structlog
import trio

from trio_chat.files import picture_worker
from trio_chat.files.picture_worker import BAD, GOOD, GROWN, TOO_LARGE
from trio_chat.journal.types import Unavailable

MEMORY = 768 * 1024 * 1024  # bytes of address space of a worker
SECONDS = 10  # of CPU, for one picture
PATIENCE = 60.0  # seconds, whatever else the machine does
WORKERS = 2
RETRY_MS = 1000

log = structlog.get_logger()


class BadPicture(Exception):
    """A file begins as a picture does, and cannot be kept as one; the message says why."""


class Pictures:
    """Cleans pictures, a few at a time; one of each address, so nobody waits for all of theirs."""

    def __init__(self) -> None:
        self.is_on = importlib.util.find_spec("PIL") is not None
        self._workers = trio.CapacityLimiter(WORKERS)
        # By whose pictures are cleaned, or wait.
        self._turns: WeakValueDictionary[str, trio.Lock] = WeakValueDictionary()

    async def clean(
        self, whose: str, source: Path, target: Path, kind: str, size: int
    ) -> tuple[int, int]:
        """Write a picture anew, without what is not to be seen; return its width and height.

        Args:
            whose: The address of its sender, or their id.
            source: The picture.
            target: Where it is to be.
            kind: Its media type.
            size: Bytes that it may have then.

        Raises:
            BadPicture: it is damaged, or too large, before or then.
            Unavailable: no worker can be started just now.
        """
        worker = [sys.executable, "-I", picture_worker.__file__]
        limits = map(str, (MEMORY, SECONDS, size))
        async with self._turns.setdefault(whose, trio.Lock()), self._workers:
            try:
                with trio.move_on_after(PATIENCE) as scope:
                    done = await trio.run_process(
                        [*worker, str(source), str(target), kind, *limits],
                        capture_stdout=True,
                        capture_stderr=True,
                        check=False,
                    )
            except OSError as error:
                log.error("no picture can be looked at", reason=error.strerror)
                raise Unavailable(RETRY_MS) from None
        if scope.cancelled_caught or done.returncode == TOO_LARGE:
            raise BadPicture("the picture is too large")
        if done.returncode == GROWN:
            raise BadPicture("the picture would take far more space than it does now")
        if done.returncode not in (GOOD, BAD):
            _tell_end(done)
        if done.returncode != GOOD:
            raise BadPicture("the picture is damaged")
        width, height = json.loads(done.stdout)
        return width, height


def _tell_end(worker: subprocess.CompletedProcess[bytes]) -> None:
    """Log that a worker has ended as none should: by a signal, or for want of a library."""
    said = worker.stderr.decode(errors="replace").strip().splitlines()
    log.warning(
        "the program that looks at pictures has failed",
        status=worker.returncode,
        reason=said[-1] if said else "",
    )
