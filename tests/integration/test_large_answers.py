"""Nobody is ended for an answer to their own request, however large it is."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, chatting, connected
from tests.integration.followers import following
from tests.integration.running import Running, running
from trio_chat.core.links import new_link
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.types import Write
from trio_chat.protocol import acts
from trio_chat.protocol.acts import LEDGER
from trio_chat.protocol.events import ActKept, Person, Topic
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules
from trio_chat.remote import connect

LONG_NICK = "\U00010330" * 127  # of letters with four bytes; as many as a nick can have, about
LINKS = 100
RAIDED = 2000  # people of a raid, at most
ACTED_ON = 200  # people of another act, at most
LARGE = "\N{LEMON}" * 4000  # as large as a text can be: 16,000 bytes
COUNT = 100


async def fill(server: Running) -> None:
    """Let so many large messages be said in a room that nobody is in then."""
    async with chatting(server, "Ann", "tea") as ann:
        for _ in range(COUNT):
            await ann.send("tea", LARGE)


async def pages(chatter: Chatter, **first: object) -> list[list[int]]:
    """Ask for one page after the other, from the last one on; return the numbers in each."""
    found: list[list[int]] = []
    request: dict[str, object] = {"t": "history", "room": "tea", **first}
    while True:
        answer = await chatter.ask(**request)
        assert answer["t"] == "history"
        found.append([message["seq"] for message in answer["messages"]])
        if not answer["more"]:
            return found
        request["before"] = found[-1][0]


@pytest.mark.parametrize("database", [":memory:", "chat.db"])
async def test_a_history_of_large_messages_comes_in_pages(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page ends before ``page_bytes`` and says that there is more; together they are all."""
    monkeypatch.chdir(tmp_path)
    async with running(database=database) as server:
        await fill(server)
        async with chatting(server, "Ben") as ben:
            found = await pages(ben, limit=100)
            assert [seq for page in reversed(found) for seq in page] == list(range(1, COUNT + 1))
            assert 6 < len(found) < 12


async def test_a_room_of_large_messages_can_be_joined_from_its_beginning() -> None:
    """What was missed comes in pages and in order, over the socket and as a stream of events."""
    async with running() as server:
        await fill(server)
        async with chatting(server, "Ben", {"room": "tea", "last": 0}) as ben:
            assert (await ben.until("joined"))["last"] == COUNT
            assert await ben.seqs_until(COUNT) == list(range(1, COUNT + 1))
            await ben.send("tea", "after")
        async with following(server, query="?last=0") as follower:
            seqs = [(await follower.until("msg")).data["seq"] for _ in range(COUNT + 1)]
            assert seqs == list(range(1, COUNT + 2))


async def test_many_large_requests_at_once_are_answered_one_after_the_other() -> None:
    """Those that are not refused as too many; the connection stays."""
    async with running() as server:
        await fill(server)
        async with chatting(server, "Ben") as ben:
            wishes = [{"t": "history", "room": "tea", "id": number} for number in range(40)]
            await ben.say(*wishes)
            answers = [await ben.until("history", "error") for _ in wishes]
            codes = {answer.get("code", "history") for answer in answers}
            assert codes == {"history", "busy"}
            assert {answer["id"] for answer in answers} == set(range(40))


def crowd(count: int) -> list[Person]:
    """Return people with nicks as long as can be."""
    return [Person(f"{number:020x}", LONG_NICK) for number in range(count)]


async def governed_room(journal: MemoryJournal) -> str:
    """Have a room with as much in its lists as the limits allow; return a moderator's secret."""
    last = new_link("tea", Right.MODERATE)
    links = [new_link("tea", Right.READ, "x" * 100) for _ in range(LINKS - 1)] + [last]
    people = crowd(RAIDED)
    raid = acts.Raided(
        about="tea",
        people=people,
        keys={f"room{number}": "k" * 16 for number in range(RAIDED)},
        rules=RoomRules(),
        rules_until=1,
    )
    ban = acts.Sanctioned(about="tea", kind="mute", people=people[:ACTED_ON], until=1)
    used = [(link.act.link, who) for link in links for who in people[:20]]
    kept: list[tuple[acts.AnyAct, Person | None]] = [
        (acts.RoomMade(about="tea"), None),
        *((link.act, None) for link in links),
        *((acts.LinkUsed(about="tea", link=link), who) for link, who in used),
        *[(raid, people[0])] * 5,
        *[(ban, people[0])] * 10,
    ]
    await journal.commit([Write(ActKept(room=LEDGER, who=who, act=act)) for act, who in kept])
    return last.secret


