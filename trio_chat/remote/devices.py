"""Devices: what is asked of a chat by whoever has several of them, or has lost one."""

from collections.abc import Mapping
from types import MappingProxyType

from trio_chat.protocol import answers, governing, requests
from trio_chat.remote.conversation import Conversation


class Devices:
    """The part of a ``Chat`` about sessions, other devices and nicks that are kept.

    Each method waits for the answer, across reconnects, and raises ``Refused`` if the server does
    not grant it.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    @property
    def marks(self) -> Mapping[str, int]:
        """The number of the last message that we have read on any device, by room."""
        return MappingProxyType(self._conversation.marks)

    async def sessions(self) -> list[answers.SessionInfo]:
        """Return our sessions, the one seen last first; ``here`` is the one of this chat."""
        pending = self._conversation.pending
        return (await pending.request(requests.Sessions(), answers.SessionList)).sessions

    async def sign_out(self, session: str | None = None, *, forget: bool = False) -> None:
        """End one of our sessions by its id, or all, this one too.

        The end of this one ends the chat: ``connect`` raises ``Ended`` with the code 4506.

        Args:
            session: Its id from ``sessions``.
            forget: Whether our nick is free then, too, if all end.
        """
        request = requests.SignOut(session=session, forget=forget)
        await self._conversation.pending.request(request, answers.Ok)

    async def pair(self) -> answers.Pair:
        """Return a code by which another device comes as us, once and within ten minutes.

        It is for ``connect``, or with ``/#pair=CODE`` behind the server's address for a browser.

        Raises:
            Refused: ``unsupported`` if what lets us in says who we are.
            Lost: the connection was lost before the answer.
        """
        pending = self._conversation.pending
        return await pending.request(requests.Pair(), answers.Pair, is_once=True)

    async def free_nick(self, nick: str) -> None:
        """Let others have a nick that is kept for somebody who is not here, as an operator.

        Raises:
            Refused: ``not_found`` if nobody has it, ``nick_taken`` if they are here.
            Lost: the connection was lost before the answer.
        """
        request = governing.FreeNick(nick=nick)
        await self._conversation.pending.request(request, answers.Ok, is_once=True)
