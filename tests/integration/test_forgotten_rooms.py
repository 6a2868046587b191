"""Made rooms that nobody uses are forgotten as a whole: as if none had been there."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, chatting
from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_links import join, make_private
from tests.integration.test_moderation import moderate
from tests.integration.test_pairs import write_to
from tests.integration.test_same_work import ASKED, Private, assert_same
from tests.journal.conftest import make
from tests.journal.drafts import Clock, say
from tests.unit.test_operator_errors import Run, contents, run
from trio_chat import hub
from trio_chat import server as server_module
from trio_chat.clock import wall_clock
from trio_chat.commands import rights
from trio_chat.core.access import Access
from trio_chat.core.room_links import new_identifier
from trio_chat.core.unused_rooms import JUDGED
from trio_chat.journal import retention
from trio_chat.journal.journal import Journal
from trio_chat.journal.retention import DAY
from trio_chat.journal.types import Result, TellPruned, Unavailable, Write, tell_nobody

__all__ = ["run"]  # a fixture

HOUR = DAY // 24
LATE = 31 * DAY  # after which a room is old enough


class Ages:
    """A server whose retention looks all the time, while somebody sets the clock."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        self.path = path
        self.monkeypatch = monkeypatch
        self.clock = Clock()
        self.clock.now = wall_clock()
        self._kind = kind
        self._looks = 0
        monkeypatch.setattr(retention, "INTERVAL", 0.01)
        monkeypatch.setattr(retention, "FORGET_INTERVAL", 0)
        monkeypatch.setattr(retention, "TRUST", 10 * LATE)
        monkeypatch.setattr(hub, "Access", partial(Access, clock=self.clock))
        monkeypatch.setattr(rights, "wall_clock", self.clock)
        retain = partial(retention.retain, clock=self.clock)
        monkeypatch.setattr(server_module, "retain", retain)

    @asynccontextmanager
    async def run(
        self,
        **settings: Any,  # noqa: ANN401 - see ``serving``
    ) -> AsyncIterator[Running]:
        """Run the server for the block."""
        journal = make(self._kind, self.path, self.clock)
        self._count_looks(journal)
        self.journal = journal
        async with serving(journal=journal, presence_grace=0, **settings) as server:
            yield server
        await journal.close()

    def _count_looks(self, journal: Journal) -> None:
        forget = journal.forget

        async def count(before_ts: int, is_used: Callable[[str], bool]) -> int:
            self._looks += 1
            return await forget(before_ts, is_used)

        self.monkeypatch.setattr(journal, "forget", count)

    async def pass_by(self, time: int) -> None:
        """Let milliseconds pass by, and retention look twice."""
        self.clock.now += time
        end = self._looks + 3
        with trio.fail_after(PATIENCE):
            while self._looks < end:
                await trio.sleep(0.01)


@pytest.fixture
def ages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ages:
    """Keep what is said in a file."""
    return Ages(tmp_path / "chat.db", monkeypatch, "sqlite")


async def refusal(chatter: Chatter, room: str, link: str | None = None) -> str:
    """Ask to be let into a room, and return why not."""
    return str((await join(chatter, room, link)).get("code"))


async def is_there(chatter: Chatter, room: str) -> bool:
    """Whether somebody may ask for the links of a room; that is a visit."""
    return bool((await chatter.ask(t="links", room=room))["t"] == "links")


async def marks(server: Running, chatter: Chatter) -> list[str]:
    """Return the rooms of which is known how far somebody has read there."""
    told = await ask(server, "GET", "/marks", authorization=bearer(chatter.session))
    return [mark["room"] for mark in told.json["marks"]]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_private_room_in_which_nothing_was_said_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """With its place, links and marks; its links are wrong ones, its address is none."""
    ages = Ages(tmp_path / "chat.db", monkeypatch, kind)
    async with (
        ages.run(private_rooms=1) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
    ):
        room, links = await make_private(ann)
        await join(bob, room, links["speak"])
        await bob.ask(t="topic", room=room, text="Tea")
        await bob.ask(t="read", room=room, seq=2)
        await bob.ask(t="leave", room=room)
        more = {"t": "create", "name": "More", "private": True}
        assert (await ann.ask(**more))["code"] == "too_many_rooms"
        assert await marks(server, bob) == [room]
        await ages.pass_by(29 * DAY)
        assert (await ann.ask(**more))["code"] == "too_many_rooms"
        await ages.pass_by(2 * DAY)
        for chatter in (ann, bob):
            assert await refusal(chatter, room) == await refusal(chatter, new_identifier())
        for link in links.values():
            assert await refusal(ann, room, link) == "no_such_room"
            told = await ask(server, "GET", f"/rooms/{room}/messages", room_link=link)
            none = await ask(server, "GET", f"/rooms/{new_identifier()}/messages", room_link=link)
            assert (told.status, told.body) == (none.status, none.body)
        assert await marks(server, bob) == []
        again = await ann.ask(**more)
        assert again["room"] != room


