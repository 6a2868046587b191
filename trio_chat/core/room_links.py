"""Room links: makes rooms on purpose, gives links to them, and takes links back."""

import secrets
from itertools import islice

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.effects import Turn
from trio_chat.core.ledger import Ledger
from trio_chat.core.links import Link, NewLink, new_link
from trio_chat.core.pages import page_of
from trio_chat.core.pending_writes import Pending
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.requested import Requested
from trio_chat.core.rooms import proper_name
from trio_chat.journal.types import Committed, Duplicate, Write
from trio_chat.protocol import acts, events, governing, governing_answers
from trio_chat.protocol.names import is_private, private_name
from trio_chat.protocol.request_error import RequestError
from trio_chat.protocol.rights import RIGHTS, Right
from trio_chat.protocol.text import has_controls, is_blank
from trio_chat.setting_values import INVITE

IDENTIFIER_BYTES = 16
OF_PRIVATE_ROOM = (Right.READ, Right.SPEAK, Right.MODERATE)
OF_PUBLIC_ROOM = (Right.MODERATE,)


def new_identifier() -> str:
    """Return the name of a new private room: nobody guesses it."""
    return private_name(secrets.token_bytes(IDENTIFIER_BYTES))


class RoomLinks:
    """Makes rooms and links.

    Args:
        turn: Where answers go.
        access: Knows the links.
        ledger: Keeps what is made.
        limits: Tell who has made too much.
        config: How much may be made.
    """

    def __init__(
        self, turn: Turn, access: Access, ledger: Ledger, limits: RequestLimits, config: Config
    ) -> None:
        self._turn = turn
        self._access = access
        self._ledger = ledger
        self._limits = limits
        self._config = config

    def create(self, asked: Requested, request: governing.Create) -> None:
        """Make a room; its links are told once they are kept.

        Raises:
            RequestError: it cannot be called so, or there are too many.
        """
        if request.name is None:
            raise RequestError("bad_request", "say how the room is to be called")
        now, address = self._turn.now, asked.asker.address
        self._limits.check_new_room(address, now)
        if request.private:
            room, title = self._private(request.name)
        else:
            room, title = proper_name(request.name, self._config.room_limit), ""
            if is_private(room):
                raise RequestError("bad_room", "a public room has a name of its own")
        created = events.Created(room=room, who=asked.person, title=title, private=request.private)

        def give_links(_: Committed | Duplicate) -> None:
            self._give_links(asked, request, created)

        self._ledger.write(
            Write(created, must_begin=True),
            Pending(asked.requester, asked.state, request.id, give_links),
        )

    def _private(self, title: str) -> tuple[str, str]:
        """Return the identifier and the title of a new private room.

        Raises:
            RequestError: there are too many, or it cannot be called so.
        """
        if self._access.registry.private_rooms() >= self._config.private_rooms:
            text = "this server has no place for more private rooms"
            raise RequestError("too_many_rooms", text, limit="private_rooms")
        title = " ".join(title.split()) if not has_controls(title) else title
        if has_controls(title) or is_blank(title):
            raise RequestError("bad_room", "a private room needs a title")
        return new_identifier(), title

    def _give_links(
        self, asked: Requested, request: governing.Create, created: events.Created
    ) -> None:
        """Keep that a room was made, and its links; tell these to whoever made it."""
        room, who = created.room, asked.person
        rights = OF_PRIVATE_ROOM if created.private else OF_PUBLIC_ROOM
        links = [new_link(room, right) for right in rights]
        self._ledger.record(
            acts.RoomMade(about=room, title=created.title, private=created.private), who
        )
        for link in links:
            self._ledger.record(link.act, who)
        answer = governing_answers.Created(
            id=request.id, room=room, title=created.title, links=[_told(link) for link in links]
        )
        self._ledger.record(
            acts.LinkUsed(about=room, link=links[-1].act.link),
            who,
            Pending(asked.requester, asked.state, request.id, lambda _: answer),
        )

    def make(self, asked: Requested, request: governing.MakeLink, room: str) -> None:
        """Make one more link to a room.

        Raises:
            RequestError: there are too many, or its time is over before it begins; or it would let
                others in on the whole server, but whoever asks is let in to some rooms alone.
        """
        if asked.asker.grant.limits_to is not None and INVITE in self._config.access:
            text = "what has let you in is for some rooms alone; a link would let in everywhere"
            raise RequestError("not_operator", text)
        governed = self._access.registry.governed(room)
        if governed and len(governed.links) >= self._config.links_per_room:
            text = "revoke a link before you make another"
            raise RequestError("too_many_links", text, limit="links_per_room")
        if 0 < request.until <= self._access.clock():
            raise RequestError("bad_request", "until is a time to come, in milliseconds since 1970")
        link = new_link(room, RIGHTS[request.right], request.label, request.until, request.uses)
        answer = governing_answers.LinkMade(id=request.id, room=room, link=_told(link))
        self._ledger.record(
            link.act,
            asked.person,
            Pending(asked.requester, asked.state, request.id, lambda _: answer),
        )

    def end(self, asked: Requested, request: governing.EndLink, room: str) -> None:
        """Revoke a link.

        Raises:
            RequestError: there is no such link to the room, or others moderate by it.
        """
        governed = self._access.registry.governed(room)
        if governed is None or request.link not in governed.links:
            raise RequestError("not_found", "there is no such link to this room")
        is_maker = governed.maker_id == asked.person.id
        if not is_maker and self._is_others(asked, governed.links[request.link]):
            text = (
                "another moderator came by this link; "
                "only who made it, or the room, or an operator, revokes it"
            )
            raise RequestError("not_operator", text)
        self._ledger.record(
            acts.LinkEnded(about=room, link=request.link),
            asked.person,
            Pending(asked.requester, asked.state, request.id),
        )

    def _is_others(self, asked: Requested, link: Link) -> bool:
        """Whether moderators would lose their right by somebody who may do no more than they."""
        by = asked.person.id
        if link.right < Right.MODERATE or not link.is_live(self._access.clock()):
            return False
        if (link.maker and link.maker.id == by) or not link.users.keys() - {by}:
            return False
        address, grant = asked.asker.address, asked.asker.grant
        right = self._access.standing(link.made.about, by, address, asked.link, grant).right
        return right < Right.OPERATE

    def tell(self, asked: Requested, request: governing.Links, room: str) -> None:
        """Tell which links there are, as many as a page has of them, and who came by each."""
        governed = self._access.registry.governed(room)
        links = governed.links.values() if governed else ()
        now = self._access.clock()
        wanted = (_shown(link, now) for link in islice(links, request.skip, None))
        told, more = page_of(wanted, self._config.page_bytes)
        answer = governing_answers.LinkList(id=request.id, room=room, links=told, more=more)
        self._turn.reply(asked.requester, answer)


def _told(link: NewLink) -> governing_answers.NewLink:
    act, secret = link
    return governing_answers.NewLink(link=act.link, right=act.right, secret=secret)


def _shown(link: Link, now: int) -> governing_answers.LinkInfo:
    made = link.made
    latest = islice(reversed(link.users.values()), governing_answers.PEOPLE_LISTED)
    return governing_answers.LinkInfo(
        link=made.link,
        right=made.right,
        label=made.label,
        until=made.until,
        uses=made.uses,
        used=len(link.users),
        people=[*latest][::-1],
        by=link.maker,
        ts=link.made_at,
        live=link.is_live(now),
    )
