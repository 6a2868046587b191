"""The endpoint for an operator's programs: a small port beside that of the chat."""

from collections.abc import Awaitable, Callable

import structlog
import trio

from trio_chat.addresses import bracketed, split_port
from trio_chat.config import Config, ConfigError
from trio_chat.net.head import Answer, Head, HttpError, last_answer, read_head
from trio_chat.net.hosts import HostNames, is_loopback
from trio_chat.net.probes import GET_OR_HEAD, NO_STORE, Probes
from trio_chat.net.streams import address_of, linger, reset_on_close

METRICS = "/metrics"
PLACES = 16  # connections at a time; further ones are closed
BACKLOG = 16  # connections that the kernel keeps meanwhile

log = structlog.get_logger()

# Returns the media type and the text of all figures for what a scraper accepts.
Scrape = Callable[[str], Awaitable[tuple[str, bytes]]]


class Endpoint:
    """Answers one request a connection, which has ``head_timeout`` and ``write_timeout``.

    It has places of its own, so it answers also when the chat has none left.

    Args:
        config: Times, and under which names it is asked.
        probes: Answer supervisors.
        scrape: Returns the figures.
    """

    def __init__(self, config: Config, probes: Probes, scrape: Scrape) -> None:
        self._config = config
        self._hosts = HostNames(config)
        self._probes = probes
        self._scrape = scrape
        self._open = 0
        self._listeners: list[trio.SocketListener] = []

    async def listen(self) -> None:
        """Open the port.

        Raises:
            ConfigError: it cannot be used.
        """
        host, port = split_port(self._config.metrics_listen)
        assert port is not None  # the setting has one
        try:
            self._listeners = await trio.open_tcp_listeners(port, host=host, backlog=BACKLOG)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(
                f"cannot listen on --metrics-listen {self._config.metrics_listen}: {reason}"
            ) from None
        port = self._listeners[0].socket.getsockname()[1]
        log.info("metrics", address=f"http://{bracketed(host)}:{port}{METRICS}")

    async def run(self) -> None:
        """Answer until cancelled."""
        await trio.serve_listeners(self.answer, self._listeners)

    async def answer(self, stream: trio.SocketStream) -> None:
        """Answer one connection. Only cancellation leaves it."""
        if self._open >= PLACES:
            return
        self._open += 1
        try:
            await self._answer(stream)
        except* (OSError, trio.BrokenResourceError):
            pass  # the peer is gone
        except* Exception:
            log.exception("a request for figures crashed")
        finally:
            self._open -= 1

    async def _answer(self, stream: trio.SocketStream) -> None:
        head: Head | None = None
        try:
            with trio.move_on_after(self._config.head_timeout):
                head = await read_head(stream, self._config.head_limit)
            answer = head and await self._answer_to(head, address_of(stream))
        except HttpError as refusal:
            answer = Answer(refusal.answer(), is_last=True)
        if answer:
            await self._send(stream, answer)

    async def _send(self, stream: trio.SocketStream, answer: Answer) -> None:
        with trio.move_on_after(self._config.write_timeout) as scope:
            await stream.send_all(answer.wire)
            await linger(stream, _for_nothing)
        if scope.cancelled_caught:
            reset_on_close(stream)

    async def _answer_to(self, head: Head, address: str) -> Answer:
        """Return the answer to a request.

        Raises:
            HttpError: it is refused.
        """
        if is_loopback(address):  # where a page could have its name lead to
            self._hosts.check(head, address)
        answer = await self._probes.answer(head)
        if answer:
            return answer
        if head.path != METRICS:
            raise HttpError(404, f"nothing here; figures are at {METRICS}")
        if head.method not in GET_OR_HEAD:
            raise HttpError(405, "figures are only read", {"Allow": "GET, HEAD"})
        media_type, figures = await self._scrape(" ".join(head.values("accept")))
        return last_answer(head, media_type, figures, headers=NO_STORE)


def _for_nothing(_: int) -> float:
    """Let what still comes be read without a pause, for the time that there is."""
    return 0.0
