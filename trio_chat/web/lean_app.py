"""An app of Quart-Trio without the parts of Quart that this project does not use."""

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from quart.ctx import RequestContext
from quart.globals import _cv_request
from quart.typing import ResponseReturnValue, ResponseTypes
from quart.wrappers import Request
from quart.wrappers.base import BaseRequestWebsocket
from quart_trio import QuartTrio
from werkzeug.routing import MapAdapter

P = ParamSpec("P")


class LeanApp(QuartTrio):
    """An app whose functions are all async, without sessions, blueprints and app contexts.

    Quart looks for each of them with every request. Routes and the handlers of errors are Quart's
    own; around a request, what ``before_request`` and ``after_request`` have taken in is called, in
    that order, and nothing else. There are no ``current_app`` and ``g``.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Return what finds the route; no answer depends on the host that a request names."""
        if request is None:
            return None
        return MapAdapter(self.url_map, "", "/", None, "http", request.path, request.method)

    def request_context(self, request: Request) -> RequestContext:
        """Return what is known of a request while it is answered."""
        return _Context(self, request)

    def ensure_async(self, func: Callable[P, Any]) -> Callable[P, Awaitable[Any]]:
        """Return a function as it is."""
        return func

    async def preprocess_request(
        self, _: RequestContext | None = None
    ) -> ResponseReturnValue | None:
        """Do what comes before each answer, unless that is an answer itself."""
        for check in self.before_request_funcs[None]:
            answer: ResponseReturnValue | None = await self.ensure_async(check)()
            if answer is not None:
                return answer
        return None

    async def process_response(
        self, response: ResponseTypes, _: RequestContext | None = None
    ) -> ResponseTypes:
        """Do what comes behind each answer."""
        for finish in self.after_request_funcs[None]:
            response = await self.ensure_async(finish)(response)
        return response


class _Context(RequestContext):
    """A request, in the task that answers it."""

    async def push(self) -> None:
        """Begin to answer."""
        self._cv_tokens.append((_cv_request.set(self), None))
        self.match_request()

    async def pop(self, _: BaseException | None = None) -> None:
        """Be done."""
        begun, _app_context = self._cv_tokens.pop()
        _cv_request.reset(begun)
