"""The archive: answers what clients look up, from the journal and beside the hub's turns."""

from collections.abc import Callable, Iterable, Mapping

import trio

from trio_chat.config import Config
from trio_chat.journal.search.query import BadQuery, parse
from trio_chat.journal.search.snippets import make_hits
from trio_chat.journal.types import Bounds, Journal, Unavailable, Unsearchable
from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.names import BadName, check_room

ROOMS_LISTED = 1000
MARKERS = 2  # searches at a time whose hits are made, each in a worker thread


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
        self._markers = trio.CapacityLimiter(MARKERS)

    async def answer(self, request: requests.AnyRequest) -> answers.Answer:
        """Return the answer to a request for something that is kept."""
        try:
            return await self._look_up(request)
        except (BadName, BadQuery, Unavailable, Unsearchable) as error:
            refusal = _refusal(error)
            refusal.id = request.id
            return refusal

    async def _look_up(self, request: requests.AnyRequest) -> answers.Answer:
        if isinstance(request, requests.History):
            return await self._history(request)
        if isinstance(request, requests.Search):
            return await self._search(request)
        return await self._rooms(request)

    async def missed(self, room: str, after: int) -> list[tuple[int, bytes]]:
        """Return a page of what followed a number, encoded, each with its own.

        Raises:
            Unavailable: it cannot be read just now.
        """
        return await self._journal.after(room, after, self._config.resume_limit)

    async def _history(self, request: requests.History) -> answers.Page:
        room = check_room(request.room, self._config.room_limit)
        limit = min(request.limit, self._config.history_page)
        found = await self._journal.messages(
            room, before=request.before, after=request.after, limit=limit + 1
        )
        said = outcome(found)
        more = len(said) > limit
        if more:  # the one too many only tells that there are more
            said = said[:limit] if request.after is not None else said[-limit:]
        return answers.Page(id=request.id, room=room, messages=said, more=more)

    async def _search(self, request: requests.Search) -> answers.SearchResult:
        room = check_room(request.room, self._config.room_limit)
        query = parse(request.query)
        limit = min(request.limit, self._config.history_page)
        bounds = Bounds(request.who, request.since, request.until, request.before)
        said = outcome(await self._journal.search(room, query, bounds, limit + 1))
        hits = await trio.to_thread.run_sync(make_hits, said[:limit], query, limiter=self._markers)
        return answers.SearchResult(id=request.id, room=room, hits=hits, more=len(said) > limit)

    async def _rooms(self, request: requests.AnyRequest) -> answers.RoomList:
        populations = self._populations()
        listed = {
            name: answers.RoomInfo(name, populations.get(name, 0), ts, topic)
            for name, topic, ts in await self._journal.rooms(ROOMS_LISTED)
        }
        silent = [
            answers.RoomInfo(name, population, 0)
            for name, population in populations.items()
            if name not in listed and population  # followers do not count
        ]
        rooms = [*listed.values(), *silent][:ROOMS_LISTED]
        return answers.RoomList(id=request.id, rooms=rooms)


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


def outcome(found: Iterable[events.AnyStoredEvent]) -> list[answers.MessageView]:
    """Return messages as they stand, of messages and, behind these, what changed them."""
    said: dict[int, answers.MessageView] = {}
    for event in found:
        if isinstance(event, events.Message):
            said[event.seq] = answers.MessageView(
                seq=event.seq,
                ts=event.ts,
                text=event.text,
                who=event.who,
                cid=event.cid,
                reply=event.reply,
                deleted=event.deleted,
            )
        elif not isinstance(event, events.Topic):
            _change(said[event.target], event)
    return list(said.values())


def _change(said: answers.MessageView, event: events.Edit | events.Delete | events.React) -> None:
    match event:
        case events.Edit(text=text):
            said.text = text
            said.edited = True
        case events.Delete():
            said.text = ""
            said.deleted = True
        case events.React(emoji=emoji, on=on, who=who) if who:
            people = [person for person in said.reactions.get(emoji, []) if person.id != who.id]
            said.reactions = {**said.reactions, emoji: [*people, who] if on else people}
            if not said.reactions[emoji]:
                del said.reactions[emoji]
