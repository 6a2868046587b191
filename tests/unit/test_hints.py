"""Rules of hints: what fits is told, and of all else others learn that they have to read it."""

import msgspec
import pytest

from trio_chat.journal import hints
from trio_chat.journal.hints import HINTS, LIMIT, Codec, Hint, Outgoing, arrived
from trio_chat.journal.types import Committed
from trio_chat.protocol.events import Delete, Message, encode

CODEC = Codec(b"secret", "0123456789abcdef" * 2)


def committed(seq: int, text: str = "hi", room: str = "tea", **more: object) -> Committed:
    """Return a message as the journal has kept it."""
    event = Message(room=room, seq=seq, ts=1, text=text)
    return Committed(event, encode(event), **more)  # type: ignore[arg-type]


def outgoing(*events: Committed) -> Outgoing:
    """Return what is to be told of events."""
    waiting = Outgoing()
    for event in events:
        waiting.add(event)
    return waiting


def sizes(told: list[Hint]) -> list[int]:
    return [len(CODEC.encode(hint)) for hint in told]


def test_nothing_to_tell() -> None:
    """A sign of life is a hint all the same."""
    waiting = Outgoing()
    assert not waiting
    assert waiting.take(7) == [Hint(7, {}, [])]


def test_events_that_fit_come_as_they_are() -> None:
    """With whether others have changed with them: those are not told."""
    deletion = Delete(room="tea", seq=3, ts=1, target=1)
    gone = Committed(deletion, encode(deletion), rewritten=[(1, b"{}")])
    waiting = outgoing(committed(1), committed(2, is_partial=True), gone)
    assert waiting
    [hint] = waiting.take(1)
    assert not waiting
    read = CODEC.decode(CODEC.encode(hint))
    assert read
    assert read[0] == CODEC.node
    told = arrived(read[1])
    assert [one.event.seq for one in told.events] == [1, 2, 3]
    assert [one.is_partial for one in told.events] == [False, True, True]
    assert [one.data for one in told.events] == [committed(1).data, committed(2).data, gone.data]
    assert told.lasts == {}


@pytest.mark.parametrize("length", [1, 100, 1000, 3000, 7000])
def test_no_hint_is_too_long(length: int) -> None:
    """There are four with events at most; of other events the rooms are named."""
    events = [committed(seq, "x" * length) for seq in range(1, 1000)]
    told = outgoing(*events).take(1)
    assert max(sizes(told)) <= LIMIT
    assert sum(bool(hint.events) for hint in told) <= HINTS
    assert [hint.number for hint in told] == [*range(1, len(told) + 1)]
    assert told[-1].rooms == {"tea": 999}


def test_an_event_that_fits_nowhere() -> None:
    """It is named, and those that are short are told."""
    told = outgoing(committed(1, "x" * 8000), committed(2)).take(1)
    assert [len(hint.events) for hint in told] == [1, 0]
    assert told[1].rooms == {"tea": 1}


def test_very_many_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are named in as many hints as it takes; beyond a bound all are to be looked at."""
    monkeypatch.setattr(hints, "ROOMS", 300)
    long = "x" * 8000
    waiting = outgoing(*(committed(5, long, f"{number:0>60}") for number in range(301)))
    told = waiting.take(1)
    assert max(sizes(told)) <= LIMIT
    assert sum(len(hint.rooms) for hint in told) == 300
    assert [hint.is_all for hint in told] == [False] * (len(told) - 1) + [True]


def test_what_nobody_has_signed() -> None:
    """Neither another secret nor another text of the same node counts."""
    data = CODEC.encode(Hint(1, {"tea": 2}, []))
    assert CODEC.is_own(data)
    assert CODEC.decode(data)
    assert CODEC.decode(data.replace(b"tea", b"pea")) is None
    assert Codec(b"other", CODEC.node.decode()).decode(data) is None
    assert CODEC.decode(b"") is None
    assert not Codec(b"secret", "f" * 32).is_own(data)


def test_an_event_that_nobody_understands() -> None:
    """It is left out, and so is missing, and read."""
    hint = CODEC.decode(CODEC.encode(Hint(1, {}, [(False, msgspec.Raw(b"{}"))])))
    assert hint
    assert arrived(hint[1]).events == []
