"""Rules of pending writes: answers come in the order of the writes, and their number has bounds."""

import pytest

from tests.unit.members import Listener
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.pending_writes import (
    SILENT,
    WRITES,
    WRITES_EACH,
    WRITES_OF_ALL,
    Pending,
    PendingWrites,
)
from trio_chat.journal.types import HELD, NOT_YOURS, Committed, Duplicate, Rejected
from trio_chat.protocol import answers
from trio_chat.protocol.events import Message
from trio_chat.protocol.request_error import RequestError


def connection() -> ConnectionState:
    return ConnectionState(Listener())


def write(pending: PendingWrites, state: ConnectionState, id: int) -> None:
    pending.add(Pending(state.client, state, id))


def test_results_are_told_to_those_who_asked() -> None:
    """In order, each in its own words; only what is kept now is handed on."""
    pending, ann, bob = PendingWrites(), connection(), connection()
    for id, state in enumerate((ann, bob, ann)):
        write(pending, state, id)
    kept = Committed(Message(room="tea", seq=7, ts=9, text="x"), b"{}")
    settled = list(pending.settle([kept, Duplicate(5, 6), NOT_YOURS]))
    assert settled == [
        (ann.client, answers.Ok(id=0, seq=7, ts=9), kept),
        (bob.client, answers.Ok(id=1, seq=5, ts=6, dup=True), None),
        (ann.client, answers.Error(id=2, code=NOT_YOURS.code, text=NOT_YOURS.text), None),
    ]
    assert (len(pending), ann.writes, bob.writes) == (0, 0, 0)


def test_what_needs_approval_is_held() -> None:
    """And its sender is told what becomes of that; what is no write of somebody's is as it is."""
    pending, ann = PendingWrites(), connection()
    full = Rejected("too_many_held", "too much waits")
    for id, told in ((1, HELD), (2, full)):
        pending.add(Pending(ann.client, ann, id, hold=[told].pop))
    write(pending, ann, 3)
    settled = list(pending.settle([HELD, HELD, HELD]))
    assert settled == [
        (ann.client, answers.Error(id=id, code=told.code, text=told.text), None)
        for id, told in ((1, HELD), (2, full), (3, HELD))
    ]


def test_words_of_ones_own_are_told_of_what_was_kept_before_too() -> None:
    """But not of what was refused."""
    pending, ann = PendingWrites(), connection()
    for id in (1, 2):
        pending.add(Pending(ann.client, ann, id, lambda _: answers.Ok(id="mine")))
    told = [one.answer for one in pending.settle([Duplicate(5, 6), NOT_YOURS])]
    refused = answers.Error(id=2, code=NOT_YOURS.code, text=NOT_YOURS.text)
    assert told == [answers.Ok(id="mine"), refused]


def test_a_failure_is_told_to_as_many_as_it_concerns() -> None:
    """With the time when trying again can help; those behind still wait."""
    pending, ann = PendingWrites(), connection()
    for id in range(3):
        write(pending, ann, id)
    told = [answer for _, answer in pending.fail(2, 1500)]
    assert [(type(answer), answer.id) for answer in told] == [
        (answers.Error, 0),
        (answers.Error, 1),
    ]
    assert all(isinstance(error, answers.Error) and error.retry_ms == 1500 for error in told)
    assert (len(pending), ann.writes) == (1, 1)


def test_a_connection_may_have_so_many() -> None:
    """Others are not held up by it."""
    pending, ann, bob = PendingWrites(), connection(), connection()
    for id in range(WRITES_EACH):
        assert pending.has_room(ann)
        write(pending, ann, id)
    assert not pending.has_room(ann)
    assert pending.has_room(bob)
    list(pending.fail(1, 0))
    assert pending.has_room(ann)


def test_all_may_have_so_many() -> None:
    """A connection with none under way may always ask for one; others wait."""
    pending, ann = PendingWrites(), connection()
    for id in range(WRITES):
        pending.add(Pending(Listener(), None, id))
    assert pending.has_room(ann)
    write(pending, ann, 0)
    assert not pending.has_room(ann)


def test_who_has_no_connection_is_told_to_come_back() -> None:
    """When very many wait."""
    pending, caller = PendingWrites(), Listener()
    for id in range(WRITES_OF_ALL):
        pending.check_room()
        pending.add(Pending(caller, None, id))
    with pytest.raises(RequestError) as caught:
        pending.check_room()
    assert (caught.value.answer.code, caught.value.answer.retry_ms) == ("busy", 1000)


def test_a_write_of_which_nobody_is_told() -> None:
    """As an act that goes with another one; whoever waits can be told later, too."""
    pending, ann = PendingWrites(), connection()
    kept = Committed(Message(room="tea", seq=7, ts=9, text="x"), b"{}")
    pending.add(SILENT)
    pending.add(Pending(ann.client, ann, 1, lambda _: None))
    assert list(pending.settle([kept, kept])) == [
        (None, answers.Ok(seq=7, ts=9), kept),
        (ann.client, None, kept),
    ]
    pending.add(SILENT)
    write(pending, ann, 2)
    assert [requester for requester, _ in pending.fail(2, 5)] == [ann.client]
