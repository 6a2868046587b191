"""Moderation: what is asked of a room by those who give links, set rules and act on people."""

from typing import Literal

from trio_chat.protocol import answers, governing, governing_answers
from trio_chat.protocol.room_rules import RoomRules
from trio_chat.remote.acting import Acting
from trio_chat.remote.conversation import Conversation
from trio_chat.remote.errors import Refused
from trio_chat.remote.room_state import RoomState

GivenRight = Literal["read", "speak", "moderate"]


class Moderation(Acting):
    """The part of a ``Room`` that is for moderators; ``report`` is for everybody.

    Each method waits for the answer and raises ``Refused`` if the server does not grant it, with
    ``not_moderator`` for others. What must not be done twice raises ``Lost`` if the connection is
    lost before the answer. Times are in milliseconds since 1970 by the server's clock.
    """

    def __init__(self, state: RoomState, conversation: Conversation) -> None:
        super().__init__(conversation, state.name)
        self._state = state

    async def links(self) -> list[governing_answers.LinkInfo]:
        """Return the links to the room, and who came by each; nobody tells their secrets."""
        found: list[governing_answers.LinkInfo] = []
        more = True
        while more:
            request = governing.Links(room=self._state.name, skip=len(found))
            page = await self._ask(request, governing_answers.LinkList)
            found += page.links
            more = page.more and bool(page.links)
        return found

    async def make_link(
        self, right: GivenRight, *, label: str = "", until: int = 0, uses: int = 0
    ) -> governing_answers.NewLink:
        """Make a link that gives a right to whoever shows its secret, which is told only here.

        Args:
            right: What it gives; each right includes those before it.
            label: What it is for, up to 100 characters.
            until: The time at which it ends, 0 for never.
            uses: How many people may come by it, 0 for any number.
        """
        request = governing.MakeLink(
            room=self._state.name, right=right, label=label, until=until, uses=uses
        )
        return (await self._ask(request, governing_answers.LinkMade, is_once=True)).link

    async def end_link(self, link: str) -> None:
        """Revoke a link by its public id; those who came by it have to leave."""
        request = governing.EndLink(room=self._state.name, link=link)
        await self._ask(request, answers.Ok, is_once=True)

    async def set_rules(self, rules: RoomRules) -> None:
        """Set the rules; they hold in place of those before, for all but moderators."""
        request = governing.SetRules(
            room=self._state.name,
            slow=rules.slow,
            closed=rules.closed,
            newcomers=rules.newcomers,
            members=rules.members,
            hold_links=rules.hold_links,
            no_files=rules.no_files,
        )
        await self._ask(request, answers.Ok)

    async def report(self, seq: int, why: str = "") -> None:
        """Tell the moderators about a message, with a reason of up to 250 characters."""
        request = governing.Report(room=self._state.name, seq=seq, why=why)
        await self._ask(request, answers.Ok, is_once=True)

    async def held(self) -> governing_answers.HeldList:
        """Return what waits for approval here, the oldest first; ``more``: there is more behind."""
        return await self._ask(governing.Held(room=self._state.name), governing_answers.HeldList)

    async def approve(self, held: int, why: str = "") -> None:
        """Send a message that waits for approval, by its number in ``held``."""
        request = governing.Review(room=self._state.name, held=held, act="approve", why=why)
        await self._ask(request, answers.Ok, is_once=True)

    async def reject(self, held: int, why: str = "") -> None:
        """Drop a message that waits for approval; its sender is not told, nor is the reason."""
        request = governing.Review(room=self._state.name, held=held, act="reject", why=why)
        await self._ask(request, answers.Ok, is_once=True)

    def _check(self) -> None:
        """Make sure that the room has not been left or refused."""
        if self._conversation.rooms.get(self._state.name) is not self._state:
            raise self._state.refusal or Refused("not_joined", "you have left the room")
