"""What the terminal asks a server for, and how it shows large answers: on memory streams."""

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from tests.unit.servers import ANN, Calls, Object, Peer, calling, joined, visiting
from trio_chat.remote import Chat, MessageView, Room
from trio_chat.terminal import tab as tab_module
from trio_chat.terminal.commands import Commands
from trio_chat.terminal.pipe import latest
from trio_chat.terminal.tab import Tab

SAID = 12  # messages, of which the third and the fourth are deleted
PAGE = 3  # messages that the server puts into a page, however many are asked for


def view(seq: int) -> Object:
    return {"seq": seq, "ts": seq, "text": f"line {seq}", "from": ANN, "deleted": seq in {3, 4}}


async def serve_history(peer: Peer, cleared: range = range(0)) -> None:
    """Answer with pages that hold fewer messages than are asked for."""
    while request := await peer.hears():
        before = request["before"]
        seqs = range(max(before - PAGE, 1), before)
        page = {
            "room": "tea",
            "messages": [view(seq) | {"cleared": seq in cleared} for seq in seqs],
            "more": before > PAGE + 1,
        }
        await peer.says({"t": "history", "id": request["id"], **page})


def numbers(messages: list[MessageView]) -> list[int]:
    return [one.seq for one in messages]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, []),
        (2, [11, 12]),
        (5, [*range(8, 13)]),
        (9, [2, *range(5, 13)]),
        (100, [1, 2, *range(5, 13)]),
    ],
)
async def test_the_last_messages_come_in_pages_of_any_size(
    autojump_clock: MockClock, count: int, expected: list[int]
) -> None:
    """Whether there are others is what ``more`` says, and not how many are on the page."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(serve_history, peer)
        assert numbers(await latest(tea, SAID + 1, count)) == expected
        nursery.cancel_scope.cancel()


async def test_an_empty_page_ends_the_history(autojump_clock: MockClock) -> None:
    """Even if it says that there is more: there is no number to go on from."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:

        async def answer() -> None:
            request = await peer.hears()
            page = {"room": "tea", "messages": [], "more": True}
            await peer.says({"t": "history", "id": request["id"], **page})

        nursery.start_soon(answer)
        assert await latest(tea, 9, 5) == []


async def test_scrolling_back_fetches_pages_of_any_size(autojump_clock: MockClock) -> None:
    """As long as ``more`` says that there are older messages."""
    async with visiting(Calls()) as (chat, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(serve_history, peer)
        tab = Tab(chat, tea)
        await tab._load(SAID + 1)
        firsts = []
        while tab.log.more:
            firsts.append(tab.log.first)
            await tab.load()
        assert firsts == [10, 7, 4]
        assert [entry.seq for entry in tab.log.entries] == [*range(1, SAID + 1)]
        nursery.cancel_scope.cancel()


async def test_scrolling_back_passes_over_pages_of_cleared_messages(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raid is not shown; but for so many pages at a time that somebody waits for."""
    async with visiting(Calls()) as (chat, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(serve_history, peer, range(2, SAID))
        tab = Tab(chat, tea)
        await tab._load(SAID + 1)
        await tab.load()
        assert [entry.seq for entry in tab.log.entries] == [1, SAID]
        monkeypatch.setattr(tab_module, "PAGES_OF_CLEARED", 1)
        tab = Tab(chat, tea)
        await tab._load(SAID)
        assert (tab.log.entries, tab.log.first, tab.log.more) == ([], SAID - PAGE, True)
        nursery.cancel_scope.cancel()


class Desk:
    """What ``Commands`` controls, with one room."""

    def __init__(self, chat: Chat, room: Room) -> None:
        self.chat = chat
        self.tab = Tab(chat, room)

    is_alone = True
    line = ""
    server = ""
    enter: Callable[..., None]
    close_tab: Callable[[Tab], None]
    write: Callable[[str], None]
    run_request: Callable[[object], None]
    say: Callable[..., bool]
    quit: Callable[[], None]


@pytest.mark.parametrize(
    ("people", "fields", "shown"),
    [
        (2, {}, "2 here: P000, P001"),
        (2, {"population": 5000}, "5,000 here: P000, P001, and 4,998 more"),
        (1, {"population": 3, "guests": 2}, "3 here: P000, and 2 more, and 2 without a name"),
        (103, {}, f"103 here: {', '.join(f'P{n:03}' for n in range(100))}, and 3 more"),
    ],
)
async def test_who_lists_some_and_counts_all(
    autojump_clock: MockClock, people: int, fields: Object, shown: str
) -> None:
    """Those of a list that the server has cut, and those of one that is too long to read."""
    members = [{"id": f"{number}", "nick": f"P{number:03}"} for number in range(people)]
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea")
        await (await calls.next()).welcomes({**joined(0, **fields), "members": members})
        desk = Desk(chat, tea)
        Commands(desk).run("/who")
        assert [entry.text for entry in desk.tab.log.shown] == [shown]
