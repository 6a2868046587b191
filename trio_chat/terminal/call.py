"""A call: connects to a server as the person that we were last time."""

import os
import ssl
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from trio_chat.errors import Failed, OutOfReach
from trio_chat.protocol.close import SIGNED_OUT
from trio_chat.remote import Chat, ChatError, Ended, Refused, Unreachable, connect
from trio_chat.remote.address import parse
from trio_chat.terminal.identity_store import IdentityStore
from trio_chat.terminal.sanitize import sanitize_line

OVER = "this session was ended, perhaps from another device; start again to come without it"
OTHER_NICK = "; choose another nick with --nick"
NO_OPERATOR = "the operator's link is not good, or not any more: it gives no rights"
HINTS = {  # by error code
    "bad_nick": OTHER_NICK,
    "nick_taken": OTHER_NICK,
}


class NotLetIn(Failed):
    """The server asks for something that we have not shown, or does not take ours.

    Args:
        text: What it said.
        asks_password: Whether a password would do.
    """

    def __init__(self, text: str, *, asks_password: bool) -> None:
        super().__init__(text)
        self.asks_password = asks_password


@dataclass(frozen=True)
class Call:
    """What to connect to; ``timeout`` is in seconds, for the welcome and each acknowledgement.

    ``password`` and ``token`` are for servers that ask for one; ``link`` is the secret of a link to
    the room, ``operator`` that of an operator's link, and ``pair`` a code of another device.
    ``ssl_context`` says whose certificates are believed, if not those that Python believes.
    """

    url: str
    room: str
    nick: str
    timeout: float
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)
    operator: str | None = field(default=None, repr=False)
    pair: str | None = field(default=None, repr=False)
    ssl_context: ssl.SSLContext | None = None

    @asynccontextmanager
    async def connected(self, *, wait: bool = True) -> AsyncIterator[Chat]:
        """Chat for the block, which begins after the welcome if ``wait`` is true.

        Raises:
            OutOfReach: the server did not say welcome in time.
            NotLetIn: the server asks for something that it has not got.
            Failed: the server has ended the chat, or has refused a request.
        """
        key = self._key()
        nicks = {self.nick}
        try:
            async with connect(
                self.url,
                nick=self.nick,
                session=self._session(),
                key=key,
                pair=self.pair,
                password=self.password,
                token=self.token,
                operator=self.operator,
                link=self.link,
                ssl_context=self.ssl_context,
                connect_timeout=self.timeout,
                wait=wait,
            ) as chat:
                try:
                    yield chat
                finally:
                    self._save(chat, key)
                    nicks.add(chat.me.nick)
        except ChatError as error:
            if isinstance(error, Ended) and error.code == SIGNED_OUT.code:
                self._forget(nicks)
                raise Failed(OVER) from None
            raise self._failure(error) from None

    def in_vain(self, chat: Chat) -> bool:
        """Whether we have shown an operator's link, and are no operator; asked after the welcome.

        What a link to a public room has given is not told.
        """
        return self.operator is not None and not chat.is_operator

    def _failure(self, error: ChatError) -> Failed:
        """Return what a command fails with, in words for its user."""
        text = sanitize_line(str(error))
        if isinstance(error, Unreachable):
            return OutOfReach(f"cannot reach {self.url}: {text}")
        if not isinstance(error, Refused):
            return Failed(text)
        if error.code == "unauthorized":
            return NotLetIn(text, asks_password="password" in error.access)
        return Failed(sanitize_line(f"{error}{HINTS.get(error.code, '')}"))

    def _key(self) -> str | None:
        """Return the key for our nick; without one we are another person each time."""
        try:
            return self._identities.key(self.nick)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            sys.stderr.write(f"trio-chat: cannot keep who you are: {where}{error.strerror}\n")
            return None

    def _session(self) -> str | None:
        """Return the session of our nick, if we came by another device before."""
        with suppress(OSError):
            return None if self.pair else self._identities.session(self.nick)
        return None

    def _save(self, chat: Chat, key: str | None) -> None:
        """Save what makes us the same person next time, under the present nick.

        That is the key, or the session if we came by another device: it is renewed each time.
        """
        with suppress(OSError):
            if self.pair or self._session():
                self._identities.save_session(chat.me.nick, chat.session or "")
            elif key and chat.me.nick != self.nick:
                self._identities.save(chat.me.nick, key)

    def _forget(self, nicks: Iterable[str]) -> None:
        """Forget the session, which was ended, under all nicks that we had."""
        with suppress(OSError):
            for nick in nicks:
                self._identities.forget_session(nick)

    @property
    def _identities(self) -> IdentityStore:
        return IdentityStore(parse(self.url), os.environ)
