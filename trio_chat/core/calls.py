"""Calls: requests that come without a connection, each of which gets an answer or is written."""

from functools import partial

from trio_chat.core.callers import Callers
from trio_chat.core.claims import Claims, Unclaimed
from trio_chat.core.effects import Turn
from trio_chat.core.handlers import Handlers
from trio_chat.core.held import HeldMessages
from trio_chat.core.messages import ApiRequest
from trio_chat.core.pending_writes import Pending, PendingWrites
from trio_chat.files.uploads import Uploads
from trio_chat.protocol import requests
from trio_chat.protocol.request_error import RequestError

OF_DEVICES = requests.Marks | requests.Sessions | requests.SignOut | requests.Pair


class Calls:
    """Has callers granted what they ask for, or answered why not.

    Args:
        callers: Grant it.
        handlers: Tell why not.
        claims: Claim nicks that a call has to wait for.
        held: Gets messages that wait for approval.
        pending: Has what was handed to the journal.
        turn: Where answers and writes go.
        uploads: The files that messages may have.
    """

    def __init__(
        self,
        callers: Callers,
        handlers: Handlers,
        claims: Claims,
        held: HeldMessages,
        pending: PendingWrites,
        turn: Turn,
        uploads: Uploads,
    ) -> None:
        self._callers = callers
        self._handlers = handlers
        self._claims = claims
        self._held = held
        self._pending = pending
        self._turn = turn
        self._uploads = uploads

    def take(self, message: ApiRequest, again: Unclaimed | None = None) -> None:
        """Grant a call, or answer why not.

        Args:
            message: The call.
            again: What was claimed for it, if it had to wait for that.
        """
        caller, credentials, request, grant, label = message
        now = self._turn.now
        try:
            if isinstance(request, requests.Hello):
                welcome = self._callers.introduce(caller, request, now, grant, label, again)
                self._turn.reply(caller, welcome)
                return
            if isinstance(request, OF_DEVICES):
                self._callers.see_to_devices(caller, credentials, request, now, grant)
                return
            if isinstance(request, requests.Read):
                self._callers.read(caller, credentials, request, now, grant)
                return
            if isinstance(request, requests.Upload):
                self._callers.upload(caller, credentials, request, now, grant)
                return
            self._pending.check_room()
            if not isinstance(request, requests.WriteRequest):
                self._callers.govern(caller, credentials, request, now, grant, again)
                return
            write = self._callers.write(caller, credentials, request, now, grant)
        except Unclaimed as unclaimed:
            go_on = partial(self._call_again, message, unclaimed)
            self._claims.want(unclaimed, go_on)
        except RequestError as error:
            self._handlers.refuse(caller, error, "http")
        else:
            self._turn.effects.writes.append(write)
            hold = partial(self._held.hold, write) if write.needs_approval else None
            over = partial(self._uploads.answered, write.event)
            self._pending.add(Pending(caller, None, request.id, hold=hold, over=over))

    def _call_again(
        self, message: ApiRequest, unclaimed: Unclaimed, error: RequestError | None
    ) -> None:
        """Grant a call anew for which a nick had to be claimed, or answer why not."""
        if error is None:
            self.take(message, unclaimed)
        else:
            self._handlers.refuse(message.caller, error, "http")
