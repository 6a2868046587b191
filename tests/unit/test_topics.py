"""Which topic a clearing takes, and which it gives back, of what can be read."""

from trio_chat.journal.clearings import Clearing
from trio_chat.journal.topics import before, taken, topics_in
from trio_chat.protocol.events import Message, Person, Topic, encode

EVE = Person("e5", "Eve")
CLEARING = Clearing("k", frozenset({EVE.id}), 1, 5, also=frozenset({2}))


def test_what_is_damaged_is_no_topic() -> None:
    """Nor is what is of another room, or something else: without any, none is taken or given."""
    rows = [
        (4, b"{"),
        (3, encode(Topic(room="jam", seq=3, text="x"))),
        (2, encode(Message(room="tea", seq=2, text='"t":"topic"'))),
    ]
    assert list(topics_in("tea", rows)) == []
    assert before(CLEARING, [CLEARING], []) is None
    assert taken(CLEARING, []) is None


def test_of_more_than_are_cleared_none_of_theirs_comes_back() -> None:
    """So many are told by number; whose the others are is known all the same."""
    theirs = [Topic(room="tea", seq=seq, text="spam", who=EVE) for seq in (2, 1)]
    others = Topic(room="tea", text="old", who=Person("a1", "Ann"))
    assert before(CLEARING, [CLEARING], [*theirs, others]) == "old"
    assert before(CLEARING, [CLEARING], theirs) == ""


def test_without_what_was_taken_nothing_is_given_back() -> None:
    """It may be gone for good."""
    now = Topic(room="tea", seq=6, text="old")
    assert taken(CLEARING, [now]) is None
    assert taken(CLEARING, [now, Topic(room="tea", seq=2, text="", who=EVE)]) is None
    assert taken(CLEARING, [now, Topic(room="tea", seq=2, text="spam", who=EVE)]) == "spam"
