"""An entry of a log: a message, or a note of what else happens."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from trio_chat.remote import File, MessageView, Person
from trio_chat.terminal.files import with_files
from trio_chat.terminal.sanitize import sanitize, sanitize_line

Kind = Literal["message", "note", "error", "presence"]


@dataclass(eq=False)
class Entry:
    """One entry; ``ts`` is in milliseconds since 1970, ``text`` and ``quote`` are sanitized.

    ``quote`` is the beginning of the message to which this one is a reply, if it is one.
    """

    kind: Kind
    ts: int
    text: str
    who: Person | None = None
    seq: int | None = None
    quote: str = ""
    is_mine: bool = False
    state: Literal["", "sending", "failed"] = ""
    edited: bool = False
    deleted: bool = False
    why: str = ""  # it was deleted, if anybody has said it
    files: list[File] = field(default_factory=list)
    reactions: dict[str, set[str]] = field(default_factory=dict)  # ids of people by emoji

    @property
    def shown(self) -> str:
        """What is shown of it: the text, and its files."""
        return with_files(self.text, self.files)

    def fill(self, said: MessageView) -> None:
        """Show a message as it stands in the history."""
        self.text, self.edited, self.deleted = sanitize(said.text), said.edited, said.deleted
        self.files = said.files
        self.reactions = {
            sanitize_line(emoji): {person.id for person in people}
            for emoji, people in said.reactions.items()
        }

    def delete(self, why: str = "") -> None:
        """Show that the message is deleted, and the reason if there is one."""
        self.text, self.deleted, self.why = "", True, sanitize_line(why)
        self.reactions.clear()
        self.files = []

    def take_back(self, ids: Collection[str]) -> None:
        """Show no reactions of some people any more."""
        left = {emoji: people.difference(ids) for emoji, people in self.reactions.items()}
        self.reactions = {emoji: people for emoji, people in left.items() if people}