@asynccontextmanager
async def moderating() -> AsyncIterator[tuple[Running, Chatter]]:
    """Have somebody moderate a room with much in its lists, and much that is held."""
    journal = MemoryJournal()
    secret = await governed_room(journal)
    async with running(journal=journal) as server:
        wish = {"room": "tea", "link": secret}
        async with chatting(server, "Ann", wish) as ann:
            assert (await ann.ask(t="rules", room="tea", hold_links=True))["t"] == "ok"
            for nick in ("Bob", "Cem", "Dan", "Eve"):
                async with chatting(server, nick, "tea") as guest:
                    for _ in range(3):
                        text = "https://a.example " + LARGE[:3900]
                        told = await guest.ask(t="send", room="tea", text=text)
                        assert told["code"] == "held"
            yield server, ann


@pytest.mark.parametrize(
    "request_",
    [
        {"t": "audit", "room": "tea"},
        {"t": "held", "room": "tea"},
        {"t": "links", "room": "tea"},
        {"t": "raid", "room": "tea", "since": 0, "preview": True},
        {"t": "sessions"},
    ],
    ids=lambda request: request["t"],
)
async def test_nobody_is_ended_for_the_answers_to_their_own_requests(
    request_: dict[str, object],
) -> None:
    """However often they ask in one frame, and however much there is to be told."""
    kinds = {"raid": "raid_preview"}
    async with moderating() as (_, ann):
        await ann.say(*({**request_, "id": number} for number in range(64)))
        kind = str(request_["t"])
        answers = [await ann.until(kinds.get(kind, kind), "error") for _ in range(64)]
        assert sorted(answer["id"] for answer in answers) == list(range(64))
        assert all(answer["t"] != "error" or answer["code"] == "busy" for answer in answers)
        assert any(answer["t"] != "error" for answer in answers)


async def test_lists_of_moderators_come_in_pages() -> None:
    """Each says that there is more; together they are all, whatever asks for them."""
    async with moderating() as (server, ann):
        found: list[Any] = []
        page: dict[str, Any] = {"more": True}
        while page["more"]:
            before = {"before": found[-1]["seq"]} if found else {}
            page = await ann.ask(t="audit", room="tea", **before)
            assert len(json.dumps(page["acts"], ensure_ascii=False).encode()) < 300_000
            found += page["acts"]
        assert [act["seq"] for act in found] == list(range(len(found), 0, -1))
        on_people = [one for one in found if one["act"]["t"] in ("sanctioned", "raided")]
        assert {(len(one["act"]["people"]), one.get("count")) for one in on_people} == {
            (ACTED_ON, None),
            (ACTED_ON, RAIDED),
        }
        assert {len(one["act"].get("keys", ())) for one in on_people} == {0, 100}
        links: list[Any] = []
        page = {"more": True}
        while page.get("more"):
            page = await ann.ask(t="links", room="tea", skip=len(links))
            links += page["links"]
        assert len({link["link"] for link in links}) == len(links) == LINKS
        answer = await ask(
            server,
            "GET",
            f"/rooms/tea/links?skip={LINKS - 1}",
            authorization=bearer(ann.session),
        )
        assert (answer.json["links"], answer.json["more"]) == (links[-1:], False)
        first = await ask(server, "GET", "/rooms/tea/links", authorization=bearer(ann.session))
        assert first.json["more"]
        async with connect(server.ws, nick="Ann", session=ann.session) as chat:
            room = await chat.join("tea")
            assert [link.link for link in await room.links()] == [one["link"] for one in links]


async def test_a_list_of_rooms_with_long_topics_fits() -> None:
    """Topics are cut in the list; those of an older release may be as long as a text."""
    journal = MemoryJournal()
    await journal.commit([Write(Topic(room=f"room{n}", text=LARGE)) for n in range(100)])
    async with running(journal=journal) as server, chatting(server, "Ann") as ann:
        listed = await ann.ask(t="rooms")
        topics = [len(room["topic"]) for room in listed["rooms"] if "topic" in room]
        assert topics == [250] * 100


async def test_a_very_long_list_of_members_is_cut() -> None:
    """And says how many people there are."""
    nicks = [f"{number:04} {'x' * 27}" for number in range(1500)]
    patience: dict[str, Any] = dict.fromkeys(("hello_timeout", "write_timeout"), 120.0)
    async with running(outbox_frames=10_000, **patience) as server, AsyncExitStack() as stack:
        room = [await stack.enter_async_context(connected(server)) for _ in nicks]
        for chatter, nick in zip(room, nicks, strict=True):
            await chatter.say({"t": "hello", "nick": nick, "rooms": [{"room": "tea"}]})
        for chatter in room:
            await chatter.until("joined")
        async with chatting(server, "Ben", "tea") as ben:
            joined = await ben.until("joined")
        assert joined["population"] == 1501
        assert 500 < len(joined["members"]) < 1000
