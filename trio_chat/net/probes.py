"""Probes: answers supervisors that ask whether the server is well, in words or by status alone."""

import socket
from collections.abc import Awaitable, Callable, Mapping

from trio_chat.net.head import Answer, Head, HttpError, last_answer, path_of
from trio_chat.net.streams import AnyStream, socket_of

GET_OR_HEAD = ("GET", "HEAD")
PEEKED = 64  # bytes of a request that are looked at; its path is among them
NO_STORE = {"Cache-Control": "no-store"}

Check = Callable[[], Awaitable[str | None]]  # returns what is wrong, ``None`` if nothing is


class Probes:
    """Answers requests for some paths; others are none of its business.

    Args:
        checks: What is looked at for which path.
        tells_why: Whether the answer has a reason; strangers are told none.
        remark: Returns what is said besides when nothing is wrong.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        tells_why: bool = False,
        remark: Callable[[], str] = str,
    ) -> None:
        self._checks = checks
        self._remark = remark
        self._tells_why = tells_why

    async def answer(self, head: Head, prefix: str = "") -> Answer | None:
        """Return the answer to a request, ``None`` if it is for something else.

        It waits for no longer than the check does. The path may have a prefix, or none.
        """
        check = self._checks.get(head.path.removeprefix(prefix))
        if check is None or head.method not in GET_OR_HEAD:
            return None
        told = await self._judged(check)
        kind, status = told.media_type, told.status.value
        return last_answer(head, kind, told.body(), status=status, headers=NO_STORE)

    async def peek(self, stream: AnyStream, prefix: str = "") -> HttpError | None:
        """Return the answer to a connection that is refused otherwise, if it is a probe's.

        What has come of its request is looked at, and not waited for. Over TLS nothing can be seen.
        """
        sock = socket_of(stream)
        if sock is None:
            return None
        try:
            begun = sock.recv(PEEKED, socket.MSG_PEEK)
        except OSError:
            return None
        finally:
            sock.detach()
        path = path_of(begun).removeprefix(prefix) if begun.startswith(b"GET ") else ""
        check = self._checks.get(path)
        return await self._judged(check) if check else None

    async def _judged(self, check: Check) -> HttpError:
        fault = await check()
        if fault is None:
            return HttpError(200, f"ok{self._remark()}", NO_STORE)
        return HttpError(503, fault if self._tells_why else "not ok", NO_STORE)


NO_PROBES = Probes({})
