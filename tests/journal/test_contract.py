"""The rules that every journal keeps."""

import msgspec
import pytest

from tests.journal.drafts import (
    ANN,
    BEN,
    MUCH,
    ROOM,
    Clock,
    created,
    delete,
    edit,
    everything,
    fill,
    forgetting_act,
    kept,
    nobody_in,
    number_of,
    numbers,
    page,
    react,
    report,
    say,
    title,
)
from trio_chat.journal import clearings, memory_room
from trio_chat.journal.clearings import SEALED
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.postgres import reports as postgres_reports
from trio_chat.journal.postgres import sealing as postgres_sealing
from trio_chat.journal.search.query import parse
from trio_chat.journal.sqlite import reports, sealing
from trio_chat.journal.times import SETBACK
from trio_chat.journal.types import (
    CID_TAKEN,
    HELD,
    KEY_REUSED,
    NO_NEW_ROOM,
    NO_SUCH_MESSAGE,
    NOT_YOURS,
    ROOM_TAKEN,
    TOO_LATE,
    TOO_MANY_REACTIONS,
    Bounds,
    Committed,
    Duplicate,
    Place,
    Rejected,
    RoomState,
    RoomSummary,
    Write,
)
from trio_chat.journal.views import State, view
from trio_chat.protocol.acts import LEDGER, Reported, RoomMade
from trio_chat.protocol.answers import MessageView
from trio_chat.protocol.events import (
    ActKept,
    Clear,
    Created,
    Delete,
    Edit,
    File,
    Message,
    Person,
    React,
    Restore,
    Topic,
    decode,
    encode,
)

CID = "a-cid-of-mine"
Reactions = dict[str, list[Person]]  # to a message, by emoji
SECRET = "the text to forget"  # noqa: S105 - no password


class TestNumbers:
    """Each room counts its events: 1, 2, 3, and so on."""

    async def test_each_room_has_its_own(self, journal: Journal) -> None:
        """The events of rooms that share a commit are numbered room by room."""
        drafts = [say(), say(room="jam"), say(), title(room="jam"), react(1)]
        assert numbers(await journal.commit(drafts)) == [1, 1, 2, 2, 3]
        assert numbers(await journal.commit([say(room="jam"), say()])) == [3, 4]

    async def test_what_is_refused_takes_none(self, journal: Journal) -> None:
        """Neither a resend nor a refused event leaves a gap."""
        results = await journal.commit(
            [say(cid=CID), say(cid=CID), say(cid=CID, who=BEN), edit(77), delete(1, who=BEN), say()]
        )
        assert [number_of(result) for result in (results[0], results[-1])] == [1, 2]
        assert await kept(journal) == [1, 2]

    async def test_what_is_committed_comes_back_as_it_is_kept(self, journal: Journal) -> None:
        """The result holds the event with its number and time, and the bytes that are kept."""
        draft = say("Milk?", cid=CID)
        [result] = await journal.commit([draft])
        assert isinstance(result, Committed)
        assert result.event == msgspec.structs.replace(draft.event, seq=1, ts=1_000_000)
        assert result.data == encode(result.event)
        assert decode(result.data) == result.event
        assert await journal.after(ROOM, 0, 10, MUCH) == [(1, result.data)]

    async def test_nothing_is_committed_of_nothing(self, journal: Journal) -> None:
        """An empty commit is none."""
        assert await journal.commit([]) == []
        assert await journal.rooms(10) == []


