"""An app of Quart-Trio without the parts of Quart that this project does not use."""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, ParamSpec, cast

from quart.ctx import RequestContext
from quart.globals import _cv_request
from quart.routing import QuartRule
from quart.typing import ResponseTypes
from quart.wrappers import Request
from quart.wrappers.base import BaseRequestWebsocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

ROUTES = 256  # paths whose routes are remembered
NOWHERE = ""  # the host for which they are

P = ParamSpec("P")


class LeanApp(QuartTrio):
    """An app whose functions are all async, without sessions, blueprints and app contexts.

    Quart looks for each of them with every request. Routes, ``before_request``, ``after_request``
    and the handlers of errors are Quart's own; ``current_app`` and ``g`` are not there.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self._adapter = self.url_map.bind(NOWHERE)
        self.route_of = lru_cache(ROUTES)(self._route_of)

    def _route_of(self, path: str, method: str) -> tuple[QuartRule, Mapping[str, Any]]:
        """Return the rule for a path, and what the path tells.

        Raises:
            HTTPException: there is none.
        """
        rule, told = self._adapter.match(path, method, return_rule=True)
        return cast("QuartRule", rule), told

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Return what finds the route; no answer depends on the host that a request names."""
        if request is None:
            return None
        path, method = request.path, request.method
        return MapAdapter(self.url_map, NOWHERE, "/", None, "http", path, method)

    def request_context(self, request: Request) -> RequestContext:
        """Return what is known of a request while it is answered."""
        return _Context(self, request)

    def ensure_async(self, func: Callable[P, Any]) -> Callable[P, Awaitable[Any]]:
        """Return a function as it is."""
        return func

    async def preprocess_request(self, _: RequestContext | None = None) -> None:
        """Do what comes before each answer."""
        for check in self.before_request_funcs[None]:
            await self.ensure_async(check)()

    async def process_response(
        self, response: ResponseTypes, _: RequestContext | None = None
    ) -> ResponseTypes:
        """Do what comes behind each answer."""
        for finish in self.after_request_funcs[None]:
            response = await self.ensure_async(finish)(response)
        return response


class _Context(RequestContext):
    """A request, in the task that answers it."""

    app: LeanApp

    def match_request(self) -> None:
        """Find the route."""
        asked = self.request
        try:
            asked.url_rule, told = self.app.route_of(asked.path, asked.method)
        except HTTPException as error:
            asked.routing_exception = error
        else:
            asked.view_args = dict(told)

    async def push(self) -> None:
        """Begin to answer."""
        self._cv_tokens.append((_cv_request.set(self), None))
        self.match_request()

    async def pop(self, _: BaseException | None = None) -> None:
        """Be done."""
        begun, _app_context = self._cv_tokens.pop()
        _cv_request.reset(begun)
