"""Somebody who keeps the rules of docs/protocol.md, and judges all that the server tells."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import trio

from tests.journal.house import House, Object, Peer, Wish, hello

ROOMS = ("tea", "jam")
KEPT = {"msg", "edit", "delete", "react", "topic"}


class Ledger:
    """What all people together were told."""

    def __init__(self) -> None:
        self.told: dict[str, dict[int, Object]] = defaultdict(dict)  # by room and number
        self.acknowledged: dict[str, tuple[str, int, int]] = {}  # by cid: room, number, time
        self.first: dict[str, int] = defaultdict(lambda: 1)
        self._cids = count()

    def new_cid(self) -> str:
        return f"cid-{next(self._cids):06}"

    def hear(self, event: Object) -> None:
        """Check that all are told the same of a number, but for texts, which can be deleted."""
        same = {
            key: event.get(key) for key in ("t", "seq", "cid", "ts", "target", "emoji", "reply")
        }
        same["from"] = event.get("from", {}).get("id")
        assert self.told[event["room"]].setdefault(event["seq"], same) == same

    def acknowledge(self, cid: str, room: str, answer: Object) -> None:
        """Check that a cid stands for one event, however often it is sent."""
        result = (room, answer["seq"], answer["ts"])
        first = self.acknowledged.setdefault(cid, result)
        assert first == result, f"{cid} was {first}, and now {result}"

    def forget(self, first: dict[str, int]) -> None:
        self.first.update(first)

    def audit(self, room: str, last: int, kept: Sequence[Object]) -> None:
        """Check that the journal has what was told and acknowledged, and all of it once."""
        assert [event["seq"] for event in kept] == list(range(self.first[room], last + 1))
        cids = [event["cid"] for event in kept]
        assert len(set(cids)) == len(cids)
        for event in kept:
            told = self.told[room][event["seq"]]
            assert event == {key: told[key] for key in event}
        assert sorted(self.told[room]) == list(range(1, last + 1)) or self.first[room] > 1
        for cid, (where, seq, ts) in self.acknowledged.items():
            if where == room and seq >= self.first[room]:
                assert (self.told[room][seq]["cid"], self.told[room][seq]["ts"]) == (cid, ts)


@dataclass
class View:
    """What somebody has of a room."""

    last: int = 0
    ts: int = 0
    expected: int | None = None  # the number that has to come next, while in the room
    messages: dict[int, str] = field(default_factory=dict)  # author of each, by number


class Person:
    """Somebody with one connection at a time, who joins both rooms with it."""

    def __init__(self, nick: str, ledger: Ledger) -> None:
        self.nick = nick
        self.peer: Peer | None = None
        self._ledger = ledger
        self._views = {room: View() for room in ROOMS}
        self._session: str | None = None
        self._id: str | None = None
        self._epoch: str | None = None
        self._attempts = count()
        self._sent: dict[str, Object] = {}  # all requests, by cid
        self._pending: set[str] = set()  # cids that have no answer
        self._unheard: set[str] = set()  # cids that have no answer on this connection

    async def come(self, house: House, nursery: trio.Nursery) -> None:
        """Connect, if away, with all that is known, and send again what has no answer."""
        if self.peer:
            return
        if self._session is None:
            self._begin_anew()
        self.peer = peer = _Ear(house, self)
        nursery.start_soon(peer.live)
        for view in self._views.values():
            view.expected = None
        wishes = [Wish(room, view.last, self._epoch) for room, view in self._views.items()]
        await peer.say(hello(self.nick, *wishes, session=self._session))
        await peer.say(*[self._sent[cid] for cid in sorted(self._pending)])
        self._unheard = set(self._pending)

    def _begin_anew(self) -> None:
        """Be somebody new: whoever an earlier connection made us, we were never told."""
        self.nick = f"{self.nick.partition('/')[0]}/{next(self._attempts)}"
        self._sent.clear()
        self._pending.clear()

    async def vanish(self) -> None:
        if self.peer:
            await self.peer.vanish()
        self.peer = None

    async def do(self, action: str, room: str, pick: int) -> None:
        """Ask for something, if here."""
        cids = sorted(self._sent)
        if action == "resend" and cids:
            await self._ask(cids[pick % len(cids)])
        elif action != "resend":
            cid = self._ledger.new_cid()
            seq = max(0, max(self._views[room].messages, default=1) - pick % 3)
            request: Object = {
                "t": action,
                "id": cid,
                "cid": cid,
                "room": room,
                "text": f"text of {cid}",
            }
            request |= {"seq": seq, "emoji": "🍋"}  # what a type does not have is ignored
            if self.peer:
                self._sent[cid] = request
                self._pending.add(cid)
                await self._ask(cid)

    async def _ask(self, cid: str) -> None:
        if self.peer:
            self._unheard.add(cid)
            await self.peer.say(self._sent[cid])

    async def settle(self) -> None:
        """Wait for all answers, if here. What failed is sent again until it does not."""
        while self.peer and (self._unheard or not self._is_in):
            await self.peer.news()
            failed = self._pending - self._unheard
            for cid in sorted(failed):
                await self._ask(cid)

    @property
    def _is_in(self) -> bool:
        return all(view.expected is not None for view in self._views.values())

    async def hear(self, room: str, last: int) -> None:
        """Wait until all up to a number was told, if here."""
        while self.peer and self._views[room].last < last:
            await self.peer.news()

    # What the server tells

    def take(self, told: Object) -> None:
        """Judge it."""
        match told["t"]:
            case "welcome":
                self._welcome(told)
            case "joined":
                self._join(told, self._views[told["room"]])
            case "ok" | "error":
                self._answer(told)
            case kind if kind in KEPT:
                self._event(told, self._views[told["room"]])
            case kind:
                assert kind == "presence", told

    def _welcome(self, told: Object) -> None:
        assert self._id in (None, told["you"]["id"])
        assert self._epoch in (None, told["epoch"])
        assert told["you"]["nick"] == self.nick
        self._session, self._epoch, self._id = told["session"], told["epoch"], told["you"]["id"]

    def _join(self, told: Object, view: View) -> None:
        """Expect what follows, unless the server says that something is missing."""
        assert not told.get("reset")
        assert told["last"] >= view.last
        view.expected = view.last + 1
        if "gap" in told:
            assert view.expected < told["gap"] == self._ledger.first[told["room"]]
            view.expected = told["gap"]
            view.last = told["gap"] - 1

    def _event(self, told: Object, view: View) -> None:
        assert told["seq"] == view.expected, f"expected {view.expected}, was told {told}"
        assert told["ts"] >= view.ts
        view.last, view.ts, view.expected = told["seq"], told["ts"], told["seq"] + 1
        self._ledger.hear(told)
        if told["t"] == "msg":
            view.messages[told["seq"]] = told["from"]["id"]

    def _answer(self, told: Object) -> None:
        cid = told["id"]
        assert cid in self._sent, told
        assert told.get("code") in {None, "unavailable", "not_found", "not_yours"}, told
        self._unheard.discard(cid)
        if told["t"] == "ok":
            self._ledger.acknowledge(cid, self._sent[cid]["room"], told)
        if told.get("code") != "unavailable":
            self._pending.discard(cid)


class _Ear(Peer):
    """A connection of somebody who listens."""

    def __init__(self, house: House, person: Person) -> None:
        super().__init__(house)
        self._person = person

    async def live(self) -> None:
        await super().live()
        assert self._person.peer is not self, f"hung up, after {self.heard[-1:]}"

    def take(self, told: Object) -> None:
        if self._person.peer is self:  # else it comes after they have left
            self._person.take(told)
