"""Authors: what the messages of a person are found by."""

import unicodedata

from trio_chat.protocol.events import Person


def author_key(name: str) -> str:
    """Return a nick or an id in the form in which it is compared: in any case and Unicode form.

    Blanks at its ends do not count, and several inside count as one. It is the same in every
    Python that knows the characters of the name.
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def author_keys(who: Person | None) -> tuple[str, ...]:
    """Return the keys of an author: of the nick and of the id."""
    return (author_key(who.nick), author_key(who.id)) if who else ()
