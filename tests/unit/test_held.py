"""Rules of what waits for approval: how much of it, for how long, and what a resend is told."""

from collections.abc import Callable, Mapping

import pytest

from trio_chat.core import held
from trio_chat.core.held import GOOD_FOR, TOO_MANY, HeldMessages
from trio_chat.core.registry import SERVER
from trio_chat.journal.types import CID_TAKEN, HELD, KEY_REUSED, HeldChanged, Rejected, Write
from trio_chat.protocol.events import Edit, Message, Person

ANN, BEN = Person("a", "Ann"), Person("b", "Ben")
CID = "a-cid-of-mine"


class Desk:
    """Messages that wait, on a clock of our own."""

    def __init__(self) -> None:
        self.now = 1_000_000  # milliseconds
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.messages = HeldMessages(
            lambda: self.now, lambda seconds, call: self.calls.append((seconds, call))
        )

    def hold(
        self, text: str, who: Person | None = ANN, room: str = "tea", cid: str | None = None
    ) -> Rejected:
        event = Message(room=room, who=who, text=text, cid=cid)
        return self.messages.hold(Write(event, needs_approval=True))

    def texts(self, room: str = "tea") -> list[str]:
        return [one.event.text for one in self.messages.of_room(room)]

    def later(self, seconds: float) -> None:
        """Let a time go by, and what is due in it be called."""
        self.now += int(1000 * seconds)
        due, self.calls = self.calls, []
        for _, call in due:
            call()


def test_what_waits_is_listed_by_room_and_number() -> None:
    """The oldest first; under its number nobody finds it from another room."""
    desk = Desk()
    for text, room in (("one", "tea"), ("two", "jam"), ("three", "tea")):
        assert desk.hold(text, room=room) is HELD
    desk.messages.hold(Write(Edit(room="tea", who=ANN, target=7, text="new"), "a"))
    assert desk.texts() == ["one", "three", "new"]
    first = desk.messages.of_room("tea")[0]
    assert desk.messages.get(first.number, "tea") == first
    assert not first.write.needs_approval
    assert desk.messages.get(first.number, "jam") is None
    assert desk.messages.get(first.number + 10, "tea") is None
    desk.messages.drop(first.number)
    desk.messages.drop(first.number)
    assert desk.texts() == ["three", "new"]


def test_a_resend_waits_once() -> None:
    """By its cid, which is its author's; without one each is another, and gets one."""
    desk = Desk()
    assert [desk.hold("one", cid=CID) for _ in range(2)] == [HELD, HELD]
    assert desk.hold("two", cid=CID) is KEY_REUSED
    assert desk.hold("one", BEN, cid=CID) is CID_TAKEN
    assert desk.hold("one", room="jam", cid=CID) is HELD
    assert desk.texts() == ["one"]
    for _ in range(2):
        desk.hold("one")
    assert len({one.event.cid for one in desk.messages.of_room("tea")}) == 3


def test_of_nobodies_with_the_same_cid_each_waits() -> None:
    """Since nobody can tell whose it is; what has the same content is a resend."""
    desk = Desk()
    for text in ("one", "two", "two"):
        assert desk.hold(text, None, cid=CID) is HELD
    assert desk.texts() == ["one", "two"]


def test_so_many_wait_of_a_person_of_a_room_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """More are refused; in all, the oldest goes of the room that has most of them."""
    desk = Desk()
    assert [desk.hold("x") for _ in range(4)] == [HELD, HELD, HELD, TOO_MANY]
    assert [desk.hold("x", None) for _ in range(4)] == [HELD, HELD, HELD, TOO_MANY]
    monkeypatch.setattr(held, "IN_ROOM", 7)
    assert [desk.hold("x", BEN) for _ in range(2)] == [HELD, TOO_MANY]
    monkeypatch.setattr(held, "IN_ALL", 8)
    assert [desk.hold("y", room="jam") for _ in range(2)] == [HELD, HELD]
    assert [len(desk.texts(room)) for room in ("tea", "jam")] == [6, 2]
    desk.messages.drop(desk.messages.of_room("jam")[0].number)
    assert desk.hold("z", room="mint") is HELD
    assert [len(desk.texts(room)) for room in ("tea", "jam", "mint")] == [6, 1, 1]


def test_what_people_have_said_is_dropped_in_a_room_or_everywhere() -> None:
    """What others have said stays, and so does what nobody knows whose it is."""
    desk = Desk()
    for room in ("tea", "jam"):
        for who in (ANN, BEN, None):
            desk.hold("x", who, room)
    desk.messages.drop_of({"a"}, "tea")
    assert [len(desk.texts(room)) for room in ("tea", "jam")] == [2, 3]
    desk.messages.drop_of({"a", "b"}, SERVER)
    assert [len(desk.texts(room)) for room in ("tea", "jam")] == [1, 1]


def test_what_nobody_looks_at_is_dropped_in_the_end() -> None:
    """Each after its own time, and with one call to come at most."""
    desk = Desk()
    desk.hold("one")
    desk.later(0)
    desk.now += 60_000
    desk.hold("two")
    assert [seconds for seconds, _ in desk.calls] == [GOOD_FOR]
    desk.later(GOOD_FOR - 60)
    assert desk.texts() == ["two"]
    assert [seconds for seconds, _ in desk.calls] == [60]
    desk.later(60)
    assert (desk.texts(), desk.calls) == ([], [])
    desk.hold("three")
    assert [seconds for seconds, _ in desk.calls] == [GOOD_FOR]


def shared() -> tuple[HeldMessages, HeldMessages]:
    """Return what two nodes hold."""
    one, other = (HeldMessages(lambda: 1000, lambda *_: None, is_shared=True) for _ in range(2))
    return one, other


def told(changes: Mapping[int, bytes | None], *, is_lost: bool = False) -> HeldChanged:
    held = {number: data for number, data in changes.items() if data is not None}
    return HeldChanged(held, [*(changes.keys() - held.keys())], is_lost=is_lost)


def test_what_one_node_holds_others_hold_too() -> None:
    """With all that it is judged by, until one of them drops it; what is not understood is not."""
    one, other = shared()
    one.hold(Write(Message(room="tea", who=ANN, text="x", files=[]), may_begin=False))
    one.hold(Write(Edit(room="tea", who=BEN, target=7, text="new"), "b"))
    changes = dict(one.take_changes())
    assert one.take_changes() == {}
    other.follow(told(changes | {7: b"of another release"}))
    other.follow(told(changes))
    assert other.of_room("tea") == one.of_room("tea")
    assert other.take_changes() == {}
    first, second = changes
    other.drop(first)
    other.drop(first)
    one.follow(told(other.take_changes()))
    assert [held.number for held in one.of_room("tea")] == [second]
    one.follow(told({}, is_lost=True))
    assert one.take_changes() == {second: changes[second]}
