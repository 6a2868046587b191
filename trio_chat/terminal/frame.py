"""Draws the whole screen: a bar, the log, another bar and the input line. Pure."""

from dataclasses import dataclass

import urwid

from trio_chat.terminal.composer import Composer
from trio_chat.terminal.log import Log
from trio_chat.terminal.render import Markup, RenderedLog, View, fit, width
from trio_chat.terminal.scroll import Scroll
from trio_chat.terminal.typed import names_message

LEAST_COLS, LEAST_ROWS = 10, 5  # in a smaller window nothing is shown
BARS = 2  # rows


@dataclass(frozen=True)
class Bar:
    """A row with a left and a right text; if both do not fit, the left one is cut."""

    left: str
    right: str = ""
    colour: str = "bar"
    right_colour: str = "bar"

    def canvas(self, cols: int) -> urwid.Canvas:
        """Draw the bar."""
        right = fit(self.right, cols)
        left = fit(self.left, cols - width(right))
        blanks = " " * (cols - width(left) - width(right))
        markup: Markup = [(self.colour, left + blanks), (self.right_colour, right)]
        return urwid.Text(markup, wrap="clip").render((cols,))


def frame(
    size: tuple[int, int],
    top: Bar,
    log: Log,
    scroll: Scroll,
    bottom: Bar,
    composer: Composer,
    *,
    is_away: bool = False,
) -> urwid.Canvas:
    """Draw the screen, with the cursor in the input line; ``is_away`` without a connection."""
    cols, rows = size
    if cols < LEAST_COLS or rows < LEAST_ROWS:
        return urwid.SolidCanvas(" ", cols, rows)
    line = composer.render(cols)
    if line.rows() > rows - BARS - 1:
        line.trim(line.rows() - (rows - BARS - 1))
    view = View(cols, rows - BARS - line.rows(), names_message(composer.text), is_away)
    return urwid.CanvasCombine(
        [
            (top.canvas(cols), None, False),
            (log_canvas(log, scroll, view), None, False),
            (bottom.canvas(cols), None, False),
            (line, None, True),
        ]
    )


def view_of(size: tuple[int, int], composer: Composer, *, is_away: bool = False) -> View:
    """Return the part of the screen in which the log is."""
    cols, rows = size
    if cols < LEAST_COLS:
        return View(LEAST_COLS, 1)
    log_rows = max(rows - BARS - composer.render(cols).rows(), 1)
    return View(cols, log_rows, names_message(composer.text), is_away)


def log_canvas(log: Log, scroll: Scroll, view: View) -> urwid.Canvas:
    """Draw the visible part of a log, with blank rows above if it is short."""
    rendered = RenderedLog(log.shown, view)
    canvases: list[tuple[urwid.Canvas, None, bool]] = []
    left = view.rows
    for part in scroll.parts(rendered.entries, rendered.height, view.rows):
        canvas = urwid.CompositeCanvas(rendered.canvas(part.at))
        canvas.trim(part.skip, part.rows)
        canvases.append((canvas, None, False))
        left -= part.rows
    if left:
        canvases.insert(0, (urwid.SolidCanvas(" ", view.cols, left), None, False))
    return urwid.CanvasCombine(canvases)
