"""The Python client in rooms with links, against the server: what its user sees."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.integration.running import PATIENCE, Running, serving
from tests.integration.test_operator_link import operator_secret
from tests.integration.test_remote import until
from trio_chat.remote import (
    Chat,
    Clear,
    Delete,
    Message,
    Moderated,
    Refused,
    Restore,
    Right,
    Room,
    RoomRules,
    Rules,
    acts,
    connect,
)


@asynccontextmanager
async def three() -> AsyncIterator[tuple[Running, Chat, Chat, Chat]]:
    """Have three people at a new server for the block."""
    async with (
        serving() as server,
        connect(server.ws, nick="Ann") as ann,
        connect(server.ws, nick="Bob") as bob,
        connect(server.ws, nick="Cem") as cem,
    ):
        yield server, ann, bob, cem


async def texts(room: Room) -> list[str]:
    """Return what was said, and is not deleted."""
    return [said.text for said in (await room.history()).messages if not said.deleted]


async def end_of(room: Room) -> Refused:
    """Return why a room ends."""
    with trio.fail_after(PATIENCE), pytest.raises(Refused) as refused:
        async for _ in room:
            pass
    return refused.value


async def test_a_message_is_deleted_with_a_reason() -> None:
    """Which all are told."""
    async with three() as (_, ann, bob, cem):
        await ann.create("class")
        hers, his, theirs = [await one.join("class") for one in (ann, bob, cem)]
        await hers.delete(await his.send("a joke"), "not now")
        [*_, deleted] = await until(theirs, Delete)
        assert isinstance(deleted, Delete)
        assert deleted.why == "not now"


async def test_a_private_room_is_for_those_with_a_link() -> None:
    """Each link gives its right, which stays; nobody else learns that there is such a room."""
    async with three() as (server, ann, bob, cem):
        made = await ann.create("Secret tea", private=True)
        links = {link.right: link.secret for link in made.links}
        assert made.title == "Secret tea"
        assert set(links) == {"read", "speak", "moderate"}
        hers = await ann.join(made.room)
        assert (hers.right, hers.title) == (Right.MODERATE, "Secret tea")
        his = await bob.join(made.room, link=links["speak"])
        assert (his.name, his.right) == (made.room, Right.SPEAK)
        await his.send("hello")
        await until(hers, Message)
        reader = await cem.join(made.room, link=links["read"])
        assert reader.right is Right.READ
        with pytest.raises(Refused, match="read_only"):
            await reader.send("hello")
        await cem.join(made.room, link=links["speak"])
        await reader.send("now I may")
        assert made.room not in {room.room for room in await cem.rooms()}
        async with connect(server.ws, nick="Eve") as eve:
            with pytest.raises(Refused, match="no_such_room"):
                await eve.join(made.room, link="wrong")
            assert (await eve.join("tea")).right is Right.SPEAK
        async with connect(server.ws, nick="Bob again", session=bob.session) as again:
            assert (await again.join(made.room)).title == "Secret tea"


async def test_links_are_made_listed_and_revoked() -> None:
    """Who came by one has to leave, and stays in other rooms."""
    async with three() as (_, ann, bob, _):
        made = await ann.create("Secret tea", private=True)
        hers = await ann.join(made.room)
        link = await hers.make_link("speak", label="for Bob", uses=1)
        assert link.right == "speak"
        his, tea = await bob.join(made.room, link=link.secret), await bob.join("tea")
        shown = next(one for one in await hers.links() if one.link == link.link)
        assert (shown.label, shown.used, shown.people) == ("for Bob", 1, [bob.me])
        await hers.end_link(link.link)
        assert (await end_of(his)).code == "removed"
        await tea.send("still here")
        with pytest.raises(Refused, match="not_found"):
            await hers.end_link("never made")


async def test_rules_hold_and_are_told() -> None:
    """Those of before hold no more."""
    async with three() as (_, ann, bob, _):
        await ann.create("class")
        hers, his = await ann.join("class"), await bob.join("class")
        await hers.set_rules(RoomRules(closed=True))
        assert isinstance((await until(his, Rules))[-1], Rules)
        assert his.rules == RoomRules(closed=True)
        with pytest.raises(Refused, match="only moderators speak"):
            await his.send("hello?")
        await hers.set_rules(RoomRules(slow=3600))
        await his.send("one")
        with pytest.raises(Refused, match="slow_mode") as refused:
            await his.send("two")
        assert refused.value.retry_after
        with pytest.raises(Refused, match="not_moderator"):
            await his.set_rules(RoomRules())


async def test_moderators_act_on_people() -> None:
    """Who is kicked may come back, who is banned may not; all chats go on."""
    async with three() as (_, ann, bob, cem):
        await ann.create("class")
        hers, his, theirs = [await one.join("class") for one in (ann, bob, cem)]
        await hers.moderate("mute", [bob.me, cem.me], seconds=3600, why="a joke")
        told = (await until(his, Moderated))[-1]
        assert isinstance(told, Moderated)
        assert (told.act, told.count, told.why) == ("mute", 2, "a joke")
        with pytest.raises(Refused, match="muted"):
            await his.send("x")
        await hers.moderate("unmute", [bob.me])
        await his.send("sorry")
        tea = await bob.join("tea")
        await hers.moderate("kick", [bob.me])
        assert (await end_of(his)).code == "kicked"
        await tea.send("elsewhere")
        his = await bob.join("class")
        await hers.moderate("ban", [cem.me])
        assert (await end_of(theirs)).code == "banned"
        with pytest.raises(Refused, match="banned"):
            await cem.join("class")
        await hers.moderate("unban", [cem.me])
        await cem.join("class")
        await his.send("welcome back")


async def test_what_is_cleared_can_be_taken_back() -> None:
    """By its number in the list of acts, where reports are, too."""
    async with three() as (_, ann, bob, cem):
        await ann.create("class")
        hers, his, theirs = [await one.join("class") for one in (ann, bob, cem)]
        seq = await theirs.send("rude")
        await his.report(seq, "rude words")
        await hers.moderate("clear", [cem.me])
        told = (await until(his, Clear))[-1]
        assert isinstance(told, Clear)
        assert told.authors == [cem.me.id]
        assert await texts(his) == []
        cleared, reported, *_ = (await hers.audit(limit=2)).acts
        assert isinstance(cleared.act, acts.Cleared)
        assert (reported.who, reported.act) == (
            bob.me,
            acts.Reported(about="class", target=seq),
        )
        await hers.undo(cleared.seq)
        await until(his, Restore)
        assert await texts(his) == ["rude"]
        reported = (await hers.audit(limit=3)).acts[-1]
        assert reported.act == acts.Reported(about="class", target=seq, why="rude words")


async def test_a_raid_is_undone() -> None:
    """After a look at whom that is about."""
    async with three() as (server, ann, bob, _):
        await ann.create("class")
        hers, his = await ann.join("class"), await bob.join("class")
        await his.send("before")
        said = (await until(hers, Message))[-1]
        assert isinstance(said, Message)
        await trio.sleep(0.01)
        async with connect(server.ws, nick="Eve") as eve:
            theirs = await eve.join("class")
            await theirs.send("spam")
            preview = await hers.preview_raid(said.ts + 1)
            assert (preview.count, preview.messages) == (1, 1)
            [raider] = preview.people
            assert (raider.id, raider.nick) == (eve.me.id, "Eve")
            assert raider.first > said.ts
            others = await hers.preview_raid(said.ts + 1, left_out=preview.people)
            assert others.count == 0
            await hers.undo_raid(said.ts + 1, until=preview.until, why="spam")
            assert (await end_of(theirs)).code == "banned"
        assert await texts(his) == ["before"]
        assert his.rules.newcomers


async def test_one_writes_privately_to_another() -> None:
    """The other one hears of the room at once, or when they come; asked for again it is the same.

    Who is known by their id alone is called as one says.
    """
    async with three() as (server, ann, bob, _):
        heard = bob.watch_private_rooms()
        made = await ann.write_to(bob.me)
        assert (made.title, made.links) == ("Bob", [])
        with trio.fail_after(PATIENCE):
            told = await anext(heard)
        assert (told.room, told.title) == (made.room, "Ann")
        hers, his = await ann.join(made.room), await bob.join(told.room)
        await his.send("hello")
        assert await texts(hers) == ["hello"]
        assert (await bob.write_to(ann.me.id)).room == made.room
        stranger = await ann.write_to("1" * 20, name="Zoe")
        assert stranger.title == "Zoe"
        async with connect(server.ws, nick="Ann", session=ann.session) as again:
            known = [one.room for one in again.private_rooms]
            assert known == [made.room, stranger.room]
            watch = again.watch_private_rooms()
            assert [(await anext(watch)).room for _ in known] == known
        with pytest.raises(StopAsyncIteration):
            await anext(watch)


async def test_an_operator_acts_in_all_rooms() -> None:
    """What somebody said is cleared wherever it is; it and a ban can be taken back by the list."""
    async with three() as (server, _, bob, cem):
        secret = await operator_secret(server)
        async with connect(server.ws, nick="Op", operator=secret) as op:
            for name in ("tea", "milk"):
                his = await bob.join(name)
                await his.send("spam")
            theirs = await cem.join("tea")
            await op.everywhere.moderate("clear", [bob.me], why="spam")
            await until(theirs, Clear)
            assert await texts(theirs) == []
            await op.everywhere.moderate("ban", [bob.me], seconds=60)
            assert (await end_of(his)).code == "banned"
            done = (await op.everywhere.audit()).acts
            assert [type(one.act) for one in done[:2]] == [acts.Sanctioned, acts.Cleared]
            for one in done[:2]:
                await op.everywhere.undo(one.seq)
            await until(theirs, Restore)
            assert await texts(theirs) == ["spam"]
            assert await texts(await bob.join("milk")) == ["spam"]
            with pytest.raises(Refused, match="not_operator"):
                await cem.everywhere.moderate("ban", [bob.me])
            preview = await op.everywhere.preview_raid(0, [bob.me])
            assert (preview.rooms, preview.messages) == (2, 2)
            await op.everywhere.undo_raid(0, [bob.me], until=preview.until)
            await until(theirs, Clear)
            assert await texts(theirs) == []
            [raid] = (await op.everywhere.audit(limit=1)).acts
            await op.everywhere.undo(raid.seq)
            await until(theirs, Restore)
