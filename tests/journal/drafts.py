"""Writes to commit, in few words, with the conditions of the hub, and what became of them."""

from collections.abc import Sequence

from trio_chat.journal.journal import Journal
from trio_chat.journal.types import Committed, Result, Write
from trio_chat.protocol.acts import LEDGER, Forgotten, Reported
from trio_chat.protocol.answers import MessageView
from trio_chat.protocol.events import ActKept, Created, Delete, Edit, Message, Person, React, Topic

ANN = Person("a1", "Ann")
BEN = Person("b2", "Ben")
ROOM = "tea"
MUCH = 100_000_000  # bytes; more than any page here


class Clock:
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.now = 1_000_000  # milliseconds

    def __call__(self) -> int:
        return self.now


def say(
    text: str = "Hello!",
    *,
    room: str = ROOM,
    who: Person | None = ANN,
    cid: str | None = None,
    reply: int | None = None,
) -> Write:
    return Write(Message(room=room, text=text, who=who, cid=cid, reply=reply))


def edit(target: int, text: str = "Bye!", *, who: Person = ANN, room: str = ROOM) -> Write:
    return Write(Edit(room=room, target=target, text=text, who=who), who.id)


def delete(target: int, *, who: Person = ANN, room: str = ROOM, cid: str | None = None) -> Write:
    return Write(Delete(room=room, target=target, who=who, cid=cid), who.id)


def react(
    target: int,
    emoji: str = "🍋",
    *,
    who: Person | None = BEN,
    room: str = ROOM,
    on: bool = True,
) -> Write:
    return Write(React(room=room, target=target, emoji=emoji, who=who, on=on))


def report(target: int, *, room: str = ROOM, why: str = "") -> Write:
    act = Reported(about=room, target=target, why=why)
    return Write(ActKept(room=LEDGER, who=BEN, act=act))


def created(room: str = ROOM) -> Write:
    return Write(Created(room=room, who=ANN), must_begin=True)


def forgetting_act(before_ts: int, *, room: str = ROOM) -> Write:
    return Write(ActKept(room=LEDGER, act=Forgotten(about=room)), unused_since=before_ts)


def title(text: str = "All about tea", *, room: str = ROOM) -> Write:
    return Write(Topic(room=room, text=text, who=ANN))


def nobody_in(_: str) -> bool:
    """Tell of a room that nobody is there."""
    return False


async def fill(journal: Journal, count: int, *, room: str = ROOM) -> None:
    """Commit messages whose texts are their numbers."""
    for number in range(1, count + 1):
        [result] = await journal.commit([say(f"text {number}", room=room)])
        assert number_of(result) == number


def number_of(result: Result) -> int:
    """Return the number under which something was kept just now."""
    assert isinstance(result, Committed), result
    return result.event.seq


def numbers(results: Sequence[Result]) -> list[int]:
    return [number_of(result) for result in results]


async def kept(journal: Journal, room: str = ROOM) -> list[int]:
    """Return the numbers of all that is kept of a room."""
    return [seq for seq, _ in await journal.after(room, 0, 1_000_000, MUCH)]


async def everything(journal: Journal, room: str = ROOM) -> bytes:
    """Return all that can be got of a room in one heap of bytes."""
    [state] = await journal.load([room], 1_000_000)
    told = [data for _, data in await journal.after(room, 0, 1_000_000, MUCH)]
    said = await journal.messages(room, before=None, after=None, limit=10_000, max_bytes=MUCH)
    return repr((state, told, said)).encode()


async def page(journal: Journal, room: str = ROOM) -> list[MessageView]:
    """Return all messages of a room as they stand."""
    return (
        await journal.messages(room, before=None, after=None, limit=10_000, max_bytes=MUCH)
    ).messages