class TestTimes:
    """An event's time is the wall clock's, which may jump."""

    async def test_the_clock_may_be_set_back_by_a_little(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Times of a room stand still then, in one commit or in several."""
        times = []
        for now in (1_000_000, 1_000_500, 940_500, 1_000_499, 1_000_501):
            clock.now = now
            for result in await journal.commit([say(), say()]):
                assert isinstance(result, Committed)
                times.append(result.event.ts)
        assert times[::2] == times[1::2] == [1_000_000, 1_000_500, 1_000_500, 1_000_500, 1_000_501]

    async def test_the_clock_may_have_been_far_ahead(self, journal: Journal, clock: Clock) -> None:
        """The next event has the present time; nothing stays in the future."""
        await journal.commit([say()])
        clock.now -= SETBACK + 1
        [result] = await journal.commit([say()])
        assert isinstance(result, Committed)
        assert result.event.ts == clock.now
        assert await journal.rooms(9) == [RoomSummary(ROOM, "", clock.now)]

    async def test_other_rooms_do_not_matter(self, journal: Journal, clock: Clock) -> None:
        """Each room has its own last time."""
        await journal.commit([say()])
        clock.now -= 1
        [result] = await journal.commit([say(room="jam")])
        assert isinstance(result, Committed)
        assert result.event.ts == 999_999


class TestCids:
    """A cid stands for one event of one author in its room, for ever."""

    async def test_a_resend_gets_the_first_result(self, journal: Journal, clock: Clock) -> None:
        """Whether in the same commit or later, and whatever the clock says by then."""
        results = await journal.commit([say("one", cid=CID), say("one", cid=CID)])
        assert results[1] == Duplicate(1, 1_000_000)
        clock.now += 5000
        await journal.commit([say()])
        assert await journal.commit([say("one", cid=CID)]) == [Duplicate(1, 1_000_000)]
        assert await kept(journal) == [1, 2]

    async def test_it_counts_for_all_kinds_of_events(self, journal: Journal) -> None:
        """A resend of a deletion is one too, though its target cannot be deleted twice."""
        await journal.commit([say()])
        assert numbers(await journal.commit([delete(1, cid=CID)])) == [2]
        assert await journal.commit([delete(1, cid=CID)]) == [Duplicate(2, 1_000_000)]
        assert await journal.commit([say(cid=CID)]) == [KEY_REUSED]

    async def test_it_belongs_to_what_was_asked_for(self, journal: Journal) -> None:
        """Its owner cannot use it for anything else, in the same commit or later."""
        first = [say(), say("Milk?", cid=CID, reply=1), say()]
        assert numbers(await journal.commit(first)) == [1, 2, 3]
        others = [
            say("Lemon?", cid=CID, reply=1),
            say("Milk?", cid=CID, reply=2),
            delete(2, cid=CID),
        ]
        assert await journal.commit(others) == [KEY_REUSED] * 3
        assert await journal.commit([say("Milk?", cid=CID, reply=1)]) == [Duplicate(2, 1_000_000)]
        assert await kept(journal) == [1, 2, 3]

    async def test_callers_without_a_name_share_none(self, journal: Journal) -> None:
        """They cannot be told from each other: another content is another message."""
        one, two = say("one", cid=CID, who=None), say("two", cid=CID, who=None)
        assert numbers(await journal.commit([one, two])) == [1, 2]
        for _ in range(2):
            assert await journal.commit([say("two", cid=CID, who=None)]) == [
                Duplicate(2, 1_000_000)
            ]
            assert await journal.commit([say("one", cid=CID, who=None)]) == [
                Duplicate(1, 1_000_000)
            ]
        assert await journal.commit([say("one", cid=CID)]) == [CID_TAKEN]
        assert await kept(journal) == [1, 2]

    async def test_somebody_else_cannot_use_it(self, journal: Journal) -> None:
        """Nor learn by it what its owner has sent. Without a name one is somebody else too."""
        await journal.commit([say(cid=CID), say(cid="anonymous", who=None)])
        assert await journal.commit([say(cid=CID, who=BEN)]) == [CID_TAKEN]
        assert await journal.commit([say(cid=CID, who=None)]) == [CID_TAKEN]
        assert await journal.commit([say(cid="anonymous")]) == [CID_TAKEN]

    async def test_another_room_is_another_matter(self, journal: Journal) -> None:
        """The same cid can be used once in each room."""
        assert numbers(await journal.commit([say(cid=CID), say(cid=CID, room="jam")])) == [1, 1]

    async def test_it_outlives_its_event(self, journal: Journal) -> None:
        """A resend is recognised when what was sent has been deleted by retention."""
        await journal.commit([say(cid=CID)])
        await journal.prune(0, 2**62)
        assert await kept(journal) == []
        assert await journal.commit([say(cid=CID)]) == [Duplicate(1, 1_000_000)]
        assert await journal.commit([say(cid=CID, who=BEN)]) == [CID_TAKEN]

    async def test_memory_knows_the_latest(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is kept in memory has a bound; of a file only its disk is one."""
        monkeypatch.setattr(memory_room, "TAIL", 3)
        journal = MemoryJournal(clock)
        await journal.commit([say(cid=f"message-{number}") for number in range(1, 5)])
        assert await journal.commit([say(cid="message-2")]) == [Duplicate(2, 1_000_000)]
        assert numbers(await journal.commit([say(cid="message-1")])) == [5]
        assert await kept(journal) == [3, 4, 5]

    async def test_it_is_free_if_the_event_was_refused(self, journal: Journal) -> None:
        """What was not kept did not happen."""
        assert await journal.commit([delete(1, cid=CID)]) == [NO_SUCH_MESSAGE]
        assert numbers(await journal.commit([say(cid=CID)])) == [1]


class TestApproval:
    """What needs approval is looked at as all else is, and not kept."""

    async def test_nothing_of_it_is_kept(self, journal: Journal) -> None:
        """And it has no number; a room does not begin with it."""
        waiting = say(SECRET, cid=CID)._replace(needs_approval=True)
        assert await journal.commit([waiting, waiting]) == [HELD, HELD]
        assert await journal.rooms(10) == []
        assert numbers(await journal.commit([say()])) == [1]
        assert await kept(journal) == [1]

    async def test_what_cannot_be_is_refused(self, journal: Journal) -> None:
        """So that nobody has to look at it."""
        await journal.commit([say()])
        drafts = [edit(1), edit(7), edit(1, who=BEN), say(reply=7)]
        waiting = [draft._replace(needs_approval=True) for draft in drafts]
        refused = [HELD, NO_SUCH_MESSAGE, NOT_YOURS, NO_SUCH_MESSAGE]
        assert await journal.commit(waiting) == refused

    async def test_a_resend_of_what_was_approved_is_one(self, journal: Journal) -> None:
        """Whatever its sender would need by now; other words with its cid are refused."""
        approved = say(cid=CID)
        await journal.commit([approved])
        again, other, foreign = (say(cid=CID), say("x", cid=CID), say(cid=CID, who=BEN))
        results = await journal.commit(
            [draft._replace(needs_approval=True) for draft in (again, other, foreign)]
        )
        assert results == [Duplicate(1, 1_000_000), KEY_REUSED, CID_TAKEN]


class TestNewRooms:
    """A write may say that it must not be the first one of its room."""

    async def test_nothing_is_begun_by_it(self, journal: Journal) -> None:
        """The room is as if nobody had asked; what is there already goes on."""
        await journal.commit([say()])
        results = await journal.commit(
            [
                say()._replace(may_begin=False),
                say(room="jam")._replace(may_begin=False),
                say(room="jam"),
            ]
        )
        assert [type(result) for result in results] == [Committed, Rejected, Committed]
        assert results[1] == NO_NEW_ROOM

    @pytest.mark.parametrize(
        "draft", [say(room="jam."), say(room="jam.")._replace(must_begin=True)]
    )
    async def test_no_new_one_ends_with_a_dot(self, journal: Journal, draft: Write) -> None:
        """What is refused tells another name; nothing is kept."""
        [result] = await journal.commit([draft])
        assert isinstance(result, Rejected)
        assert (result.code, result.text[-16:]) == ("bad_room", '"jam" may be one')
        [state] = await journal.load(["jam."], 9)
        assert state.last == 0


class TestTargets:
    """Only what is there can be changed, and only by whom it is allowed to."""

    async def test_there_must_be_such_a_message(self, journal: Journal) -> None:
        """Neither a number that was not given, nor an event that is no message, nor elsewhere."""
        await journal.commit([title(), say(), react(2), edit(2), say(room="jam")])
        for target in (0, 1, 3, 4, 5, 2**53):
            drafts = [edit(target), delete(target), react(target)]
            assert await journal.commit(drafts) == [NO_SUCH_MESSAGE] * 3
        assert await journal.commit([react(2, room="jam"), react(1, room="new")]) == (
            [NO_SUCH_MESSAGE] * 2
        )

    async def test_it_may_come_in_the_same_commit(self, journal: Journal) -> None:
        """A message can be changed as soon as it has a number."""
        assert numbers(await journal.commit([say(), edit(1), delete(1)])) == [1, 2, 3]

    async def test_only_its_author_may_edit_or_delete(self, journal: Journal) -> None:
        """Others may not, and what nobody by name has said belongs to nobody."""
        await journal.commit([say(), say(who=None)])
        writes = [edit(1, who=BEN), delete(1, who=BEN), edit(2), delete(2)]
        assert await journal.commit(writes) == [NOT_YOURS] * 4
        assert numbers(await journal.commit([edit(1), react(1), react(2, who=ANN)])) == [3, 4, 5]

    async def test_what_is_deleted_is_gone(self, journal: Journal) -> None:
        """It cannot be changed any more, in the same commit or later."""
        gone = [edit(1), delete(1), react(1)]
        results = await journal.commit([say(), delete(1), *gone])
        assert results[2:] == [NO_SUCH_MESSAGE] * 3
        assert await journal.commit(gone) == [NO_SUCH_MESSAGE] * 3

    async def test_what_is_pruned_is_gone(self, journal: Journal) -> None:
        """It cannot be changed any more."""
        await fill(journal, 3)
        await journal.prune(1, 0)
        assert await journal.commit([edit(2), delete(1), react(2)]) == [NO_SUCH_MESSAGE] * 3


async def reasons(journal: Journal) -> list[str]:
    """Return what is kept of what was said to report messages."""
    ledger = [decode(data) for _, data in await journal.after(LEDGER, 0, 100, MUCH)]
    kept = [event.act for event in ledger if isinstance(event, ActKept)]
    return [act.why for act in kept if isinstance(act, Reported)]


class TestReports:
    """The number that is reported is that of a message."""

    async def test_there_must_be_such_a_message(self, journal: Journal) -> None:
        """Neither a number to come, nor what is no message, nor elsewhere; a deleted one is."""
        await journal.commit([title(), say(), react(2), edit(2), delete(2), say(room="jam")])
        for seq, room in ((0, "tea"), (1, "tea"), (3, "tea"), (9, "tea"), (2, "jam"), (1, "new")):
            assert await journal.commit([report(seq, room=room)]) == [NO_SUCH_MESSAGE], seq
        assert numbers(await journal.commit([report(2), report(1, room="jam")])) == [1, 2]


def sending(*ids: str, cid: str | None = None, alt: str = "") -> Write:
    """Return a message with files."""
    files = [File(id, f"{id}.txt", "text/plain", 3, alt=alt) for id in ids]
    return Write(Message(room=ROOM, cid=cid, who=ANN, text="", files=files))


class TestFiles:
    """A message has its files until it is gone; a journal knows no more of them."""

    async def test_they_are_told_with_it(self, journal: Journal) -> None:
        """In history; not of a deleted one."""
        await journal.commit([sending("f1", "f2"), sending("f3"), delete(2)])
        told = await page(journal)
        assert [[file.id for file in message.files] for message in told] == [["f1", "f2"], []]

    async def test_whose_they_are_can_be_asked(self, journal: Journal) -> None:
        """Of a cleared message they may come back; of a deleted one never; elsewhere is none."""
        await journal.commit([sending("f1"), sending("f2"), say(), delete(2), clear(ANN)])
        places = [Place(ROOM, seq) for seq in (1, 2, 3, 9)] + [Place("jam", 1)]
        found = await journal.files_of(places)
        assert [found[place] for place in places] == [{"f1"}, set(), set(), set(), set()]

    async def test_a_resend_is_one_whatever_is_known_of_them(self, journal: Journal) -> None:
        """By id and alt; so it is found although it would be refused by now."""
        await journal.commit([sending("f1", cid=CID, alt="a cat")])
        no = Rejected("no_such_file", "there is none")
        bare = Message(
            room=ROOM, cid=CID, who=ANN, text="", files=[File("f1", "", "", 0, alt="a cat")]
        )
        other = msgspec.structs.replace(bare, files=[File("f1", "", "", 0, alt="a dog")])
        new = msgspec.structs.replace(bare, cid="another-cid")
        writes = [Write(one, refused=no) for one in (bare, other, new)]
        results = await journal.commit(writes)
        assert results[1:] == [KEY_REUSED, no]
        assert isinstance(results[0], Duplicate)


class TestReplies:
    """The number of a reply is that of a message, as far as anybody can know."""

    async def test_there_must_be_such_a_message(self, journal: Journal) -> None:
        """Neither a number to come or its own, nor what is no message, nor elsewhere."""
        await journal.commit([title(), say(), react(2), edit(2), say(room="jam")])
        for seq in (0, 1, 3, 4, 5, 6, 2**53 - 1):
            assert await journal.commit([say(reply=seq)]) == [NO_SUCH_MESSAGE], seq
        assert await journal.commit([say(reply=1, room="new")]) == [NO_SUCH_MESSAGE]
        assert await kept(journal) == [1, 2, 3, 4]

    async def test_it_may_come_in_the_same_commit(self, journal: Journal) -> None:
        """A message can be replied to as soon as it has a number."""
        assert numbers(await journal.commit([say(), say(reply=1), say(reply=2)])) == [1, 2, 3]

    async def test_it_may_be_deleted(self, journal: Journal) -> None:
        """Before or after the reply: who wrote it could not know, and loses nothing."""
        await journal.commit([say(), delete(1)])
        assert numbers(await journal.commit([say(reply=1)])) == [3]

    async def test_it_may_be_pruned(self, journal: Journal) -> None:
        """What retention has deleted cannot be told from a message any more."""
        await fill(journal, 3)
        await journal.prune(1, 0)
        assert numbers(await journal.commit([say(reply=1)])) == [4]
        assert await journal.commit([say(reply=0)]) == [NO_SUCH_MESSAGE]
        await journal.prune(0, 2**62)
        assert numbers(await journal.commit([say(reply=4)])) == [5]

    async def test_a_resend_is_one_although_nothing_is_left(self, journal: Journal) -> None:
        """The key counts before the reply."""
        await journal.commit([say(), say(cid=CID, reply=1)])
        await journal.prune(0, 2**62)
        assert await journal.commit([say(cid=CID, reply=1)]) == [Duplicate(2, 1_000_000)]


class TestDeletion:
    """The text of a deleted message, and of its edits, is gone for good."""

    async def test_nothing_tells_it_any_more(self, journal: Journal) -> None:
        """Not history, not what is replayed, not what a room has at hand."""
        await journal.commit([say(SECRET), edit(1, SECRET + "!"), react(1), say("harmless")])
        assert SECRET.encode() in await everything(journal)
        await journal.commit([delete(1)])
        assert SECRET.encode() not in await everything(journal)
        assert b"harmless" in await everything(journal)

    async def test_the_rest_stays(self, journal: Journal) -> None:
        """The message is still there, marked as deleted, with its author, cid and reactions."""
        await journal.commit([say(), say(SECRET, cid=CID, reply=1), edit(2, SECRET), react(2)])
        await journal.commit([delete(2)])
        [_, message] = await page(journal)
        assert message == MessageView(
            seq=2,
            ts=1_000_000,
            text="",
            who=ANN,
            cid=CID,
            reply=1,
            edited=True,
            deleted=True,
            reactions={"🍋": [BEN]},
        )
        changed, reaction, deletion = [
            decode(data) for _, data in await journal.after(ROOM, 2, 10, MUCH)
        ]
        assert isinstance(changed, Edit)
        assert (changed.seq, changed.text) == (3, "")
        assert isinstance(reaction, React)
        assert isinstance(deletion, Delete)

    async def test_the_result_tells_what_changed(self, journal: Journal) -> None:
        """Whoever has copies of the events can replace them, and no others."""
        await journal.commit([say(SECRET), say("else"), edit(2, "!"), react(1), edit(1, SECRET)])
        [result] = await journal.commit([delete(1)])
        assert isinstance(result, Committed)
        assert [seq for seq, _ in result.rewritten] == [1, 5]
        after = dict(await journal.after(ROOM, 0, 10, MUCH))
        assert all(after[seq] == data for seq, data in result.rewritten)

    async def test_nothing_else_rewrites(self, journal: Journal) -> None:
        """All other events leave the earlier ones as they are."""
        for result in await journal.commit([say(), edit(1), react(1), title()]):
            assert isinstance(result, Committed)
            assert not result.rewritten


class TestRetention:
    """What is too old or too much is forgotten; the numbers go on."""

    async def test_the_last_events_are_kept(self, journal: Journal) -> None:
        """Of each room as many; rooms that lose nothing are not named."""
        await fill(journal, 5)
        await fill(journal, 2, room="jam")
        assert await journal.prune(2, 0) == {ROOM: 4}
        assert await kept(journal) == [4, 5]
        assert await kept(journal, "jam") == [1, 2]
        assert await journal.prune(2, 0) == {}

    async def test_the_newer_events_are_kept(self, journal: Journal, clock: Clock) -> None:
        """What is from before a time goes."""
        await fill(journal, 3)
        clock.now += 1
        await journal.commit([say()])
        assert await journal.prune(0, clock.now) == {ROOM: 4}
        assert await kept(journal) == [4]

    @pytest.mark.parametrize(("keep", "older", "first"), [(3, 0, 3), (4, 1, 5), (1, 1, 5)])
    async def test_both_limits_hold(
        self, journal: Journal, clock: Clock, keep: int, older: int, first: int
    ) -> None:
        """Whatever either limit lets go is gone."""
        await fill(journal, 4)
        clock.now += 1
        await journal.commit([say()])
        assert await journal.prune(keep, clock.now if older else 0) == {ROOM: first}
        assert await kept(journal) == list(range(first, 6))

    async def test_messages_are_counted_and_their_changes_go_with_them(
        self, journal: Journal
    ) -> None:
        """However often the last message was changed, those before it are kept."""
        await fill(journal, 3)
        await journal.commit([react(3, f"e{number}") for number in range(10)])
        assert await journal.prune(2, 0) == {ROOM: 2}
        assert [message.seq for message in await page(journal)] == [2, 3]
        assert await journal.prune(1, 0) == {ROOM: 3}
        assert await kept(journal) == list(range(3, 14))
        assert await journal.prune(2, 0) == {}

    async def test_a_later_edit_loses_its_text_with_its_message(self, journal: Journal) -> None:
        """It keeps its number; edits of other messages keep their texts."""
        await journal.commit([say(), say(), edit(1, SECRET), edit(2, "harmless"), react(1)])
        assert await journal.prune(1, 0) == {ROOM: 2}
        assert await kept(journal) == [2, 3, 4, 5]
        assert SECRET.encode() not in await everything(journal)
        assert b"harmless" in await everything(journal)

    async def test_what_is_from_the_future(self, journal: Journal, clock: Clock) -> None:
        """It was written while the clock was wrong: it goes with what follows it, not before."""
        right = clock.now
        clock.now = right + 10**9
        await journal.commit([say(), say()])
        clock.now = right
        await journal.commit([say()])
        clock.now = right + 500
        await journal.commit([say()])
        assert await journal.prune(0, right) == {}
        assert await journal.prune(0, right + 1) == {ROOM: 4}
        assert await journal.prune(0, right + 1) == {}

    async def test_the_time_of_the_last_one_by_age_is_known(
        self, journal: Journal, clock: Clock
    ) -> None:
        """By number alone does not count."""
        assert await journal.last_prune() is None
        await journal.prune(5, 0)
        assert await journal.last_prune() is None
        await journal.prune(5, 7)
        assert await journal.last_prune() == clock.now

    async def test_a_room_goes_on_when_all_is_gone(self, journal: Journal) -> None:
        """Its next event has the next number, and its topic stays."""
        await journal.commit([say(), title("Tea")])
        assert await journal.prune(0, 2**62) == {ROOM: 3}
        [state] = await journal.load([ROOM], 10)
        assert state == RoomState(ROOM, 3, 2, "Tea", [], state.starts)
        assert numbers(await journal.commit([say()])) == [3]
        [state] = await journal.load([ROOM], 10)
        assert (state.first, state.last) == (3, 3)


EVE = Person("e5", "Eve")


def clear(*authors: Person, since: int = 0, key: str = "k1", room: str = ROOM) -> Write:
    ids = [author.id for author in authors]
    return Write(Clear(room=room, who=ANN, key=key, authors=ids, since=0), since_ts=since)


def restore(key: str = "k1", room: str = ROOM) -> Write:
    return Write(Restore(room=room, who=ANN, key=key))


async def found(journal: Journal, words: str) -> list[int]:
    query = parse(words)
    hits = await journal.search(ROOM, query, Bounds(), 100, MUCH)
    return [message.seq for message in hits.messages]


async def nobodys(journal: Journal) -> list[int]:
    """Return which messages are told without an author, as moderators have cleared them."""
    events = [decode(data) for _, data in await journal.after(ROOM, 0, 99, MUCH)]
    told = [event for event in events if isinstance(event, Message)]
    listed = [message.seq for message in await page(journal) if message.cleared]
    assert [event.seq for event in told if event.cleared] == listed
    assert [event.seq for event in told if event.who is None] == listed
    assert [message.seq for message in await page(journal) if message.who is None] == listed
    return listed


class TestClearing:
    """What moderators clear is told nowhere any more, and is there again if that is taken back."""

    async def raid(self, journal: Journal) -> bytes:
        """Let Eve say things among others', with an edit and a reaction; return all of it."""
        await journal.commit([say(), say(SECRET, who=EVE), say(SECRET, who=EVE), say("bread")])
        await journal.commit([edit(3, f"new {SECRET}", who=EVE), react(2)])
        return await everything(journal)

    async def test_nothing_tells_it_any_more(self, journal: Journal) -> None:
        """Not history, search, what is replayed, nor what a room has at hand."""
        await self.raid(journal)
        assert await found(journal, "text") == [3, 2]
        [result] = await journal.commit([clear(EVE)])
        assert isinstance(result, Committed)
        assert result.is_partial
        assert SECRET.encode() not in await everything(journal)
        assert [message.deleted for message in await page(journal)] == [False, True, True, False]
        assert await nobodys(journal) == [2, 3]
        assert await found(journal, "text") == []
        assert await found(journal, "bread") == [4]
        assert await kept(journal) == [1, 2, 3, 4, 5, 6, 7]

    @pytest.mark.parametrize("is_for_good", [False, True])
    async def test_no_name_is_left(
        self, journal: Journal, clock: Clock, *, is_for_good: bool
    ) -> None:
        """Of messages, edits, deletions, topics and reactions, also such as were taken away."""
        await self.raid(journal)
        gone = Delete(room=ROOM, target=7, who=EVE, why=SECRET)  # as authors could say once
        by_moderator = Delete(room=ROOM, target=9, who=BEN)
        await journal.commit([say(who=EVE), Write(gone), say(who=EVE), Write(by_moderator)])
        theirs = Write(Topic(room=ROOM, text=SECRET, who=EVE))
        away = react(1, "x", who=EVE, on=False)
        await journal.commit([theirs, react(1, "x", who=EVE), away, react(2, who=EVE)])
        before = await everything(journal)
        assert before.count(b'"nick":"Eve"') > 6
        await journal.commit([clear(EVE)._replace(with_topics=True), title("new")])
        if is_for_good:
            clock.now += SEALED
            await journal.prune(0, 0)
        told = await everything(journal)
        assert [name in told for name in (b"Eve", b"Ann", b"Ben")] == [False, True, True]
        assert SECRET.encode() not in told
        assert b'"from":{"id":"b2","nick":"Ben"},"target":9' in told
        if not is_for_good:
            await journal.commit([restore()])
            assert (await everything(journal)).count(b'"nick":"Eve"') == before.count(
                b'"nick":"Eve"'
            )

    async def test_it_cannot_be_changed(self, journal: Journal) -> None:
        """As if it were deleted; what its author says later is not cleared."""
        await self.raid(journal)
        results = await journal.commit([clear(EVE), edit(2, who=EVE), react(3), say(who=EVE)])
        assert results[1:3] == [NO_SUCH_MESSAGE] * 2
        assert not (await page(journal))[-1].deleted

    async def test_only_what_was_said_since_a_time(self, journal: Journal, clock: Clock) -> None:
        """By the authors that are named; those without a name have an empty id."""
        await journal.commit([say(who=EVE), say(who=None)])
        clock.now += 10
        await journal.commit([say(who=EVE), say(who=None), say()])
        nobody = Person("", "")
        await journal.commit([clear(EVE, since=clock.now), clear(nobody, since=clock.now, key="2")])
        told = [message.deleted for message in await page(journal)]
        assert told == [False, False, True, True, False]

    async def test_what_was_edited_since_a_time_goes_too(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Wherever it is read, and for good after a day; not what others wrote or reacted to."""
        await journal.commit([say(who=EVE), say(), say(who=EVE), react(3, who=EVE)])
        clock.now += 10
        changes = [edit(1, SECRET, who=EVE), edit(1, f"{SECRET} 2", who=EVE), edit(2, "new")]
        await journal.commit([*changes, react(3, who=EVE)])
        [result] = await journal.commit([clear(EVE, since=clock.now)])
        assert isinstance(result, Committed)
        assert isinstance(result.event, Clear)
        assert (result.event.since, result.event.also) == (5, [1])
        assert [message.deleted for message in await page(journal)] == [True, False, False]
        assert SECRET.encode() not in await everything(journal)
        assert await journal.commit([edit(1, who=EVE)]) == [NO_SUCH_MESSAGE]
        await journal.commit([restore()])
        assert (await page(journal))[0].text == f"{SECRET} 2"
        await journal.commit([clear(EVE, since=clock.now, key="again")])
        clock.now += SEALED
        await journal.prune(0, 0)
        assert await journal.commit([restore("again")]) == [TOO_LATE]
        assert SECRET.encode() not in await everything(journal)
        assert [message.deleted for message in await page(journal)] == [True, False, False]

    async def test_so_many_that_were_edited_go_at_once(
        self, journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The latest ones."""
        for module in (sealing, postgres_sealing):
            monkeypatch.setattr(module, "ALSO", 2)
        monkeypatch.setattr(memory_room, "ALSO", 2)
        await journal.commit([say(who=EVE) for _ in range(3)])
        clock.now += 10
        await journal.commit([edit(seq, who=EVE) for seq in (2, 3, 1)])
        await journal.commit([clear(EVE, since=clock.now)])
        assert [message.deleted for message in await page(journal)] == [False, True, True]

    async def test_it_can_be_taken_back_once(self, journal: Journal) -> None:
        """Then all is as before."""
        before = await self.raid(journal)
        await journal.commit([clear(EVE)])
        [result] = await journal.commit([restore()])
        assert isinstance(result, Committed)
        messages = await page(journal)
        assert [message.text for message in messages[1:3]] == [SECRET, f"new {SECRET}"]
        assert messages[1].reactions == {"🍋": [BEN]}
        assert await found(journal, "text") == [3, 2]
        assert before.count(SECRET.encode()) == (await everything(journal)).count(SECRET.encode())
        assert await journal.commit([restore(), restore("other")]) == [TOO_LATE] * 2
        assert await journal.commit([restore(room="never")]) == [TOO_LATE]

    async def test_while_the_clock_is_not_believed_it_stays(
        self, journal: Journal, clock: Clock
    ) -> None:
        """A clock that is wrong must not delete anything: it can be taken back afterwards."""
        await self.raid(journal)
        await journal.commit([clear(EVE)])
        clock.now += 2 * SEALED
        await journal.prune(0, 0, is_clock_right=False)
        clock.now -= 2 * SEALED
        [result] = await journal.commit([restore()])
        assert isinstance(result, Committed)
        assert (await page(journal))[1].text == SECRET

    async def test_after_a_day_it_is_gone_for_good(
        self, journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Step by step, however much it is."""
        for module in (sealing, postgres_sealing):
            monkeypatch.setattr(module, "STEP", 3)
        await self.raid(journal)
        await journal.commit([say(SECRET, who=EVE) for _ in range(10)])
        await journal.commit([clear(EVE), say(SECRET, who=EVE)])
        clock.now += SEALED - 1
        await journal.prune(0, 0)
        await journal.commit([restore()])
        await journal.commit([clear(EVE, key="again")])
        clock.now += SEALED
        await journal.prune(0, 0)
        assert await journal.commit([restore("again")]) == [TOO_LATE]
        assert SECRET.encode() not in await everything(journal)
        assert [*await nobodys(journal)][:2] == [2, 3]
        assert await found(journal, "text") == []
        assert (await page(journal))[1].reactions == {"🍋": [BEN]}

    async def test_a_search_goes_on_behind_what_is_cleared(self, journal: Journal) -> None:
        """However much of what matches that is."""
        await journal.commit([say("tea"), *(say("tea", who=EVE) for _ in range(7))])
        await journal.commit([clear(EVE)])
        hits = await journal.search(ROOM, parse("tea"), Bounds(), 1, MUCH)
        assert [message.seq for message in hits.messages] == [1]


class TestVersions:
    """The texts that a message has had, for as long as it can be read."""

    async def ask(
        self, journal: Journal, seq: int, after: int = -1, limit: int = 9, max_bytes: int = MUCH
    ) -> tuple[list[tuple[int, str]], bool] | None:
        """Return numbers and texts, and whether there are more."""
        told = await journal.versions(Place(ROOM, seq), after, limit, max_bytes)
        return told and ([(one.seq, one.text) for one in told.versions], told.more)

    async def test_they_come_in_pages_without_what_else_was_said(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Each with its time and author, the first as it was sent; at least one is in a page."""
        await journal.commit([say("one"), say("other"), react(1), edit(2, "another")])
        clock.now += 10
        await journal.commit([edit(1, "two"), react(1, "x"), edit(1, "three")])
        all_of_it = [(1, "one"), (5, "two"), (7, "three")]
        assert await self.ask(journal, 1) == (all_of_it, False)
        assert await self.ask(journal, 1, limit=2) == (all_of_it[:2], True)
        assert await self.ask(journal, 1, after=1, limit=1) == (all_of_it[1:2], True)
        assert await self.ask(journal, 1, after=5, limit=1) == (all_of_it[2:], False)
        assert await self.ask(journal, 1, after=7) == ([], False)
        assert await self.ask(journal, 1, max_bytes=1) == (all_of_it[:1], True)
        told = await journal.versions(Place(ROOM, 1), -1, 2, MUCH)
        assert told
        first, second = told.versions
        assert (first.who, first.ts, second.who, second.ts) == (ANN, 1_000_000, ANN, 1_000_010)

    async def test_what_cannot_be_read_has_none(self, journal: Journal, clock: Clock) -> None:
        """A deleted, cleared or forgotten message, an edit, and what never was."""
        await journal.commit([say(SECRET, who=EVE), edit(1, f"new {SECRET}", who=EVE), say()])
        for seq in (0, 2, 9):
            assert await self.ask(journal, seq) is None
        assert await journal.versions(Place("never", 1), -1, 9, MUCH) is None
        await journal.commit([clear(EVE)])
        assert await self.ask(journal, 1) is None
        await journal.commit([restore()])
        assert await self.ask(journal, 1) == ([(1, SECRET), (2, f"new {SECRET}")], False)
        await journal.commit([delete(3), delete(1, who=EVE), say("old")])
        assert [await self.ask(journal, seq) for seq in (1, 3)] == [None, None]
        await journal.commit([say(), edit(8, "new")])
        assert await self.ask(journal, 8) == ([(8, "old"), (10, "new")], False)
        await journal.prune(1, 0)  # the edit is left
        assert await kept(journal) == [9, 10]
        assert await self.ask(journal, 8) is None


class TestClearedReactions:
    """With what somebody has said their reactions to what others say are cleared."""

    async def reactions(self, journal: Journal) -> list[Reactions]:
        """Return those to each message."""
        return [message.reactions for message in await page(journal)]

    async def replayed(self, journal: Journal) -> list[Reactions]:
        """Return those to the first two messages that whoever has missed all makes of it."""
        states = {1: State(), 2: State()}
        for seq, data in await journal.after(ROOM, 0, 99, MUCH):
            event = decode(data)
            assert event
            assert event.seq == seq
            if isinstance(event, React) and event.target in states:
                states[event.target].apply(event)
        shown = [view(Message(room=ROOM, text=""), state) for state in states.values()]
        return [message.reactions for message in shown]

    async def both(self, journal: Journal) -> list[Reactions]:
        """Return those to the first two messages, which are the same for all who read them."""
        told = (await self.reactions(journal))[:2]
        assert await self.replayed(journal) == told
        return told

    async def test_they_go_and_come_back(self, journal: Journal) -> None:
        """Those of others stay, and so do those that are made afterwards."""
        await journal.commit([say(), say("two")])
        await journal.commit([react(1, who=EVE), react(1), react(1, "x", who=EVE), react(2, "y")])
        await journal.commit([clear(EVE)])
        assert await self.both(journal) == [{"🍋": [BEN]}, {"y": [BEN]}]
        await journal.commit([react(1, "x", who=EVE), react(2, "z", who=EVE)])
        assert await self.both(journal) == [{"🍋": [BEN], "x": [EVE]}, {"y": [BEN], "z": [EVE]}]
        await journal.commit([restore()])
        assert (await self.both(journal))[0] == {"🍋": [EVE, BEN], "x": [EVE]}

    async def test_those_to_earlier_messages_go_if_one_was_made_since(
        self, journal: Journal, clock: Clock
    ) -> None:
        """And no others: these are of before."""
        await journal.commit([say(), say("two"), react(1, who=EVE)])
        clock.now += 10
        await journal.commit([say("three"), react(2, who=EVE), react(4, who=EVE)])
        [result] = await journal.commit([clear(EVE, since=clock.now)])
        assert isinstance(result, Committed)
        assert isinstance(result.event, Clear)
        assert (result.event.since, result.event.reacted) == (4, [2])
        assert await self.both(journal) == [{"🍋": [EVE]}, {}]
        assert await self.reactions(journal) == [{"🍋": [EVE]}, {}, {}]

    async def test_only_so_many_earlier_messages_lose_them(
        self, journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The latest ones."""
        for module in (sealing, postgres_sealing):
            monkeypatch.setattr(module, "REACTED", 1)
        monkeypatch.setattr(memory_room, "REACTED", 1)
        await journal.commit([say(), say("two")])
        clock.now += 10
        await journal.commit([react(2, who=EVE), react(1, who=EVE)])
        await journal.commit([clear(EVE, since=clock.now)])
        assert await self.both(journal) == [{"🍋": [EVE]}, {}]

    async def test_what_cannot_be_seen_takes_no_place(self, journal: Journal) -> None:
        """A message full of reactions of raiders has places for others at once."""
        await journal.commit([say()])
        await journal.commit([react(1, f"e{number}", who=EVE) for number in range(50)])
        assert await journal.commit([react(1)]) == [TOO_MANY_REACTIONS]
        [_, result] = await journal.commit([clear(EVE), react(1)])
        assert isinstance(result, Committed)
        assert await self.reactions(journal) == [{"🍋": [BEN]}]

    async def test_after_a_day_they_are_gone_for_good(
        self, journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Step by step, however many changes messages have."""
        for module in (sealing, postgres_sealing):
            monkeypatch.setattr(module, "STEP", 3)
        monkeypatch.setattr(clearings, "CHANGES", 1)
        await journal.commit([say("zero"), say("one"), react(1, who=EVE)])
        clock.now += 10
        await journal.commit([*(say(who=EVE) for _ in range(4)), say("late")])
        reactions = [react(seq, emoji, who=EVE) for emoji in "xyz" for seq in (1, 2, 8)]
        await journal.commit([*reactions, react(8, "y"), react(8, "x"), edit(2, "new")])
        await journal.commit([clear(EVE, since=clock.now), react(8, "z", who=EVE)])
        clock.now += SEALED
        kept_now = [{}, {}, {"y": [BEN], "x": [BEN], "z": [EVE]}]
        told = await self.reactions(journal)
        assert [*told[:2], told[-1]] == kept_now
        await journal.prune(0, 0)
        assert await journal.commit([restore()]) == [TOO_LATE]
        told = await self.reactions(journal)
        assert [*told[:2], told[-1]] == kept_now


class TestTopics:
    """What somebody has set as topics is cleared, if that is wanted, and comes back."""

    def by(self, who: Person, text: str) -> Write:
        """Return a topic that somebody sets."""
        return Write(Topic(room=ROOM, text=text, who=who))

    def take(self, *authors: Person, since: int = 0, key: str = "k1") -> list[Write]:
        """Return the writes with which people's topics are cleared, as the hub has them."""
        cleared = clear(*authors, since=since, key=key)
        topic = title("")._replace(takes_topic=key)
        return [cleared._replace(with_topics=True, with_next=True), topic]

    def give(self, key: str = "k1") -> list[Write]:
        """Return the writes with which that is taken back."""
        return [title("")._replace(gives_topic=key, with_next=True), restore(key)]

    async def topic(self, journal: Journal) -> str:
        """Return the topic as the list of rooms has it, and whoever joins."""
        [listed] = await journal.rooms(9)
        [state] = await journal.load([ROOM], 0)
        assert listed.topic == state.topic
        return state.topic

    async def test_the_topic_of_before_comes_back(self, journal: Journal) -> None:
        """That of others, whatever was set meanwhile by those whose topics go; and then theirs."""
        spam = [self.by(EVE, f"{SECRET} {number}") for number in range(3)]
        await journal.commit([say(), title("old"), *spam])
        assert numbers(await journal.commit(self.take(EVE))) == [6, 7]
        assert await self.topic(journal) == "old"
        assert SECRET.encode() not in await everything(journal)
        assert numbers(await journal.commit(self.give())) == [8, 9]
        assert await self.topic(journal) == f"{SECRET} 2"
        assert await journal.commit(self.give()) == [TOO_LATE] * 2

    async def test_the_topic_of_others_stays(self, journal: Journal, clock: Clock) -> None:
        """And so does one of before; nothing comes back, then, in whatever place."""
        await journal.commit([self.by(EVE, "theirs"), title("new")])
        assert (await journal.commit(self.take(EVE)))[1] == TOO_LATE
        [refused, lifted] = await journal.commit(self.give())
        assert (refused, number_of(lifted)) == (TOO_LATE, 4)
        await journal.commit([self.by(EVE, "early")])
        clock.now += 10
        await journal.commit([say(who=EVE)])
        assert (await journal.commit(self.take(EVE, since=clock.now)))[1] == TOO_LATE
        assert await self.topic(journal) == "early"
        assert (await journal.commit(self.take(BEN, key="k2")))[1] == TOO_LATE

    async def test_a_topic_that_was_set_since_stays(self, journal: Journal) -> None:
        """Also one that is in the very place where the one of before would be."""
        await journal.commit([title("old"), self.by(EVE, "theirs")])
        await journal.commit([*self.take(EVE), title("new")])
        assert (await journal.commit(self.give()))[0] == TOO_LATE
        assert await self.topic(journal) == "new"
        await journal.commit([*self.take(EVE)[:1], title("newer")])
        assert (await journal.commit(self.give()))[0] == TOO_LATE
        assert await self.topic(journal) == "newer"

    async def test_nothing_that_is_cleared_comes_back(self, journal: Journal) -> None:
        """If nobody knows what was before, there is no topic."""
        await journal.commit([self.by(EVE, "theirs"), self.by(BEN, "his")])
        await journal.commit(self.take(EVE))
        await journal.commit(self.take(BEN, key="k2"))
        assert await self.topic(journal) == ""
        await journal.commit(self.give("k2"))
        assert await self.topic(journal) == "his"

    async def test_there_are_such_writes_for_clearings_alone(self, journal: Journal) -> None:
        """That are there, and for topics, if these were cleared."""
        wrong = [title("")._replace(takes_topic="k1"), title("")._replace(gives_topic="k1")]
        assert await journal.commit(wrong) == [TOO_LATE] * 2
        await journal.commit([title("old"), self.by(EVE, "theirs"), clear(EVE)])
        assert await journal.commit(wrong) == [TOO_LATE] * 2
        assert await self.topic(journal) == "theirs"

    async def test_after_a_day_they_are_gone_for_good(self, journal: Journal, clock: Clock) -> None:
        """Wherever the room is read; those of others stay."""
        await journal.commit([title("old"), self.by(EVE, SECRET)])
        await journal.commit(self.take(EVE))
        clock.now += SEALED
        await journal.prune(0, 0)
        assert await journal.commit(self.give()) == [TOO_LATE] * 2
        assert SECRET.encode() not in await everything(journal)
        assert await self.topic(journal) == "old"


class TestAuthors:
    """It can be told in which rooms somebody has kept messages."""

    async def test_rooms_in_which_somebody_has_written_are_found(self, journal: Journal) -> None:
        """By id and no nick, so many at most; and those of people without a name."""
        clock_like = Person("c3", ANN.id)  # called as another one's id
        rooms = {"tea": ANN, "jam": BEN, "pie": ANN, "nuts": None, "cake": clock_like}
        for room, who in rooms.items():
            await journal.commit([say(room=room, who=who)])
        await journal.commit([react(1, who=ANN, room="jam")])
        assert sorted(await journal.rooms_of({ANN.id}, 0, 9)) == ["pie", "tea"]
        assert sorted(await journal.rooms_of({ANN.id, BEN.id}, 0, 9)) == ["jam", "pie", "tea"]
        assert sorted(await journal.rooms_of({"", BEN.id}, 0, 9)) == ["jam", "nuts"]
        assert await journal.rooms_of({"z9"}, 0, 9) == []
        assert len(await journal.rooms_of({ANN.id}, 0, 1)) == 1

    async def test_earlier_messages_do_not_count(self, journal: Journal, clock: Clock) -> None:
        """Nor do those without a name."""
        for who in (ANN, None):
            await journal.commit([say(room="old", who=who)])
        clock.now += 1000
        for who in (ANN, None):
            await journal.commit([say(room="new", who=who)])
        assert await journal.rooms_of({ANN.id}, 0, 9) == ["new", "old"]
        assert await journal.rooms_of({ANN.id}, clock.now, 9) == ["new"]
        assert await journal.rooms_of({""}, clock.now, 9) == ["new"]
        clock.now += 10
        await journal.commit([react(1, who=ANN, room="new"), edit(1, who=ANN, room="old")])
        assert await journal.rooms_of({ANN.id}, clock.now, 9) == ["old"]
        assert await journal.rooms_of({ANN.id, ""}, clock.now, 9) == ["old"]

    async def test_what_a_clearing_would_clear_is_counted(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Messages sent or edited since; none that cannot be read."""
        assert await journal.count_messages(ROOM, {ANN.id}, 0) == 0
        await journal.commit([say(), say(), say(), say(who=EVE), edit(2), react(4, who=ANN)])
        clock.now += 10
        await journal.commit([say(), say(), say(who=None), edit(1), edit(1), edit(3), delete(3)])
        await journal.commit([delete(7), say(who=EVE)])
        assert await journal.count_messages(ROOM, {ANN.id}, clock.now) == 2
        assert await journal.count_messages(ROOM, {ANN.id, ""}, clock.now) == 3
        assert await journal.count_messages(ROOM, {EVE.id, ANN.id}, 0) == 5
        await journal.commit([clear(EVE)])
        assert await journal.count_messages(ROOM, {EVE.id, ANN.id}, 0) == 3


class TestLedger:
    """Acts are kept like events, in a room of their own."""

    async def test_retention_leaves_them_alone(self, journal: Journal, clock: Clock) -> None:
        """And no list of rooms has it, nor private ones."""
        act = ActKept(room=LEDGER, act=RoomMade(about="tea"))
        await journal.commit([Write(act), say(room="~" + "a" * 26), say()])
        await journal.prune(1, clock.now + 1)
        [(_, data)] = await journal.after(LEDGER, 0, 9, MUCH)
        kept = decode(data)
        assert isinstance(kept, ActKept)
        assert kept.act == RoomMade(about="tea")
        assert [room.name for room in await journal.rooms(9)] == [ROOM]

    async def test_a_room_is_made_once(self, journal: Journal) -> None:
        """Whoever wants to make one that is there is refused."""
        created = Write(Created(room=ROOM, who=ANN), must_begin=True)
        assert numbers(await journal.commit([created])) == [1]
        assert await journal.commit([created]) == [ROOM_TAKEN]


class TestForgetting:
    """Rooms in which nothing is kept, and nothing was said for long, are forgotten."""

    async def test_only_what_is_empty_old_and_not_in_use(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Other rooms, and what is in them, stay."""
        await journal.commit([say(), say(room="full"), say(room="used")])
        clock.now += 10
        await journal.commit([say(room="new")])
        await journal.prune(0, clock.now + 1)
        await journal.commit([say(room="full")])
        assert await journal.forget(clock.now, "used".__eq__) == 1
        assert {room.name for room in await journal.rooms(10)} == {"full", "used", "new"}
        assert await journal.forget(clock.now, "used".__eq__) == 0

    async def test_one_that_somebody_enters_meanwhile_stays(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Each is asked for when its turn has come, as many others may take long."""
        await journal.commit([say(), say(room="jam")])
        await journal.prune(0, clock.now + 1)
        asked: list[str] = []

        def is_used(name: str) -> bool:
            asked.append(name)
            return len(asked) > 1

        assert await journal.forget(clock.now + 1, is_used) == 1
        assert asked == [ROOM, "jam"]
        assert [room.name for room in await journal.rooms(10)] == ["jam"]

    async def test_numbers_go_on(self, journal: Journal, clock: Clock) -> None:
        """A client that comes back is told what it missed, and never takes new for old."""
        await journal.commit([say(), title("Tea"), say(cid=CID)])
        await journal.prune(0, clock.now + 1)
        assert await journal.forget(clock.now + 1, nobody_in) == 1
        [state] = await journal.load([ROOM], 10)
        assert (state.first, state.last, state.topic, len(state.recent)) == (4, 3, "", 0)
        assert await journal.commit([say(room=ROOM)._replace(may_begin=False)]) == [NO_NEW_ROOM]
        [first, second] = await journal.commit([say(cid=CID), say()])
        assert isinstance(first, Committed)
        assert isinstance(second, Committed)
        assert (first.event.seq, first.begins_room) == (4, True)
        assert (second.event.seq, second.begins_room) == (5, False)
        [state] = await journal.load([ROOM], 10)
        assert (state.first, state.last, state.topic) == (4, 5, "")

    async def test_others_begin_at_one(self, journal: Journal, clock: Clock) -> None:
        """What was never there, or is there, does not change."""
        await journal.commit([say(), say(), say(room="jam")])
        await journal.prune(0, clock.now + 1)
        await journal.forget(clock.now + 1, "jam".__eq__)
        assert numbers(await journal.commit([say(room="new"), say(room="jam")])) == [1, 2]

    async def test_it_takes_what_many_keys_have_left(self, journal: Journal, clock: Clock) -> None:
        """However many resends are remembered."""
        await journal.commit([say(cid=f"{CID}-{count}") for count in range(2_500)])
        await journal.prune(0, clock.now + 1)
        assert await journal.forget(clock.now + 1, nobody_in) == 1
        assert numbers(await journal.commit([say(cid=f"{CID}-7")])) == [2_501]


class TestForgettingMadeRooms:
    """A room that was made is forgotten as a whole by an act, if nobody has ever used it."""

    async def test_a_room_in_which_nothing_was_said_is_forgotten_with_its_act(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Whatever else happened there; the act is kept, and the name is free again."""
        await journal.commit([created(), title("Tea"), say(room="jam")])
        clock.now += 10
        assert await journal.unused([ROOM, "jam", "none"], clock.now) == [ROOM, "none"]
        [result] = await journal.commit([forgetting_act(clock.now)])
        assert isinstance(result, Committed)
        assert (result.event.room, result.event.seq) == (LEDGER, 1)
        assert [room.name for room in await journal.rooms(9)] == ["jam"]
        assert await kept(journal) == []
        [state] = await journal.load([ROOM], 9)
        assert (state.first, state.last, state.topic, len(state.recent)) == (3, 2, "", 0)
        [begun] = await journal.commit([created()])
        assert isinstance(begun, Committed)
        assert (begun.event.seq, begun.begins_room) == (3, True)

    async def test_a_room_that_somebody_has_used_meanwhile_stays(
        self, journal: Journal, clock: Clock
    ) -> None:
        """Somebody has said or done something, or visited it; in the same transaction, too."""
        await journal.commit([created(), created("old"), created("seen"), say(room="said")])
        clock.now += 10
        await journal.note_visits({"seen": clock.now})
        assert await journal.unused([ROOM, "seen", "said"], clock.now) == [ROOM]
        await journal.commit([say()])
        results = await journal.commit(
            [
                forgetting_act(clock.now),
                forgetting_act(clock.now, room="seen"),
                forgetting_act(clock.now, room="said"),
                title("Old", room="old"),
                forgetting_act(clock.now, room="old"),
            ]
        )
        assert [isinstance(one, Committed) for one in results] == [False, False, False, True, False]
        assert {room.name for room in await journal.rooms(9)} == {ROOM, "old", "seen", "said"}

    async def test_a_room_whose_messages_are_all_pruned_is_unused(
        self, journal: Journal, clock: Clock
    ) -> None:
        """As one in which nothing was ever said; numbers go on behind what was there."""
        await journal.commit([created(), say(cid=CID), say()])
        clock.now += 10
        assert await journal.unused([ROOM], clock.now) == []
        await journal.prune(0, clock.now)
        assert await journal.unused([ROOM], clock.now) == [ROOM]
        results = await journal.commit(
            [forgetting_act(clock.now), say(cid=CID), forgetting_act(clock.now)]
        )
        assert [isinstance(one, Committed) for one in results] == [True, True, False]
        assert await kept(journal) == [4]

    async def test_a_visit_is_forgotten_with_the_room(self, journal: Journal, clock: Clock) -> None:
        """Nothing of it is left to tell that there was one."""
        begin = clock.now
        await journal.note_visits({ROOM: begin + 1})
        await journal.note_visits({ROOM: begin + 5})
        assert await journal.unused([ROOM], begin + 3) == []
        clock.now += 10
        await journal.commit([forgetting_act(clock.now)])
        assert await journal.unused([ROOM], begin + 3) == [ROOM]


class TestOthers:
    """A journal tells when somebody else has written to it."""

    async def test_it_is_nobody_else(self, journal: Journal) -> None:
        """What it is asked to do itself does not count."""
        await fill(journal, 3)
        await journal.prune(1, 0)
        assert not await journal.has_changed()


class TestIdentity:
    """A journal has a name for its numbers, and a secret."""

    async def test_they_are_its_own(self, journal: Journal) -> None:
        """Two journals have nothing in common."""
        other = MemoryJournal()
        assert journal.epoch != other.epoch
        assert journal.secret != other.secret
        assert len(journal.epoch) == 16
        assert len(journal.secret) == 32


class TestReasonsOfReports:
    """What somebody says of a message goes with it, as it may repeat it."""

    async def test_it_cannot_be_told_while_the_message_cannot(self, journal: Journal) -> None:
        """Nor when that is deleted, and is again when a clearing is taken back."""
        places = {Place(ROOM, seq) for seq in (1, 2, 3)} | {Place("none", 1)}
        await journal.commit([say("one"), say("two", who=BEN), say("three")])
        await journal.commit([report(seq, why=f"why {seq}") for seq in (1, 2, 3)])
        assert await journal.gone(places) == {Place("none", 1)}
        await journal.commit([delete(3), clear(BEN)])
        assert await journal.gone(places) == {Place("none", 1), Place(ROOM, 2), Place(ROOM, 3)}
        await journal.commit([restore()])
        assert await journal.gone(places) == {Place("none", 1), Place(ROOM, 3)}
        assert await journal.gone(()) == set()

    async def test_it_is_gone_for_good_when_the_message_is(
        self, erasing: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Deleted, cleared a day ago, or deleted by retention; and is not kept afterwards."""
        for module in (reports, postgres_reports):
            monkeypatch.setattr(module, "STEP", 2)
        await erasing.commit([say("one"), say("two", who=BEN), say("three"), say("four")])
        await erasing.commit([Write(ActKept(room=LEDGER, act=RoomMade(about=ROOM)))])
        await erasing.commit([report(seq, why=f"why {seq}") for seq in (1, 2, 3, 4)])
        await erasing.commit([delete(3), clear(BEN)])
        await erasing.prune(0, 0)
        assert await reasons(erasing) == ["why 1", "why 2", "", "why 4"]
        await erasing.commit([report(3, why="it was rude")])
        assert await reasons(erasing) == ["why 1", "why 2", "", "why 4", ""]
        clock.now += SEALED
        await erasing.prune(0, 0)
        assert await reasons(erasing) == ["why 1", "", "", "why 4", ""]
        await erasing.prune(1, 0)
        assert await reasons(erasing) == ["", "", "", "why 4", ""]
