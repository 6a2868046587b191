"""The screen: reads keys and draws, with urwid's screen and event loop in our Trio tasks."""

import sys
from collections.abc import Callable, Sequence
from contextlib import closing

import trio
import urwid
from urwid.display.raw import Screen as RawScreen

from trio_chat.errors import Failed
from trio_chat.terminal.output import Output
from trio_chat.terminal.render import PALETTE
from trio_chat.terminal.tasks import together

FRAME = 1 / 30  # seconds between two frames at least
REDRAW = "ctrl l"
GONE = "the terminal is gone"
RESIZED = "window resize"

Size = tuple[int, int]  # columns and rows
USUAL: Size = (80, 24)


class Screen:
    """Uses the terminal while it runs, and restores it however that ends.

    Args:
        draw: Returns the canvas for a size.
        on_key: Is called with each key, by urwid's names for them.
    """

    def __init__(self, draw: Callable[[Size], urwid.Canvas], on_key: Callable[[str], None]) -> None:
        self._draw = draw
        self._on_key = on_key
        self._refreshed = trio.Event()
        self._raw: RawScreen

    @property
    def size(self) -> Size:
        """The size of the terminal, or the usual one if the terminal does not know."""
        cols, rows = self._raw.get_cols_rows()
        return (cols, rows) if cols > 0 and rows > 0 else USUAL

    def refresh(self) -> None:
        """Have the screen drawn again soon."""
        self._refreshed.set()

    async def run(self) -> None:
        """Handle keys and draw until cancelled.

        Keys are handled also while the terminal does not read; when it reads again, the state of
        then is drawn.

        Raises:
            Failed: the terminal is gone.
        """
        with closing(Output(sys.stdout.fileno())) as output:
            self._raw = RawScreen(
                sys.stdin, output, bracketed_paste_mode=True, focus_reporting=False
            )
            self._raw.register_palette(PALETTE)
            try:
                with self._raw.start():
                    await self._run(output)
            finally:
                await output.drain_last()

    async def _run(self, output: Output) -> None:
        loop = urwid.TrioEventLoop()
        self._raw.hook_event_loop(loop, self._on_keys)
        try:
            await together(loop.run_async, lambda: self._draw_frames(output))
        except urwid.display.common.InputClosedError:
            raise Failed(GONE) from None
        finally:
            output.release()

    def _on_keys(self, keys: Sequence[str | tuple[object, ...]], _: list[int]) -> None:
        for key in keys:
            if key == REDRAW:
                self._raw.clear()
            elif isinstance(key, str) and key != RESIZED:
                self._on_key(key)
        self.refresh()

    async def _draw_frames(self, output: Output) -> None:
        """Draw after each refresh, once the terminal has taken the frame before."""
        while True:
            size = self.size  # read once: it may change at any time
            canvas = self._draw(size)
            try:
                self._raw.draw_screen(size, canvas)
                await output.drain()
            except OSError:
                raise Failed(GONE) from None
            await trio.sleep(FRAME)
            await self._refreshed.wait()
            self._refreshed = trio.Event()
