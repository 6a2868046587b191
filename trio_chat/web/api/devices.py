"""The routes of the HTTP API for devices: their sessions, and how far their person has read."""

from quart import Response, request

from trio_chat.config import Config
from trio_chat.protocol import answers, requests
from trio_chat.web.api import reading
from trio_chat.web.api.answering import json_of, visitor
from trio_chat.web.api.calls import Calls
from trio_chat.web.api.governing import Route
from trio_chat.web.api.schemas import MarkList, NewMark, NewSession, Pairing, Session, SessionList

SESSIONS = "/sessions"


class Devices:
    """Answers requests about the sessions and marks of whoever asks.

    Args:
        calls: Have the hub carry them out.
        config: The limits, the same as on the WebSocket.
    """

    def __init__(self, calls: Calls, config: Config) -> None:
        self._calls = calls
        self._config = config

    def routes(self) -> list[Route]:
        """Return the rules, methods and views."""
        return [
            (SESSIONS, "POST", self._begin),
            (SESSIONS, "GET", self._list),
            (SESSIONS, "DELETE", self._end),
            (f"{SESSIONS}/<session>", "DELETE", self._end),
            ("/pairings", "POST", self._pair),
            ("/marks", "GET", self._marks),
            ("/rooms/<room>/mark", "PUT", self._mark),
        ]

    async def _begin(self) -> Response:
        new = await reading.body(request, NewSession, "nick")
        fields = {"nick": new.nick, "session": new.session, "pair": new.pair}
        hello = reading.make_request(requests.Hello, fields, self._config)
        answer = await self._calls.ask(requests.Credentials(), hello, visitor())
        assert isinstance(answer, answers.Welcome)
        return json_of(
            Session(answer.session, answer.you, answer.unknown_session, answer.private), 201
        )

    async def _pair(self) -> Response:
        who = reading.author(request, visitor())
        answer = await self._calls.ask(who, requests.Pair(), visitor())
        assert isinstance(answer, answers.Pair)
        return json_of(Pairing(answer.code, answer.until), 201)

    async def _list(self) -> Response:
        who = reading.author(request, visitor())
        answer = await self._calls.ask(who, requests.Sessions(), visitor())
        assert isinstance(answer, answers.SessionList)
        return json_of(SessionList(answer.sessions))

    async def _end(self, session: str | None = None) -> Response:
        """End one session, or all of the person's."""
        who = reading.author(request, visitor())
        wanted = reading.make_request(requests.SignOut, {"session": session}, self._config)
        await self._calls.ask(who, wanted, visitor())
        return Response(b"", 204)

    async def _marks(self) -> Response:
        who = reading.author(request, visitor())
        answer = await self._calls.ask(who, requests.Marks(), visitor())
        assert isinstance(answer, answers.MarkList)
        return json_of(MarkList(answer.marks))

    async def _mark(self, room: str) -> Response:
        """Take in how far the person has read; the answer tells how far that is by now."""
        who = reading.author(request, visitor())
        new = await reading.json_body(request, NewMark)
        fields = {"room": room, "seq": new.seq, "back": new.back}
        read = reading.make_request(requests.Read, fields, self._config)
        answer = await self._calls.ask(who, read, visitor())
        assert isinstance(answer, answers.Read)
        return json_of(answers.Mark(answer.room, answer.seq, answer.back))
