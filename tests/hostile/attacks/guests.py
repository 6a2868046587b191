"""Many people from one place, which is no abuse: all get in, and chat."""

import random
import secrets
from collections import Counter

import trio

from tests.hostile.attack import Assault, Wrong, attack
from tests.hostile.peer import GONE, Gone, Peer, handshake, objects
from tests.hostile.target import Target

PATIENCE = 180.0  # seconds until everybody has to be in, also on a machine that has other work
CLASS, COMPANY = 40, 300
RETURNING, SHORT_RETURNING = 5_000, 300
FIRST_WAIT, LONGEST_WAIT = 0.5, 20.0  # seconds, as the protocol asks of clients
TRUSTED = {"trusted_proxy": "127.0.0.1"}


class Guest:
    """Somebody who behaves as the protocol asks: waits after a refusal, and resends with a cid.

    Args:
        target: Where the server is, and from which address to come.
        room: Where all of them meet.
        number: Which one of them.
        header: A header line of the handshake, such as a proxy adds.
    """

    def __init__(self, target: Target, room: str, number: int, header: str = "") -> None:
        self._target = target
        self._room = room
        self._name = f"{secrets.token_hex(2)} {number}"  # another one when the attack is repeated
        self._headers = [header] if header else []
        self._session = ""
        self._last = 0
        self._epoch = ""
        self.peer: Peer | None = None
        self.refusals: Counter[str] = Counter()  # by status, or by what went wrong

    async def come(self) -> None:
        """Get in, however often it takes."""
        wait = FIRST_WAIT
        while not await self._comes():
            await trio.sleep(random.uniform(0, wait))  # noqa: S311 - no secret
            wait = min(2 * wait, LONGEST_WAIT)

    async def _comes(self) -> bool:
        try:
            peer = await Peer.connect(self._target)
        except GONE as error:
            self.refusals[type(error).__name__] += 1
            return False
        try:
            await peer.send(
                handshake(self._target, ["Sec-WebSocket-Protocol: trio-chat.v1", *self._headers])
            )
            status, _ = await peer.head()
            if status == 101:
                await self._greet(peer)
                self.peer = peer
                return True
            self.refusals[str(status)] += 1
        except (Gone, *GONE) as error:
            self.refusals[type(error).__name__] += 1
        await peer.aclose()
        return False

    async def _greet(self, peer: Peer) -> None:
        wish: dict[str, object] = {"room": self._room}
        if self._epoch:
            wish |= {"last": self._last, "epoch": self._epoch}
        nick = f"{self._room} {self._name}"
        session = {"session": self._session} if self._session else {}
        await peer.send(objects({"t": "hello", "nick": nick, "rooms": [wish], **session}))
        self._session = (await peer.until("welcome"))["session"]
        joined = await peer.until("joined")
        if self._epoch == joined["epoch"] and joined.get("reset"):
            raise Wrong("a reset within an epoch")
        self._last, self._epoch = joined["last"], joined["epoch"]

    async def say(self) -> None:
        """Say one thing, and send it again while the server is busy."""
        assert self.peer
        cid = f"{self._room} {self._name}"
        request = {"t": "send", "id": cid, "room": self._room, "cid": cid, "text": "hello, all"}
        while True:
            await self.peer.send(objects(request))
            answer = await self.peer.until("ok", "error")
            if answer["t"] == "ok":
                return
            if "retry_ms" not in answer:
                raise Wrong(f"a message got {answer['code']}")
            await trio.sleep(answer["retry_ms"] / 1000)

    async def leave(self) -> None:
        """Hang up without a goodbye."""
        if self.peer:
            await self.peer.aclose()
            self.peer = None


async def _all_chat(assault: Assault, guests: list[Guest], *, says: bool = True) -> None:
    """Let all come at once and say something.

    Raises:
        Wrong: not all do in time.
    """
    async with trio.open_nursery() as nursery:
        nursery.cancel_scope.deadline = trio.current_time() + PATIENCE
        for guest in guests:
            nursery.start_soon(_chat, guest, says)
    assault.endings["in"] += sum(1 for guest in guests if guest.peer)
    refusals = sum((guest.refusals for guest in guests), Counter())
    assault.endings["refusals before"] += refusals.total()
    out = sum(1 for guest in guests if not guest.peer)
    if out or nursery.cancel_scope.cancelled_caught:
        raise Wrong(
            f"{out} of {len(guests)} are not in after {PATIENCE:.0f} s, or cannot chat; refused "
            + ", ".join(f"{count} times by {what}" for what, count in refusals.items())
        )


async def _chat(guest: Guest, says: bool) -> None:
    await guest.come()
    if says:
        await guest.say()


async def _all_leave(guests: list[Guest]) -> None:
    for guest in guests:
        await guest.leave()


@attack(settings={"connections_per_address": 64})
async def class_of_40(assault: Assault, number: int) -> None:
    """Forty people behind one router come at once, and chat; with room for 64 connections."""
    guests = [Guest(assault.target, "hostile-class", one) for one in range(CLASS)]
    await _all_chat(assault, guests)
    await _all_leave(guests)


# A server of its own, to which the address has not brought anybody yet.
FRESH = {"connections_per_address": 512, "new_name_rate": "600/h:600"}


@attack(settings=FRESH)
async def company_of_300(assault: Assault, number: int) -> None:
    """300 people behind a proxy that is not trusted come at once, and chat."""
    guests = [Guest(assault.target, "hostile-company", one) for one in range(COMPANY)]
    await _all_chat(assault, guests)
    await _all_leave(guests)


@attack(settings=TRUSTED)
async def proxied_company(assault: Assault, number: int) -> None:
    """300 people behind a trusted proxy are 300 addresses, and need no other limit."""
    inside = Target("127.0.0.1", assault.target.port, assault.target.secure)
    guests = [
        Guest(inside, "hostile-proxied", one, f"X-Forwarded-For: 198.51.{one // 250}.{one % 250}")
        for one in range(COMPANY)
    ]
    await _all_chat(assault, guests)
    await _all_leave(guests)


@attack(settings={"connections_per_address": 64}, guests=RETURNING)
async def deploy(assault: Assault, number: int) -> None:
    """5,000 who are cut off at once, as by a deploy, all come back within a minute and resume."""
    total = SHORT_RETURNING if assault.is_short else RETURNING
    inside = Target("127.0.0.1", assault.target.port, assault.target.secure)
    guests = [
        Guest(
            inside.coming_from(f"127.1.{one // 250}.{one % 250 + 1}"), f"hostile-d{one // 50}", one
        )
        for one in range(total)
    ]
    await _all_chat(assault, guests, says=False)
    await _all_leave(guests)
    await _all_chat(assault, guests)
    await _all_leave(guests)
