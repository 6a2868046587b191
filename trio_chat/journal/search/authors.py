"""Authors: what the messages of a person are found by."""

from trio_chat.protocol.events import Person
from trio_chat.protocol.unicode import plain


def author_key(name: str) -> str:
    """Return a nick or an id in the form in which it is compared: in any case and Unicode form.

    Blanks at its ends do not count, and several inside count as one.
    """
    return " ".join(plain(name).split())


def author_keys(who: Person | None) -> tuple[str, ...]:
    """Return the keys of an author: of the nick and of the id."""
    return (author_key(who.nick), author_key(who.id)) if who else ()
