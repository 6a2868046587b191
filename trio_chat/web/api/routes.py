"""The routes of the HTTP API: each asks the hub or the history, and returns the answer."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from quart import Request, Response, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from trio_chat.auth.grant import ANYBODY
from trio_chat.config import Config
from trio_chat.core.readers import Readers
from trio_chat.core.welcome import published_limits, published_rates
from trio_chat.journal.history import History
from trio_chat.net.eventstream import MEDIA_TYPE as EVENT_STREAM
from trio_chat.net.forwarded import HEADERS as FORWARDED
from trio_chat.net.origins import TELLING, is_welcome, readable
from trio_chat.net.problems import Problem, of_error, of_foreign_origin, of_status
from trio_chat.net.site import allowed_origins, nowhere, prefix_of
from trio_chat.protocol import answers, requests
from trio_chat.protocol.names import BadName, check_room
from trio_chat.protocol.request_error import RequestError
from trio_chat.web.api import PREFIX, reading
from trio_chat.web.api.answering import current, json_of, visitor
from trio_chat.web.api.calls import Calls
from trio_chat.web.api.devices import Devices
from trio_chat.web.api.governing import Governing, Route
from trio_chat.web.api.openapi import describe
from trio_chat.web.api.schemas import (
    EditList,
    HitList,
    LimitList,
    MessageList,
    NewMessage,
    NewText,
    Reach,
    Receipt,
    RoomList,
)
from trio_chat.web.api.uploads import Uploading
from trio_chat.web.not_found import not_found

ROOM = "/rooms/<room>"
MESSAGES = f"{ROOM}/messages"
MESSAGE = f"{MESSAGES}/<number:seq>"
EDITS = f"{MESSAGE}/edits"
EVENTS = f"{ROOM}/events"
SEARCH = f"{ROOM}/search"
PREFLIGHT_AGE = 600  # seconds for which a browser need not ask again
NO_STORE = "no-store"


class Number(IntegerConverter):
    """A number in a path, written in ASCII as all numbers of requests are."""

    regex = "[0-9]+"


class Api:
    """Answers requests below ``/api/v1``.

    Args:
        archive: Answers look-ups.
        calls: Have the hub carry out everything else.
        readers: Tells who may read.
        config: The limits, the same as on the WebSocket.
        uploading: Brings files.
    """

    def __init__(
        self,
        archive: History,
        calls: Calls,
        readers: Readers,
        config: Config,
        uploading: Uploading,
    ) -> None:
        self._uploading = uploading
        self._archive = archive
        self._calls = calls
        self._governing = Governing(calls, archive, config)
        self._devices = Devices(calls, config)
        self._readers = readers
        self._config = config
        self.reconfigure()

    def reconfigure(self) -> None:
        """Take in that settings have changed."""
        config = self._config
        self._limits = LimitList(published_limits(config), published_rates(config))
        self._description = msgspec.json.encode(describe(config))

    def install(self, app: QuartTrio) -> None:
        """Add the routes to an app."""
        app.url_map.converters["number"] = Number
        for rule, method, view in self._routes():
            app.add_url_rule(PREFIX + rule, _endpoint(method, rule), view, methods=[method])
        app.before_request(self._check)
        app.after_request(self._finish)
        app.register_error_handler(Problem, _tell)
        app.register_error_handler(HTTPException, self._translate)

    def _routes(self) -> list[Route]:
        """Return all rules, methods and views."""
        own: list[Route] = [
            ("/openapi.json", "GET", self._describe),
            ("/limits", "GET", self._tell_limits),
            ("/reachable", "GET", self._tell_reach),
            ("/rooms", "GET", self._rooms),
            (MESSAGES, "GET", self._messages),
            (MESSAGES, "POST", self._post),
            (MESSAGE, "GET", self._message),
            (MESSAGE, "PUT", self._edit),
            (MESSAGE, "DELETE", self._delete),
            (EDITS, "GET", self._edits),
            (EVENTS, "GET", self._events),
            (SEARCH, "GET", self._search),
        ]
        others = (self._governing, self._devices, self._uploading)
        return own + [route for part in others for route in part.routes()]

    async def _translate(self, error: HTTPException) -> Response | HTTPException:
        """Return an error of Quart's in the form of all problems.

        Outside the API it is left as it is, but for paths where nothing is.
        """
        asked = current()
        if not _is_ours(asked) and error.code == HTTPStatus.NOT_FOUND and _is_browser(asked):
            page = not_found(asked.accept_languages, prefix_of(self._config))
            response = Response(page, HTTPStatus.NOT_FOUND, content_type="text/html; charset=utf-8")
            response.vary.update(("Accept", "Accept-Language"))
            return response
        if not _is_ours(asked) and error.code == HTTPStatus.NOT_FOUND:
            path = asked.scope["raw_path"].decode("ascii", "replace")
            text = f"{nowhere(path, self._config)}\n"
            return Response(text, HTTPStatus.NOT_FOUND, content_type="text/plain; charset=utf-8")
        if not _is_ours(asked) or error.code is None:
            return error
        headers = {name: text for name, text in error.get_headers() if name == "Allow"}
        return await _tell(of_status(error.code, error.description or "", headers))

    # Look-ups

    async def _describe(self) -> Response:
        return json_of(self._description)

    async def _tell_limits(self) -> Response:
        return json_of(self._limits)

    async def _tell_reach(self) -> Response:
        """Tell a page that gets no WebSocket what a proxy has made of its request."""
        origin = reading.value(request, "origin")
        allowed = allowed_origins(self._config)
        welcome = origin is None or is_welcome(origin, request.host, allowed)
        ignored = any(name in request.headers for name in FORWARDED)
        interval = self._config.ping_interval
        return json_of(Reach(request.host, welcome, ignored, visitor().address, interval))

    async def _rooms(self) -> Response:
        fields = reading.numbers(request, "skip")
        answer = await self._look_up(reading.make_request(requests.Rooms, fields, self._config))
        assert isinstance(answer, answers.RoomList)
        return json_of(RoomList(answer.rooms, answer.more))

    async def _messages(self, room: str) -> Response:
        fields = {"room": room, **reading.numbers(request, "before", "after", "limit")}
        if {"before", "after"} <= fields.keys():
            raise Problem("bad_request", "give before or after, not both")
        return json_of(await self._page(fields))

    async def _message(self, room: str, seq: int) -> Response:
        page = await self._page({"room": room, "after": max(seq, 1) - 1, "limit": 1})
        if [message.seq for message in page.messages] != [seq]:
            raise Problem("not_found", "there is no such message")
        return json_of(page.messages[0])

    async def _page(self, fields: dict[str, Any]) -> MessageList:
        answer = await self._look_up(reading.make_request(requests.History, fields, self._config))
        assert isinstance(answer, answers.Page)
        return MessageList(answer.room, answer.messages, answer.more)

    async def _edits(self, room: str, seq: int) -> Response:
        fields = {"room": room, "seq": seq, **reading.numbers(request, "after", "limit")}
        answer = await self._look_up(reading.make_request(requests.Edits, fields, self._config))
        assert isinstance(answer, answers.EditList)
        return json_of(EditList(answer.room, answer.seq, answer.versions, answer.more))

    async def _search(self, room: str) -> Response:
        fields = {
            "room": room,
            "query": reading.value(request, "q") or "",
            "from": reading.value(request, "from"),
            **reading.numbers(request, "since", "until", "before", "limit"),
        }
        search = reading.make_request(requests.Search, fields, self._config)
        answer = await self._look_up(search)
        assert isinstance(answer, answers.SearchResult)
        return json_of(HitList(answer.room, answer.hits, answer.more))

    async def _events(self, room: str) -> Response:
        """Answer ``HEAD``; the acceptor serves every ``GET`` as an event stream."""
        try:
            room = check_room(room, self._config.room_limit)
        except BadName as error:
            raise Problem("bad_room", str(error)) from None
        self._check_reader(requests.Join(room=room))
        fault = await self._archive.name_fault(room)
        if fault:
            raise of_error(fault)
        response = Response(b"", content_type=EVENT_STREAM)
        del response.headers["Content-Length"]  # a stream has none
        return response

    async def _look_up(self, wanted: requests.LookUp) -> answers.Answer:
        """Answer a request that only reads, for whoever sends it.

        Raises:
            Problem: the policy forbids it, or it fails.
        """
        self._check_reader(wanted)
        answer = await self._archive.answer((visitor().grant or ANYBODY).narrowed(wanted))
        if isinstance(answer, answers.Error):
            raise of_error(answer)
        return answer

    def _check_reader(self, wanted: requests.Join | requests.LookUp) -> None:
        """See that whoever sends a request may read.

        Raises:
            Problem: the policy forbids it.
        """
        who = visitor()
        grant = who.grant or ANYBODY
        try:
            self._readers.check(
                wanted, who.address, session=who.session, link=who.link, grant=grant
            )
        except RequestError as error:
            raise of_error(error.answer) from None

    # Changes

    async def _post(self, room: str) -> Response:
        posted = current()
        new = await reading.body(posted, NewMessage, "text")
        who = reading.credentials(posted, visitor(), new.sender)
        cid = reading.cid(posted, new.cid)
        fields = {"room": room, "text": new.text, "reply": new.reply, "cid": cid}
        fields["files"] = msgspec.to_builtins(new.files)
        receipt = await self._keep(requests.Send, fields, who)
        response = json_of(receipt, 200 if receipt.dup else 201)
        path = prefix_of(self._config) + quote(posted.path)
        response.headers["Location"] = f"{path}/{receipt.seq}"
        return response

    async def _edit(self, room: str, seq: int) -> Response:
        who = reading.author(request, visitor())
        new = await reading.body(request, NewText, "text")
        fields = {"room": room, "seq": seq, "text": new.text, "cid": reading.cid(request)}
        return json_of(await self._keep(requests.Edit, fields, who))

    async def _delete(self, room: str, seq: int) -> Response:
        who = reading.author(request, visitor())
        why = reading.value(request, "why") or ""
        fields = {"room": room, "seq": seq, "cid": reading.cid(request), "why": why}
        return json_of(await self._keep(requests.Delete, fields, who))

    async def _keep(
        self, kind: type[requests.WriteRequest], fields: dict[str, Any], who: requests.Credentials
    ) -> Receipt:
        write = reading.make_request(kind, fields, self._config)
        answer = await self._calls.ask(who, write, visitor())
        assert isinstance(answer, answers.Ok)
        assert answer.seq is not None
        assert answer.ts is not None
        return Receipt(answer.seq, answer.ts, answer.dup)

    # Common to all

    async def _check(self) -> None:
        """Refuse pages of foreign origins, and requests that do not accept the answer's type."""
        asked = current()
        if not _is_ours(asked):
            return
        for origin in asked.headers.getlist("Origin"):
            if not is_welcome(origin, asked.host, allowed_origins(self._config)):
                raise of_foreign_origin(origin)
        is_stream = asked.endpoint == _endpoint("GET", EVENTS)
        reading.check_accepted(asked, EVENT_STREAM if is_stream else reading.JSON)

    async def _finish(self, response: Response) -> Response:
        """Let pages of allowed origins read the answer, and no cache store it but for files."""
        asked, headers = current(), response.headers
        if not asked.path.startswith(TELLING):
            return response
        is_ours = _is_ours(asked)
        if is_ours:
            headers["Cache-Control"] = NO_STORE
        headers["Vary"] = "Origin"
        origin = asked.headers.get("Origin", "")
        told = readable(origin, asked.host, allowed_origins(self._config))
        headers.update(told)
        if is_ours and told and "Access-Control-Request-Method" in asked.headers:
            headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
            headers["Access-Control-Allow-Headers"] = (
                "Authorization, Content-Disposition, Content-Type, Idempotency-Key, "
                "Last-Event-ID, Room-Link, Tus-Resumable, Upload-Length, Upload-Metadata, "
                "Upload-Offset"
            )
            headers["Access-Control-Max-Age"] = str(PREFLIGHT_AGE)
        return response


def _is_browser(asked: Request) -> bool:
    """Whether a page is wanted rather than a line; programs that take anything get a line."""
    return "text/html" in asked.accept_mimetypes.values()


def _is_ours(asked: Request) -> bool:
    return asked.path.startswith("/api/")


def _endpoint(method: str, rule: str) -> str:
    return f"api:{method} {rule}"


async def _tell(problem: Problem) -> Response:
    return Response(
        problem.body(), problem.status.value, problem.headers, content_type=problem.media_type
    )