async def test_a_room_that_somebody_uses_stays(ages: Ages) -> None:
    """Who has said something there, is in it, or has visited it, by whichever way in."""
    async with ages.run() as server, chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        said, full, read, empty = [(await make_private(ann, title))[0] for title in "abcd"]
        await join(ann, said)
        await ann.send(said, "hello")
        await ann.ask(t="leave", room=said)
        await join(ann, full)
        await ages.pass_by(29 * DAY)
        found = await ask(
            server, "GET", f"/rooms/{read}/messages", authorization=bearer(ann.session)
        )
        assert found.status == 200
        await ages.pass_by(2 * DAY)
        there = [await is_there(ann, room) for room in (said, full, read, empty)]
        assert there == [True, True, True, False]
        assert await refusal(bob, said) == "no_such_room"
        await ann.ask(t="leave", room=full)
        await ages.pass_by(LATE)
        there = [await is_there(ann, room) for room in (said, full, read)]
        assert there == [True, False, False]


async def test_a_room_whose_messages_retention_has_deleted_is_forgotten(ages: Ages) -> None:
    """As if nothing had been said there."""
    async with ages.run(keep_days=1) as server, chatting(server, "Ann") as ann:
        room, _ = await make_private(ann)
        await join(ann, room)
        await ann.send(room, "hello")
        await ann.ask(t="leave", room=room)
        await ages.pass_by(29 * DAY)
        await ages.pass_by(2 * DAY)
        assert await refusal(ann, room) == "no_such_room"


async def test_a_public_room_that_was_made_is_anybody_s_again(ages: Ages) -> None:
    """Its links are wrong ones, and whoever makes it then moderates it, nobody else."""
    async with ages.run() as server, chatting(server, "Ann") as ann, chatting(server, "Bob") as bob:
        made = await ann.ask(t="create", name="class")
        assert (await bob.ask(t="create", name="class"))["code"] == "room_taken"
        await ages.pass_by(LATE)
        joined = await join(ann, "class", made["links"][0]["secret"])
        assert "right" not in joined
        await ann.ask(t="leave", room="class")
        assert (await bob.ask(t="create", name="class"))["t"] == "created_room"
        assert await is_there(bob, "class")
        assert not await is_there(ann, "class")


async def test_a_room_for_two_in_which_nothing_was_said_is_forgotten(ages: Ages) -> None:
    """No welcome lists it; the same two can have it again, as theirs alone."""
    async with ages.run(private_rooms=2) as server, chatting(server, "Bob") as bob:
        async with chatting(server, "Ann") as ann, chatting(server, "Cem") as cem:
            silent = (await write_to(ann, bob.who["id"]))["room"]
            await bob.until("invited")
            other = (await write_to(cem, bob.who["id"]))["room"]
            await join(cem, other)
            await cem.send(other, "hello")
        await ages.pass_by(LATE)
        async with (
            chatting(server, "Ann", session=ann.session) as ann,
            chatting(server, "Cem", session=cem.session) as cem,
        ):
            assert "private" not in ann.welcome
            assert [one["room"] for one in cem.welcome["private"]] == [other]
            assert await refusal(ann, silent) == "no_such_room"
            assert (await write_to(ann, bob.who["id"]))["room"] == silent
            await bob.until("invited")
            assert (await join(bob, silent))["title"] == "Ann"
            assert await refusal(cem, silent) == "no_such_room"


