"""The routes of the HTTP API for rooms that are made, their links and rules, and for moderators."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from quart import Response, request

from trio_chat.config import Config
from trio_chat.journal.history import History
from trio_chat.net.problems import of_error
from trio_chat.protocol import answers, governing, governing_answers
from trio_chat.web.api import reading, schemas
from trio_chat.web.api.answering import json_of, visitor
from trio_chat.web.api.calls import Calls

ROOMS = "/rooms"
ROOM = "/rooms/<room>"
EVERYWHERE = ""  # the room of what an operator does in all rooms

Route = tuple[str, str, Callable[..., Awaitable[Response]]]


class Governing:
    """Answers requests of those who make rooms, of moderators and of operators.

    Args:
        calls: Have the hub carry them out.
        archive: Knows of which messages nothing may be told.
        config: The limits, the same as on the WebSocket.
    """

    def __init__(self, calls: Calls, archive: History, config: Config) -> None:
        self._calls = calls
        self._archive = archive
        self._config = config

    def routes(self) -> list[Route]:
        """Return the rules, methods and views."""
        return [
            (ROOMS, "POST", self._create),
            (f"{ROOM}/links", "GET", self._links),
            (f"{ROOM}/links", "POST", self._make_link),
            (f"{ROOM}/links/<link>", "DELETE", self._end_link),
            (f"{ROOM}/rules", "PUT", self._set_rules),
            (f"{ROOM}/raids", "POST", self._raid),
            ("/raids", "POST", self._raid),
            (f"{ROOM}/messages/<number:seq>/reports", "POST", self._report),
            (f"{ROOM}/held", "GET", self._held),
            (f"{ROOM}/held/<number:held>", "POST", self._review),
            ("/nicks/<nick>", "DELETE", self._free_nick),
            *self._of_acts(f"{ROOM}/acts"),
            *self._of_acts("/acts"),
        ]

    def _of_acts(self, path: str) -> list[Route]:
        return [
            (path, "GET", self._audit),
            (path, "POST", self._moderate),
            (f"{path}/<number:act>", "DELETE", self._undo),
        ]

    async def _create(self) -> Response:
        made = await self._ask(governing.Create, await _fields(schemas.NewRoom))
        assert isinstance(made, governing_answers.Created)
        return json_of(schemas.MadeRoom(made.room, made.title, made.links), 201)

    async def _links(self, room: str) -> Response:
        fields = {"room": room, **reading.numbers(request, "skip")}
        told = await self._ask(governing.Links, fields)
        assert isinstance(told, governing_answers.LinkList)
        return json_of(schemas.LinkList(told.room, told.links, told.more))

    async def _make_link(self, room: str) -> Response:
        fields = await _fields(schemas.WantedLink)
        made = await self._ask(governing.MakeLink, {"room": room, **fields})
        assert isinstance(made, governing_answers.LinkMade)
        return json_of(made.link, 201)

    async def _end_link(self, room: str, link: str) -> Response:
        return self._receipt(await self._ask(governing.EndLink, {"room": room, "link": link}))

    async def _set_rules(self, room: str) -> Response:
        fields = await _fields(schemas.NewRules)
        return self._receipt(await self._ask(governing.SetRules, {"room": room, **fields}))

    async def _moderate(self, room: str = EVERYWHERE) -> Response:
        fields = await _fields(schemas.NewAct)
        return self._receipt(await self._ask(governing.Moderate, {"room": room, **fields}))

    async def _raid(self, room: str = EVERYWHERE) -> Response:
        fields = await _fields(schemas.NewRaid)
        told = await self._ask(governing.Raid, {"room": room, **fields})
        if isinstance(told, governing_answers.RaidPreview):
            preview = schemas.Preview(
                told.until,
                told.count,
                told.people,
                told.addresses,
                told.messages,
                told.rooms,
                told.shared,
                told.regulars,
            )
            return json_of(preview)
        return self._receipt(told)

    async def _report(self, room: str, seq: int) -> Response:
        fields = await _fields(schemas.NewReport)
        told = await self._ask(governing.Report, {"room": room, "seq": seq, **fields})
        return self._receipt(told)

    async def _held(self, room: str) -> Response:
        told = await self._ask(governing.Held, {"room": room})
        assert isinstance(told, governing_answers.HeldList)
        return json_of(schemas.HeldList(told.messages, told.more))

    async def _review(self, room: str, held: int) -> Response:
        fields = await _fields(schemas.NewReview)
        told = await self._ask(governing.Review, {"room": room, "held": held, **fields})
        return self._receipt(told) if fields["act"] == "approve" else Response(b"", 204)

    async def _audit(self, room: str = EVERYWHERE) -> Response:
        fields = {"room": room, **reading.numbers(request, "before", "limit")}
        found = await self._ask(governing.Audit, fields)
        assert isinstance(found, governing_answers.ActList)
        told = await self._archive.answer(found)
        if isinstance(told, answers.Error):
            raise of_error(told)
        assert isinstance(told, governing_answers.ActList)
        return json_of(schemas.ActList(told.acts, told.more))

    async def _undo(self, act: int, room: str = EVERYWHERE) -> Response:
        return self._receipt(await self._ask(governing.Undo, {"room": room, "act": act}))

    async def _free_nick(self, nick: str) -> Response:
        return self._receipt(await self._ask(governing.FreeNick, {"nick": nick}))

    def _receipt(self, told: answers.Answer) -> Response:
        assert isinstance(told, answers.Ok)
        assert told.seq is not None
        assert told.ts is not None
        return json_of(schemas.Receipt(told.seq, told.ts, shared=told.shared))

    async def _ask(
        self, kind: type[governing.AnyGoverning], fields: dict[str, Any]
    ) -> answers.Answer:
        """Have the hub carry out a request of a person.

        Raises:
            Problem: it cannot, or there is nobody's session.
        """
        who = reading.author(request, visitor())
        made = reading.make_request(kind, fields, self._config)
        return await self._calls.ask(who, made, visitor())


async def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the fields of a body of JSON that are given.

    Raises:
        Problem: it is none of this kind.
    """
    fields: dict[str, Any] = msgspec.to_builtins(await reading.json_body(request, kind))
    return fields
