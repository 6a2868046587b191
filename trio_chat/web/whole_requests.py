"""Requests that have come as a whole: an app of Quart's answers them in the task that asks it."""

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from quart import Quart, Response
from quart.utils import encode_headers
from quart_trio.asgi import TrioASGIHTTPConnection

from trio_chat.net.origins import SAFE_METHODS
from trio_chat.web.hypercorn_bridge import IS_WHOLE


class OneRequest(TrioASGIHTTPConnection):
    """One request to an app.

    Quart-Trio starts two tasks for each: one reads the body, and then waits until the peer is gone;
    the other one answers. Both are of use for a body that has not come yet, and for a look-up,
    which ends with the peer that wants it. What changes something is carried out in any case.
    """

    def __init__(self, app: Quart, scope: HTTPScope) -> None:
        super().__init__(app, scope)
        is_whole = scope.get(IS_WHOLE, False)
        self._is_whole = bool(is_whole) and scope["method"] not in SAFE_METHODS

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer the request."""
        if not self._is_whole:
            await super().__call__(receive, send)
            return
        request = self._create_request_from_scope(send)
        is_complete = False
        while not is_complete:
            message = await receive()
            assert message["type"] == "http.request"
            request.body.append(message["body"])
            is_complete = not message["more_body"]
        request.body.set_complete()
        response = await self.app.handle_request(request)
        if isinstance(response, Response):
            await self._send_at_once(send, response)
        else:
            await self._send_response(send, response)

    async def _send_at_once(self, send: ASGISendCallable, response: Response) -> None:
        """Send an answer that is in memory in two messages, instead of three."""
        status, headers = response.status_code, encode_headers(response.headers)
        data = await response.get_data(as_text=False)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data, "more_body": False})