async def banned(ann: Chatter, eve: Chatter, room: str) -> None:
    done = await moderate(ann, "ban", eve, room=room, seconds=5 * DAY // 1000)
    assert done["t"] == "ok"


async def muted(ann: Chatter, eve: Chatter, room: str) -> None:
    done = await moderate(ann, "mute", eve, room=room, seconds=5 * DAY // 1000)
    assert done["t"] == "ok"


async def held(ann: Chatter, eve: Chatter, room: str) -> None:
    await ann.ask(t="rules", room=room, hold_links=True)
    answer = await eve.ask(t="send", room=room, text="https://spam.example/", cid="a" * 32)
    assert answer["code"] == "held"


@pytest.mark.parametrize("judge", [banned, muted, held])
async def test_a_room_stays_while_moderators_have_something_to_do_there(
    ages: Ages, judge: Callable[[Chatter, Chatter, str], Awaitable[None]]
) -> None:
    """A mute, a ban or a message that waits; when that is over the room is forgotten."""
    async with (
        ages.run(hold_links_for=2 * 10**6, forget_rooms_days=2) as server,
        chatting(server, "Ann") as ann,
    ):
        room, links = await make_private(ann)
        async with chatting(server, "Eve") as eve:
            await join(eve, room, links["speak"])
            await judge(ann, eve, room)
        registry = server.server._hub.access.registry
        await ages.pass_by(4 * DAY)
        assert registry.made() == [room]
        server.server._hub._chat._held.drop_of([eve.who["id"]], room)
        await ages.pass_by(2 * DAY)
        assert registry.made() == []


async def test_a_ban_for_ever_keeps_a_room_for_a_year(ages: Ages) -> None:
    """Else whoever bans somebody in rooms of their own would have their places for ever."""
    async with ages.run() as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        async with chatting(server, "Eve") as eve:
            await join(eve, room, links["speak"])
            await moderate(ann, "ban", eve, room=room)
        registry = server.server._hub.access.registry
        await ages.pass_by(JUDGED - HOUR)
        assert registry.made() == [room]
        await ages.pass_by(2 * HOUR)
        assert registry.made() == []


async def test_links_that_let_people_in_stay(ages: Ages) -> None:
    """With ``--access invite``, as whoever has come by them would be out."""
    async with ages.run(access=("open", "invite")) as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        await ages.pass_by(LATE)
        assert "code" not in await join(ann, room, links["read"])


def exported(run: Run) -> list[str]:
    """Return what is exported."""
    run("export")  # what was logged before comes with this one
    return contents(run)


def acts_of(lines: list[str]) -> list[str]:
    """Return what was done, without what was said."""
    return [line for line in lines if line.startswith('{"t":"act"')]


async def test_what_is_forgotten_stays_so(ages: Ages, run: Run) -> None:
    """After a restart, and in exports. An older export brings it back, for as long as others."""
    async with ages.run() as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        early = exported(run)
        assert run("export", "-o", "early.jsonl")[0] == 0
        await ages.pass_by(LATE)
        assert await refusal(ann, room) == "no_such_room"
    assert room in "".join(early)
    assert exported(run) == []
    async with ages.run() as server, chatting(server, "Bob") as bob:
        registry = server.server._hub.access.registry
        assert await refusal(bob, room, links["read"]) == "no_such_room"
        assert registry.private_rooms() == 0
        assert run("import", "early.jsonl")[0] == 0
        with trio.fail_after(PATIENCE):
            while not registry.made():
                await trio.sleep(0.01)
        await ages.pass_by(29 * DAY)
        assert registry.made() == [room]
        assert acts_of(exported(run)) == acts_of(early)
    async with ages.run() as server, chatting(server, "Cem") as cem:
        assert "code" not in await join(cem, room, links["read"])


async def test_a_visit_outlives_a_restart(ages: Ages) -> None:
    """It is kept within a minute."""
    async with ages.run() as server, chatting(server, "Ann") as ann:
        room, _ = await make_private(ann)
        await ages.pass_by(29 * DAY)
        await join(ann, room)
        await ages.pass_by(0)
    async with ages.run() as server, chatting(server, "Bob") as bob:
        await ages.pass_by(2 * DAY)
        registry = server.server._hub.access.registry
        assert registry.made() == [room]
        await ages.pass_by(LATE)
        assert registry.made() == []
        assert await refusal(bob, room) == "no_such_room"


async def test_a_room_in_which_something_is_said_at_the_last_moment_stays(ages: Ages) -> None:
    """It is there again for all at once; so it is if the journal cannot forget it just now."""
    async with ages.run() as server, chatting(server, "Ann") as ann:
        room, _ = await make_private(ann)
        other, _ = await make_private(ann)
        unused, commit = ages.journal.unused, ages.journal.commit
        failures: list[object] = []

        async def say_late(
            names: Sequence[str], since_ts: int, tell: TellPruned = tell_nobody
        ) -> list[str]:
            found = await unused(names, since_ts, tell)
            if room in found:
                await commit([say(room=room)])
            return found

        async def fail_once(writes: Sequence[Write]) -> list[Result]:
            if writes[0].forgets and not failures:
                failures.append(writes)
                raise Unavailable(1)
            return await commit(writes)

        ages.monkeypatch.setattr(ages.journal, "unused", say_late)
        ages.monkeypatch.setattr(ages.journal, "commit", fail_once)
        await ages.pass_by(LATE)
        assert failures
        await ages.pass_by(0)
        assert "code" not in await join(ann, room)
        assert await refusal(ann, other) == "no_such_room"
        unused_rooms = server.server._hub.unused_rooms
        unused_rooms.forget([other], ages.clock.now)  # told twice
        assert unused_rooms.among([other], ages.clock.now) == []


@pytest.mark.parametrize("request_of", ASKED)
async def test_a_forgotten_room_is_as_much_work_as_none(
    ages: Ages, monkeypatch: pytest.MonkeyPatch, request_of: str
) -> None:
    """For those who were in it, on the socket and over HTTP."""
    async with ages.run(nick_keep_days=0) as server, chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        await ages.pass_by(LATE)
        monkeypatch.setattr(retention, "INTERVAL", 10**6)
        await trio.sleep(0.1)
        private = Private(server, ann, room, links)
        await assert_same(private.by_socket(**ASKED[request_of]), room)
        await assert_same(private.by_socket(t="join", link=links["read"]), room)
        await assert_same(private.by_http("GET", "messages", room_link=links["read"]), room)
