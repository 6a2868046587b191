"""Acting: what moderators do with people in a room, and operators in all rooms."""

from collections.abc import Iterable
from typing import Literal

from trio_chat.protocol import answers, governing, governing_answers
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_base import Request
from trio_chat.remote import wire
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.pending import PendingRequests
from trio_chat.remote.pending_request import A

Act = Literal["mute", "unmute", "kick", "ban", "unban", "clear"]


class Acting:
    """Acts on people, tells what was done, and takes it back.

    Each method waits for the answer and raises ``Refused`` if the server does not grant it, with
    ``not_moderator`` or ``not_operator`` for others. What must not be done twice raises ``Lost`` if
    the connection is lost before the answer. Times are in milliseconds since 1970 by the server's
    clock.

    Args:
        conversation: With the server.
        place: The name of the room; empty for all rooms, which only operators may ask for.
    """

    def __init__(self, conversation: Conversation, place: str = "") -> None:
        self._conversation = conversation
        self._place = place

    async def moderate(
        self, act: Act, people: Iterable[Person], *, seconds: int = 0, since: int = 0, why: str = ""
    ) -> int:
        """Act on people.

        Args:
            act: ``clear`` deletes what they have said.
            people: Up to 1,000; their ids count.
            seconds: How long to mute or ban them, 0 for ever.
            since: The time of the first message to clear, 0 for all.
            why: A reason that is told to all, up to 250 characters.

        Returns:
            How many addresses are not banned, as others come from them.
        """
        request = governing.Moderate(
            room=self._place,
            act=act,
            people=[person.id for person in people],
            seconds=seconds,
            since=since,
            why=why,
        )
        return (await self._ask(request, answers.Ok, is_once=True)).shared

    async def preview_raid(
        self,
        since: int,
        people: Iterable[Person] = (),
        *,
        left_out: Iterable[Person] = (),
        regulars: bool = False,
    ) -> governing_answers.RaidPreview:
        """Return whom ``undo_raid`` would ban, and how much it would clear, in how many rooms."""
        raid = self._raid(since, people, left_out, regulars=regulars, preview=True)
        return await self._ask(raid, governing_answers.RaidPreview)

    async def undo_raid(
        self,
        since: int,
        people: Iterable[Person] = (),
        *,
        left_out: Iterable[Person] = (),
        regulars: bool = False,
        until: int = 0,
        why: str = "",
    ) -> int:
        """Ban those who came since a time, or these people, and clear what they said since then.

        For an hour newcomers have to wait, their links need approval, and they send no files; of a
        raid of all rooms in those in which these people were. ``undo`` takes all of it back for a
        day.

        Args:
            since: The time, in ms since 1970.
            people: Whom; by default all who came since then,
            left_out: but for these,
            regulars: and for those whom the server has met before, unless this is true.
            until: That of the preview: who came later is left alone. 0 means now.
            why: Is told to all.

        Returns:
            How many addresses are not banned, as others come from them.
        """
        raid = self._raid(since, people, left_out, regulars=regulars, until=until, why=why)
        return (await self._ask(raid, answers.Ok, is_once=True)).shared

    def _raid(
        self,
        since: int,
        people: Iterable[Person],
        left_out: Iterable[Person],
        *,
        regulars: bool,
        until: int = 0,
        preview: bool = False,
        why: str = "",
    ) -> governing.Raid:
        return governing.Raid(
            room=self._place,
            people=[person.id for person in people],
            left_out=[person.id for person in left_out],
            regulars=regulars,
            since=since,
            until=until,
            preview=preview,
            why=why,
        )

    async def undo(self, act: int) -> None:
        """Take back an act of the last day, by its number in ``audit``."""
        request = governing.Undo(room=self._place, act=act)
        await self._ask(request, answers.Ok, is_once=True)

    async def audit(
        self, *, before: int | None = None, limit: int = 100
    ) -> governing_answers.ActList:
        """Return what was done and reported, the latest first; ``more``: there are others.

        Acts of kinds that this version does not know are left out.

        Args:
            before: Only acts before this number.
            limit: The most acts, up to 100.
        """
        request = governing.Audit(room=self._place, before=before, limit=limit)
        found = await self._ask(request, wire.Acts)
        acts = wire.read_acts(found.acts)
        return governing_answers.ActList(id=found.id, room=found.room, acts=acts, more=found.more)

    @property
    def _pending(self) -> PendingRequests:
        return self._conversation.pending

    async def _ask(self, request: Request, kind: type[A], *, is_once: bool = False) -> A:
        """Make a request, in a room once we are in it; return the answer."""
        self._check()
        room = self._place or None
        return await self._pending.request(request, kind, room, is_once=is_once)

    def _check(self) -> None:
        """Make sure that something may be asked for there."""
