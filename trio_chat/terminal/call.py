"""A call: whom to reach, where and as whom; and what keeps us the same person."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from trio_chat.commands import Failed, OutOfReach
from trio_chat.remote import Chat, ChatError, Refused, Unreachable, connect
from trio_chat.remote.address import parse
from trio_chat.terminal.cleaning import clean_line
from trio_chat.terminal.keepsake import Keepsake

NICKS = {"bad_nick", "nick_taken"}  # codes with which a nick is refused


@dataclass(frozen=True)
class Call:
    """What was asked for: ``timeout`` is in seconds, for the server to be there and to answer."""

    url: str
    room: str
    nick: str
    timeout: float

    @asynccontextmanager
    async def connected(self, *, wait: bool = True) -> AsyncIterator[Chat]:
        """Chat for the block; with ``wait``, once the server has said welcome.

        Raises:
            OutOfReach: it did not in time.
            Failed: the chat is over, and the server has told why; or something was refused.
        """
        try:
            async with connect(
                self.url,
                nick=self.nick,
                session=self._keepsake.read(self.nick),
                patience=self.timeout,
                wait=wait,
            ) as chat:
                try:
                    yield chat
                finally:
                    self._keep_at_last(chat)
        except Unreachable as error:
            raise OutOfReach(f"cannot reach {self.url}: {clean_line(str(error))}") from None
        except Refused as error:
            hint = "; choose another nick with --nick" if error.code in NICKS else ""
            raise Failed(clean_line(f"{error}{hint}")) from None
        except ChatError as error:
            raise Failed(clean_line(str(error))) from None

    def keep(self, chat: Chat) -> None:
        """Keep who we are, under the nick that was asked for and that of now.

        Raises:
            OSError: it cannot be kept.
        """
        for nick in {self.nick, chat.me.nick}:
            if chat.session:
                self._keepsake.keep(nick, chat.session)

    def _keep_at_last(self, chat: Chat) -> None:
        try:
            self.keep(chat)
        except OSError as error:
            print(f"trio-chat: cannot keep the session: {error.strerror}", file=sys.stderr)

    @property
    def _keepsake(self) -> Keepsake:
        return Keepsake(parse(self.url), os.environ)
