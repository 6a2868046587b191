"""The index of words: which messages may match a query. What is found is looked at again.

A row stands for a message that has a text, with its tokens after all edits. PostgreSQL's index has
no order, so a token is written with its room and the block of numbers that its message is in: the
newest block is looked at first, and a common word costs no more than the messages of a block. The
author is written as it is, for all rooms. Tokens have their places in the text, by which those that
stand side by side are told without the text; earlier releases wrote none.
"""

from collections import defaultdict
from collections.abc import Iterable

from trio_chat.journal.postgres.link import Link
from trio_chat.journal.search.authors import author_key, author_keys
from trio_chat.journal.search.query import Query, Term
from trio_chat.journal.search.tokens import tokenize
from trio_chat.journal.sqlite.states import decode_state
from trio_chat.protocol.events import Message, Person, decode

BLOCK_BITS = 14  # of a number, below those that tell its block
# PostgreSQL keeps so many places of a token, and places up to so far; else all are left out.
PLACES_LIMIT = 255
PLACE_LIMIT = 16_383
TOKEN_LIMIT = 200  # characters of a token that are written; PostgreSQL takes up to 2,046 bytes

NEXT = " <-> "  # in PostgreSQL's language: the next word

KEEP = (
    "INSERT INTO words (room, seq, words)"
    " SELECT room, seq, line::tsvector FROM unnest(%s::integer[], %s::bigint[], %s::text[])"
    " AS new (room, seq, line) ON CONFLICT (room, seq) DO UPDATE SET words = excluded.words"
)
REMOVE = (
    "DELETE FROM words USING unnest(%s::integer[], %s::bigint[]) AS gone (room, seq)"
    " WHERE words.room = gone.room AND words.seq = gone.seq"
)

Key = tuple[int, int]  # a room's id, and the number of a message


class Changes:
    """What a turn changes in the index; it is written at once.

    Args:
        link: To the database.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._new: dict[Key, str] = {}
        self._gone: set[Key] = set()

    def put(self, room: int, seq: int, text: str, who: Person | None) -> None:
        """Add a message, or give it another text."""
        self._new[room, seq] = line(room, seq, text, who)

    def set(self, room: int, seq: int, written: str | None) -> None:
        """Let a message be there as what ``line`` returns of it; not at all without that."""
        self.remove(room, seq)
        if written is not None:
            self._new[room, seq] = written

    def remove(self, room: int, seq: int) -> None:
        """Remove a message."""
        self._new.pop((room, seq), None)
        self._gone.add((room, seq))

    def save(self) -> None:
        """Write the changes."""
        if self._gone:
            remove(self._link, self._gone)
            self._gone = set()
        if self._new:
            rooms, numbers = zip(*self._new, strict=True)
            self._link.execute(KEEP, (list(rooms), list(numbers), list(self._new.values())))
            self._new = {}


def remove(link: Link, keys: Iterable[Key]) -> None:
    """Remove messages."""
    rooms, numbers = zip(*keys, strict=True)
    link.execute(REMOVE, (list(rooms), list(numbers)))


def line(room: int, seq: int, text: str, who: Person | None) -> str:
    """Return what is written of a message."""
    block = seq >> BLOCK_BITS
    places: dict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(tokenize(text), 1):
        places[_token(room, block, token)].append(place)
    told = max(map(len, places.values()), default=0) <= PLACES_LIMIT
    told = told and sum(map(len, places.values())) <= PLACE_LIMIT
    tokens = [
        f"{token}:{','.join(map(str, found))}" if told else token for token, found in places.items()
    ]
    return " ".join([*tokens, *map(_author, author_keys(who))])


def line_of(room: int, seq: int, data: bytes, state: bytes | None) -> str | None:
    """Return what is written of a message as it is kept; ``None`` for one without a text."""
    message = decode(data)
    if not isinstance(message, Message) or message.deleted:
        return None
    changed = decode_state(state).text
    return line(room, seq, message.text if changed is None else changed, message.who)


def expression(room: int, blocks: Iterable[int], query: Query, who: str | None) -> str:
    """Return a query for messages of some blocks of a room, in PostgreSQL's language.

    It finds all that match, and perhaps some others: words need not stand side by side.
    """
    found = " | ".join(
        f"({' & '.join(_term(room, block, term) for term in query.terms)})" for block in blocks
    )
    return found if who is None else f"({found}) & {_author(author_key(who))}"


def side_by_side(room: int, blocks: Iterable[int], query: Query) -> str | None:
    """Return a query for messages of some blocks in which the words of phrases are side by side.

    It is true of all that match among those that have their places; ``None`` without a phrase.
    """
    phrases = [term for term in query.terms if len(term.tokens) > 1]
    if not phrases:
        return None
    return " | ".join(
        f"({' & '.join(f'({_term(room, block, term, NEXT)})' for term in phrases)})"
        for block in blocks
    )


def expression_of(authors: Iterable[str]) -> str:
    """Return a query for the messages of people, by their ids."""
    return " | ".join(_author(author_key(one)) for one in sorted(authors))


def _term(room: int, block: int, term: Term, join: str = " & ") -> str:
    tokens = [_token(room, block, token) for token in term.tokens]
    if term.is_prefix:
        tokens[-1] += ":*"
    return join.join(tokens)


def _token(room: int, block: int, token: str) -> str:
    """Return a token as it is written; there are no quotes, nor other signs, in it."""
    return f"'{room}.{block}/{token[:TOKEN_LIMIT]}'"


def _author(key: str) -> str:
    """Return a key of an author as it is written, whatever is in it."""
    return f"'@{key.encode().hex()[:TOKEN_LIMIT]}'"
