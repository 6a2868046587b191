"""What lies between a node and PostgreSQL: a line that is cut, stands still, or is slow."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import trio

SOCKET = ".s.PGSQL.5432"  # in the folder that stands for the host
PIECE = 4096  # bytes; small, so that a cut falls into the middle of things
LOOK = 0.02  # seconds between looks whether a line that stands still goes on


class Line:
    """Passes connections on to a PostgreSQL server, for one node.

    ``folder`` is the host by which the node has it. What is set holds for open connections, too.

    Args:
        far: The folder of the server's socket.
    """

    def __init__(self, far: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="trio-line-"))
        self.delay = 0.0  # seconds for each piece
        self.asks = True  # whether what the node says goes through
        self.answers = True  # whether what the server says does
        self._is_whole = True
        self._far = far / SOCKET
        self._open: set[trio.CancelScope] = set()

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Serve until cancelled."""
        with trio.socket.socket(trio.socket.AF_UNIX) as near:
            await near.bind(str(self.folder / SOCKET))
            near.listen()
            task_status.started()
            try:
                await trio.serve_listeners(self._pass_on, [trio.SocketListener(near)])
            finally:
                shutil.rmtree(self.folder)

    def cut(self) -> None:
        """End all connections, and let no new one through."""
        self._is_whole = False
        for scope in self._open:
            scope.cancel()

    def mend(self) -> None:
        """Let everything through again, at once."""
        self._is_whole = self.asks = self.answers = True
        self.delay = 0.0

    async def _pass_on(self, near: trio.SocketStream) -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(near)
            if not self._is_whole:
                return
            try:
                far = await stack.enter_async_context(await trio.open_unix_socket(self._far))
            except OSError:  # the server is down just now
                return
            with trio.CancelScope() as scope:
                self._open.add(scope)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._pump, near, far, lambda: self.asks, scope)
                    nursery.start_soon(self._pump, far, near, lambda: self.answers, scope)
            self._open.discard(scope)

    async def _pump(
        self,
        source: trio.SocketStream,
        sink: trio.SocketStream,
        goes: Callable[[], bool],
        scope: trio.CancelScope,
    ) -> None:
        """Pass on what comes until one end is gone."""
        try:
            while data := await source.receive_some(PIECE):
                await trio.sleep(self.delay)
                while not goes():
                    await trio.sleep(LOOK)
                await sink.send_all(data)
        except trio.BrokenResourceError:
            pass
        scope.cancel()
