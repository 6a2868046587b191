"""The input line, with its history and completion."""

from collections.abc import Callable, Iterable

import urwid

from trio_chat.protocol.text import is_blank
from trio_chat.terminal.sanitize import sanitize
from trio_chat.terminal.typed import completions

CAPTION = "> "
ROWS = 6  # at most; a longer text scrolls within them
REMEMBERED = 100  # texts in the history
PASTED = 8000  # characters of one paste at most, which is more than can be sent
PASTE = {"enter": "\n", "tab": " "}  # what keys mean within a paste

Nicks = Callable[[], Iterable[str]]


class Composer:
    """Handles keys, by urwid's names for them.

    Args:
        nicks: Returns the nicks that Tab completes.
    """

    def __init__(self, nicks: Nicks) -> None:
        self._edit = urwid.Edit(("dim", CAPTION), multiline=True)
        self._nicks = nicks
        self._pasted: list[str] | None = None  # characters, while a paste comes in
        self._before: list[str] = []
        self._at = 0  # the position in the history
        self._cycle: tuple[str, int, list[str]] | None = None

    @property
    def text(self) -> str:
        """The present text."""
        return str(self._edit.edit_text)

    def write(self, text: str) -> None:
        """Replace the text, and put the cursor at its end."""
        self._edit.set_edit_text(text)
        self._edit.set_edit_pos(len(text))

    def press(self, key: str, cols: int) -> str | None:
        """Handle a key; return the text if it is to be sent.

        Args:
            key: The key.
            cols: The width of the line in columns.
        """
        if key == "begin paste":
            self._pasted = []
        elif self._pasted is not None:
            self._paste(key, self._pasted)
        elif key == "tab":
            self._complete()
            return None
        elif key == "enter":
            return self._submit()
        else:
            self._type(key, cols)
        self._cycle = None
        return None

    def render(self, cols: int) -> urwid.CompositeCanvas:
        """Draw the line, with the cursor."""
        canvas = urwid.CompositeCanvas(self._edit.render((cols,), focus=True))
        if canvas.rows() > ROWS:
            row = canvas.cursor[1] if canvas.cursor else 0
            canvas.trim(max(0, row - ROWS + 1), ROWS)
        return canvas

    def _paste(self, key: str, pasted: list[str]) -> None:
        """Handle a key of a paste; all are inserted at once, which is much faster."""
        if key == "end paste":
            self._pasted = None
            self._edit.insert_text(sanitize("".join(pasted)))
        elif len(pasted) < PASTED:
            pasted.append(PASTE.get(key, key if len(key) == 1 else ""))

    def _submit(self) -> str | None:
        text = self.text
        if is_blank(text):
            return None
        self._before = [*self._before, text][-REMEMBERED:]
        self._at = len(self._before)
        self.write("")
        return text

    def _type(self, key: str, cols: int) -> None:
        position = self._edit.edit_pos
        match key:
            case "meta enter":
                self._edit.insert_text("\n")
            case "ctrl u":
                self._edit.set_edit_text(self.text[position:])
                self._edit.set_edit_pos(0)
            case "ctrl w":
                start = self.text[:position].rstrip().rfind(" ") + 1
                self._edit.set_edit_text(self.text[:start] + self.text[position:])
                self._edit.set_edit_pos(start)
            case "ctrl a":
                self._edit.set_edit_pos(0)
            case "ctrl e":
                self._edit.set_edit_pos(len(self.text))
            case _:
                if self._edit.keypress((cols,), key) is not None:
                    self._recall(key)

    def _recall(self, key: str) -> None:
        """Show another text of the history, if the cursor cannot move up or down any more."""
        step = {"up": -1, "down": 1}.get(key, 0)
        at = self._at + step
        if step and 0 <= at <= len(self._before):
            self._at = at
            self.write([*self._before, ""][at])

    def _complete(self) -> None:
        """Complete the word before the cursor; if pressed again, to the next candidate."""
        position = self._edit.edit_pos
        if self._cycle is None:
            head = self.text[:position]
            start, found = completions(head, self._nicks())
            if not found:
                return
            self._cycle = head[:start], -1, found
        head, index, found = self._cycle
        index = (index + 1) % len(found)
        self._edit.set_edit_text(head + found[index] + self.text[position:])
        self._edit.set_edit_pos(len(head + found[index]))
        self._cycle = head, index, found
