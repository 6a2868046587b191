"""Approval: shows moderators what is held for them, and sends it or drops it."""

from collections.abc import Collection

from trio_chat.config import Config
from trio_chat.core.arrivals import NAMELESS
from trio_chat.core.effects import Turn
from trio_chat.core.held import HeldMessage, HeldMessages
from trio_chat.core.ledger import Ledger
from trio_chat.core.pages import page_of
from trio_chat.core.pending_writes import SILENT, Pending, answer_of
from trio_chat.core.requested import Requested
from trio_chat.journal.types import Committed, Duplicate
from trio_chat.protocol import acts, answers, governing, governing_answers
from trio_chat.protocol.events import Edit, Message, Person
from trio_chat.protocol.request_error import RequestError


class Approval:
    """Does what moderators ask for about messages that wait for them.

    Args:
        turn: Where answers go.
        ledger: Has what is approved kept.
        held: What waits.
        config: ``page_bytes``.
    """

    def __init__(self, turn: Turn, ledger: Ledger, held: HeldMessages, config: Config) -> None:
        self._turn = turn
        self._ledger = ledger
        self._held = held
        self._config = config

    def tell(self, asked: Requested, request: governing.Held, room: str) -> None:
        """Tell what is held in a room, as much as a page has of it; whole texts, and one at least.

        Nobody can judge a part of a text.
        """
        found = map(_told, self._held.of_room(room))
        told, more = page_of(found, self._config.page_bytes)
        answer = governing_answers.HeldList(id=request.id, room=room, messages=told, more=more)
        self._turn.reply(asked.requester, answer)

    def review(self, asked: Requested, request: governing.Review, room: str) -> None:
        """Drop what is held, or have it kept now; it is held until it is kept.

        Raises:
            RequestError: nothing is held under this number.
        """
        found = self._held.get(request.held, room)
        if found is None:
            raise RequestError("not_found", "nothing waits here under this number")
        if request.act == "reject":
            self._held.drop(found.number)
            dropped = Pending(
                asked.requester, asked.state, request.id, lambda _: answers.Ok(id=request.id)
            )
            self._record(asked, request, found, room, 0, dropped)
            return

        def sent(result: Committed | Duplicate) -> answers.Answer:
            self._held.drop(found.number)
            if isinstance(result, Committed):  # else another moderator was first
                self._record(asked, request, found, room, number_of(result))
            return answer_of(request.id, result)

        def number_of(result: Committed) -> int:
            return found.event.target if isinstance(found.event, Edit) else result.event.seq

        pending = Pending(asked.requester, asked.state, request.id, sent)
        self._ledger.write(found.write, pending)

    def _record(
        self,
        asked: Requested,
        request: governing.Review,
        found: HeldMessage,
        room: str,
        target: int,
        pending: Pending = SILENT,
    ) -> None:
        """Keep who has decided about what, but not its text."""
        people = [found.event.who or NAMELESS]
        act = acts.Reviewed(
            about=room, kind=request.act, people=people, target=target, why=request.why
        )
        self._ledger.record(act, asked.person, pending)

    def drop_of(self, people: Collection[Person], room: str) -> None:
        """Drop what people have said in a room, or in all, as a moderator acts on them."""
        self._held.drop_of({person.id for person in people}, room)


def _told(one: HeldMessage) -> governing_answers.HeldInfo:
    event = one.event
    return governing_answers.HeldInfo(
        held=one.number,
        ts=one.since,
        text=event.text,
        who=event.who,
        edits=event.target if isinstance(event, Edit) else None,
        reply=event.reply if isinstance(event, Message) else None,
        files=event.files if isinstance(event, Message) else [],
    )
