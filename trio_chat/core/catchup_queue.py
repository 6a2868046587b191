"""The catch-up queue: tells those who join where they are and what they missed, a few in a turn."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from trio_chat.core.access import Access
from trio_chat.core.catchup import CatchUp, Phase
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.effects import Effects
from trio_chat.core.epochs import Epochs
from trio_chat.core.room import Room
from trio_chat.delivery.frames import Frame, frame_of, pack
from trio_chat.delivery.pace import write_cost
from trio_chat.delivery.recipient import MissedEvents, Recipient, Requester
from trio_chat.protocol import answers, events
from trio_chat.protocol.events import Person
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import NO_RULES, RoomRules

CHANGES_AT_ONCE = 500  # of members, that are told in one step: about 50 KiB
COST_EACH_TURN = 8  # in writes: half a millisecond, as few clients get the same

MemberChange = events.Presence | events.Renamed | events.Population


class CatchUpQueue:
    """A queue of catch-ups that are neither live nor reading.

    To be admitted is to get what was missed and to become live in one step, so nothing can come
    in between. What is not at hand, or is too much for the client's outbox, the client first
    reads from the journal, page by page; then it queues again.

    Args:
        connections: Those that are registered.
        epochs: To which the numbers in the journal belong.
        access: Knows what people may do in rooms.
    """

    def __init__(
        self, connections: Mapping[Requester, ConnectionState], epochs: Epochs, access: Access
    ) -> None:
        self._access = access
        self._connections = connections
        self._epochs = epochs
        self._waiting: deque[CatchUp] = deque()
        self.outcomes: Counter[str] = Counter()  # of those who came back: exact, gap, reset

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def clear(self) -> None:
        """Forget all who wait."""
        self._waiting.clear()

    def enqueue(self, catch_up: CatchUp) -> None:
        """Put a catch-up behind the others."""
        if not catch_up.is_over:
            catch_up.phase = Phase.QUEUED
        self._waiting.append(catch_up)

    def end(self, catch_up: CatchUp, *, is_replaced: bool = False) -> None:
        """End a catch-up; a join that has no answer yet gets one in its turn."""
        was_reading = catch_up.phase is Phase.READING
        catch_up.end(is_replaced=is_replaced)
        if was_reading and not catch_up.is_answered:
            self._waiting.append(catch_up)

    def page_done(self, catch_up: MissedEvents, after: int, first: int | None) -> None:
        """Take in what a client has read; ``first`` as in ``PageDone``."""
        assert isinstance(catch_up, CatchUp)  # we handed it out
        if catch_up.phase is Phase.READING and catch_up.room:
            catch_up.after = after
            if first is not None:
                catch_up.room.log.forget_before(first)
            self.enqueue(catch_up)

    def requeue(self, room: Room, after: int) -> None:
        """Let the live clients of a room read on in the journal, behind a number."""
        for member in room.readers():
            room.dismiss(member)
            catch_up = self._connections[member].rooms[room.name]
            catch_up.after = after
            catch_up.members = room.roster.told_members()
            self.enqueue(catch_up)

    def admit_some(self, effects: Effects) -> None:
        """Advance the first catch-ups, within a budget: a crowd of them must not hold up others."""
        budget = COST_EACH_TURN
        for _ in range(len(self._waiting)):
            if budget <= 0:
                return
            catch_up = self._waiting.popleft()
            if catch_up.room and catch_up.room.has_numbered_news:
                self._waiting.append(catch_up)  # what this turn broadcasts must not come twice
            elif catch_up.client in self._connections:
                frames = self._advance(catch_up, effects)
                effects.catch_up.append((catch_up.client, frames))
                budget -= 1 + sum(write_cost(frame) for frame in frames)

    def _advance(self, catch_up: CatchUp, effects: Effects) -> Sequence[Frame]:
        """Return what a client gets now, and let it become live or read on."""
        room, client = catch_up.room, catch_up.client
        if catch_up.is_over or room is None:
            return self._answer_late(catch_up)
        frames: list[Frame] = []
        if not catch_up.is_answered or catch_up.after + 1 < room.log.first:
            if catch_up.is_answered and client.dialect.only_listens:
                catch_up.id = room.log.first - 1  # a follower's own place, if it comes back
            joined = self._joined(catch_up, room)
            if not client.can_take(len(joined.wire)):
                return _read_on(catch_up, effects, ())
            self._take_as_told(catch_up, room)
            frames.append(joined)
        missed = room.log.missed(catch_up.after, client.dialect)
        changes = _changes_of_members(catch_up, room)
        if len(changes) > CHANGES_AT_ONCE:
            return self._tell_some(catch_up, changes[:CHANGES_AT_ONCE], effects)
        if not frames and (catch_up.is_cut or room.roster.is_cut):
            changes = [*changes, room.roster.recount()]
        rest = [*(missed or ()), *_pack(changes, client)]
        size = sum(len(frame.wire) for frame in (*frames, *rest))
        if missed is None or (rest and not client.can_take(size)):
            return _read_on(catch_up, effects, frames)
        catch_up.phase = Phase.LIVE
        catch_up.members = None
        room.admit(client)
        return [*frames, *rest]

    def _tell_some(
        self, catch_up: CatchUp, changes: Sequence[MemberChange], effects: Effects
    ) -> Sequence[Frame]:
        """Tell some of very many changes of members; the rest follows when the client has read."""
        members = dict(catch_up.members or {})
        for change in changes:
            assert not isinstance(change, events.Population)  # that comes last
            if isinstance(change, events.Presence) and change.state == "left":
                del members[change.who.id]
            else:
                members[change.who.id] = change.who
        catch_up.members = members
        return _read_on(catch_up, effects, list(_pack(changes, catch_up.client)))

    def _answer_late(self, catch_up: CatchUp) -> Sequence[Frame]:
        """Answer a join that was overtaken by another one, or by a leave."""
        if catch_up.is_answered:
            return ()
        client = catch_up.client
        self._connections[client].joining -= 1
        if catch_up.is_replaced and catch_up.room:
            joined = self._joined(catch_up, catch_up.room)
            if client.can_take(len(joined.wire)):
                return (joined,)
        error = answers.Error(
            id=catch_up.id,
            code="not_joined",
            text="you have left the room, or joined it again",
            room=catch_up.room_name,
        )
        return (_frame(error, client),)

    def _joined(self, catch_up: CatchUp, room: Room) -> Frame:
        """Return the answer that tells a client where it is."""
        after, is_reset, lost = self._start(catch_up, room)
        members, population = room.roster.member_list()
        joined = answers.Joined(
            id=catch_up.id,
            room=room.name,
            last=room.log.last,
            epoch=self._epochs.present,
            members=members,
            population=population,
            guests=room.guests,
            topic=room.log.topic,
            gap=room.log.first if after + 1 < room.log.first else None,
            reset=is_reset,
            lost=lost,
            right=self._right(catch_up),
            rules=self._rules(room),
            title=self._access.title(room.name, self._connections[catch_up.client].holder_id),
        )
        return _frame(joined, catch_up.client)

    def _rules(self, room: Room) -> RoomRules | None:
        """Return the rules of a room; ``None`` without any."""
        rules = self._access.rules(room.name)
        return None if rules == NO_RULES else rules

    def _right(self, catch_up: CatchUp) -> str | None:
        """Return what a client may do in a room, if that is not to speak."""
        state = self._connections[catch_up.client]
        link = state.links.get(catch_up.room_name)
        right = self._access.standing(
            catch_up.room_name, state.holder_id, catch_up.client.address, link, state.grant
        ).right
        return None if right is Right.SPEAK else right.word

    def _take_as_told(self, catch_up: CatchUp, room: Room) -> None:
        """Take in that the client knows where it is, and whom it has met."""
        after, is_reset, _ = self._start(catch_up, room)
        if catch_up.last is not None:
            self._count(is_reset=is_reset, has_gap=after + 1 < room.log.first)
        if not catch_up.is_answered:
            catch_up.is_answered = True
            self._connections[catch_up.client].joining -= 1
        catch_up.after = max(after, room.log.first - 1)
        catch_up.members = room.roster.members()
        catch_up.is_cut = room.roster.is_cut

    def _count(self, *, is_reset: bool, has_gap: bool) -> None:
        """Count what becomes of somebody who has come back, or finds a gap later."""
        self.outcomes["reset" if is_reset else "gap" if has_gap else "exact"] += 1

    def _start(self, catch_up: CatchUp, room: Room) -> tuple[int, bool, int | None]:
        """Return the number behind which a client is told all, and what its own are worth.

        That is whether they mean nothing here, and then how many of them are lost, if that is
        known.
        """
        if catch_up.is_answered:
            return catch_up.after, False, None
        last = catch_up.last
        end = self._epochs.end(catch_up.epoch, room.log)
        if last is None:
            return room.log.last, False, None
        if end is not None and last <= end:
            return last, False, None
        return room.log.last, True, None if end is None else last - end


def _read_on(catch_up: CatchUp, effects: Effects, frames: Sequence[Frame]) -> Sequence[Frame]:
    """Have the client read on by itself; return what it gets before."""
    catch_up.phase = Phase.READING
    effects.pages.append((catch_up.client, catch_up))
    return frames


def _changes_of_members(catch_up: CatchUp, room: Room) -> Sequence[MemberChange]:
    """Return who came, left or was renamed since the client was told; a few more than fit once."""
    told, now = catch_up.members, room.roster.members()
    if told is None or told is now:
        return ()
    return list(islice(_changes(room.name, told, now), CHANGES_AT_ONCE + 1))


def _changes(
    room: str, told: Mapping[str, Person], now: Mapping[str, Person]
) -> Iterator[MemberChange]:
    for id, who in told.items():
        if id not in now:
            yield events.Presence(room=room, who=who, state="left")
    for id, who in now.items():
        if id not in told:
            yield events.Presence(room=room, who=who, state="joined")
        elif told[id] != who:
            yield events.Renamed(room=room, who=who)


def _pack(changes: Sequence[MemberChange], client: Recipient) -> Iterator[Frame]:
    payloads = (client.dialect.tell(event, None) for event in changes)
    return pack((data for data in payloads if data is not None), client.dialect)


def _frame(answer: answers.Answer, client: Recipient) -> Frame:
    payload = client.dialect.answer(answer)
    assert payload is not None  # all that can join have words for these
    return frame_of(payload, client.dialect)
