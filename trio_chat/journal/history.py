"""History: answers what clients look up, from the journal and beside the hub's turns."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

import msgspec

from trio_chat.config import Config
from trio_chat.journal.journal import Journal
from trio_chat.journal.search.marker import Marker
from trio_chat.journal.search.query import BadQuery, parse
from trio_chat.journal.types import (
    NO_SUCH_MESSAGE,
    Bounds,
    Place,
    Unavailable,
    Unsearchable,
)
from trio_chat.protocol import answers, requests
from trio_chat.protocol.acts import Reported
from trio_chat.protocol.governing_answers import ActInfo, ActList
from trio_chat.protocol.names import BadName, check_new_room, check_room, is_private
from trio_chat.protocol.unicode import cut

ROOMS_LISTED = 1000
TOPIC_LISTED = 250  # characters of a topic in the list


class History:
    """Looks things up.

    Args:
        journal: Where.
        config: How much at once.
        populations: Tells how many are in each room that anybody is in.
    """

    def __init__(
        self, journal: Journal, config: Config, populations: Callable[[], Mapping[str, int]]
    ) -> None:
        self._journal = journal
        self._config = config
        self._populations = populations
        self._marker = Marker()

    async def answer(self, request: requests.AnyRequest | ActList) -> answers.Answer:
        """Return the answer to a request for something that is kept, or complete one."""
        try:
            if isinstance(request, ActList):
                return await self._without_reasons(request)
            return await self._look_up(request)
        except (BadName, BadQuery, Unavailable, Unsearchable) as error:
            refusal = _refusal(error)
            refusal.id = request.id
            return refusal

    async def _look_up(self, request: requests.AnyRequest) -> answers.Answer:
        if isinstance(request, requests.History):
            return await self._history(request)
        if isinstance(request, requests.Edits):
            return await self._versions(request)
        if isinstance(request, requests.Search):
            return await self._search(request)
        assert isinstance(request, requests.Rooms)
        return await self._rooms(request)

    async def _without_reasons(self, told: ActList) -> ActList:
        """Return acts without what was said of messages that are gone, to report them."""
        gone = await self._journal.gone({*filter(None, map(_reported, told.acts))})
        for info in told.acts:
            if _reported(info) in gone:
                info.act = msgspec.structs.replace(info.act, why="")
        return told

    async def name_fault(self, room: str) -> answers.Error | None:
        """Return why nobody may come into a room: it is not there, and no new one may be called so.

        The journal is asked of such a name alone.

        Args:
            room: The name in its normal form.
        """
        try:
            check_new_room(room)
        except BadName as error:
            try:
                is_there = await self._journal.rooms(1, frozenset({room}))
            except Unavailable as unavailable:
                return _refusal(unavailable)
            return None if is_there else _refusal(error)
        return None

    async def missed(self, room: str, after: int) -> list[tuple[int, bytes]]:
        """Return a page of what followed a number, encoded, each with its own.

        Raises:
            Unavailable: it cannot be read just now.
        """
        config = self._config
        return await self._journal.after(room, after, config.resume_limit, config.page_bytes)

    async def _history(self, request: requests.History) -> answers.Page:
        room = check_room(request.room, self._config.room_limit)
        limit = min(request.limit, self._config.history_page)
        messages, more = await self._journal.messages(
            room,
            before=request.before,
            after=request.after,
            limit=limit,
            max_bytes=self._config.page_bytes,
        )
        return answers.Page(id=request.id, room=room, messages=messages, more=more)

    async def _versions(self, request: requests.Edits) -> answers.EditList | answers.Error:
        room, seq = check_room(request.room, self._config.room_limit), request.seq
        limit = min(request.limit, self._config.history_page)
        after = -1 if request.after is None else request.after
        max_bytes = self._config.page_bytes
        page = await self._journal.versions(Place(room, seq), after, limit, max_bytes)
        if page is None:
            return answers.Error(id=request.id, **NO_SUCH_MESSAGE._asdict())
        return answers.EditList(
            id=request.id, room=room, seq=seq, versions=page.versions, more=page.more
        )

    async def _search(self, request: requests.Search) -> answers.SearchResult:
        room = check_room(request.room, self._config.room_limit)
        query = parse(request.query)
        limit = min(request.limit, self._config.history_page)
        bounds = Bounds(request.who, request.since, request.until, request.before)
        messages, more = await self._journal.search(
            room, query, bounds, limit, self._config.page_bytes
        )
        hits = await self._marker.hits(messages, query)
        return answers.SearchResult(id=request.id, room=room, hits=hits, more=more)

    async def _rooms(self, request: requests.Rooms) -> answers.RoomList:
        among = request.names if isinstance(request, requests.RoomsAmong) else None
        populations = self._populations()
        listed = {
            name: answers.RoomInfo(name, populations.get(name, 0), ts, cut(topic, TOPIC_LISTED))
            for name, topic, ts in await self._journal.rooms(request.skip + ROOMS_LISTED + 1, among)
        }
        silent = [
            answers.RoomInfo(name, population, 0)
            for name, population in populations.items()
            if name not in listed
            and population
            and not is_private(name)  # followers do not count
            and (among is None or name in among)
        ]
        rooms = [*listed.values(), *silent][request.skip :]
        shown = self._fit([answers.encode(room) for room in rooms[:ROOMS_LISTED]])
        return answers.RoomList(id=request.id, rooms=rooms[:shown], more=shown < len(rooms))

    def _fit(self, encoded: Sequence[bytes]) -> int:
        """Return how many of these fit into a page, with a comma behind each."""
        sizes = accumulate(len(data) + 1 for data in encoded)
        return sum(size <= self._config.page_bytes for size in sizes)


def _reported(info: ActInfo) -> Place | None:
    """Return where the message is that an act reports; ``None`` if it is no report."""
    return Place(info.act.about, info.act.target) if isinstance(info.act, Reported) else None


def _refusal(error: BadName | BadQuery | Unavailable | Unsearchable) -> answers.Error:
    """Return how to tell what went wrong."""
    match error:
        case BadName():
            return answers.Error(code="bad_room", text=str(error))
        case BadQuery():
            return answers.Error(code="bad_request", text=str(error))
        case Unsearchable():
            return answers.Error(code="unsupported", text="this server's SQLite cannot search")
        case _:
            return answers.Error(
                code="unavailable",
                text="the journal cannot be read just now",
                retry_ms=error.retry_ms,
            )
