"""The chat as a Unix tool: sends lines of standard input, prints a line for each event."""

import sys
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

import trio

from trio_chat.errors import FAILED, OutOfReach
from trio_chat.protocol.text import is_blank
from trio_chat.remote import Chat, Joined, MessageView, Online, Refused, Room, Sent, Waiting
from trio_chat.terminal import printing, stdio
from trio_chat.terminal.call import NO_OPERATOR, Call
from trio_chat.terminal.sanitize import sanitize_line, sendable
from trio_chat.terminal.tasks import Job, beside, together

WINDOW = 64  # messages that may wait to be acknowledged
PAGE = 100  # messages of a page of history at most
TEXT_LIMIT = 4000  # characters of a message, if the server tells no limit
READ_FACTOR = 8  # characters that are read for each one that can be sent


@dataclass(frozen=True)
class Options:
    """What to do; ``history`` is how many earlier messages to print first."""

    send: bool = False
    whole: bool = False
    follow: bool = False
    json: bool = False
    history: int = 0


class Pipe:
    """One chat between standard input and standard output.

    Args:
        call: The server and the room.
        options: What to do.
    """

    def __init__(self, call: Call, options: Options) -> None:
        self._call = call
        self._options = options
        self._status = 0

    async def run(self) -> int:
        """Run until all is done; return the exit status.

        Raises:
            Failed: the server cannot be reached, or refuses us.
            BrokenPipeError: the reader of standard output is gone.
        """
        async with self._call.connected() as chat:
            if self._call.in_vain(chat):
                warn(NO_OPERATOR)
            room = chat.room(self._call.room, link=self._call.link)
            await beside(lambda: report_connection(chat), lambda: together(*self._jobs(chat, room)))
        return self._status

    def _jobs(self, chat: Chat, room: Room) -> list[Job]:
        jobs: list[Job] = []
        if self._options.send:
            jobs.append(lambda: self._send(chat, room))
        if self._options.follow:
            jobs.append(lambda: beside(stdio.closed, lambda: self._follow(room)))
        return jobs

    # Sending

    async def _send(self, chat: Chat, room: Room) -> None:
        """Send standard input; return when all of it is acknowledged."""
        to_watch, to_be_watched = trio.open_memory_channel[tuple[int, Sent]](WINDOW)
        limit = chat.limits.get("text", TEXT_LIMIT)

        async def submit() -> None:
            number = 0
            with to_watch:
                async for text in self._texts(READ_FACTOR * limit):
                    number += 1
                    if not stdio.is_utf_8(text):
                        self._refuse(number, "it is not UTF-8")
                    elif not is_blank(text):
                        await to_watch.send((number, room.submit(text)))

        async def watch() -> None:
            async for number, sent in to_be_watched:
                await self._watch(number, sent)

        await together(submit, watch)

    async def _texts(self, limit: int) -> AsyncIterator[str]:
        """Yield texts to send; one that was cut is still far too long, so that it is refused."""
        texts = _one(stdio.whole(limit)) if self._options.whole else stdio.lines(limit)
        async for text in texts:
            yield sendable(text) if len(text) < limit and stdio.is_utf_8(text) else text

    async def _watch(self, number: int, sent: Sent) -> None:
        """Wait until a message is acknowledged, or print why it was refused."""
        try:
            with trio.fail_after(self._call.timeout):
                await sent.kept()
        except Refused as error:
            self._refuse(number, str(error))
        except trio.TooSlowError:
            timeout = f"{self._call.timeout:g} s"
            raise OutOfReach(f"the server did not acknowledge a message in {timeout}") from None

    def _refuse(self, number: int, reason: str) -> None:
        """Print why a line was not sent; the others are."""
        self._status = FAILED
        what = "the message" if self._options.whole else f"line {number}"
        warn(f"{what} was refused: {reason}")

    # Following

    async def _follow(self, room: Room) -> None:
        """Print events until cancelled."""
        is_new = True
        async for event in room.events():
            if isinstance(event, Joined):
                await self._on_joined(room, event, is_new=is_new)
                is_new = False
            elif self._options.json:
                await stdio.write(printing.event_object(event))
            else:
                await stdio.write(printing.event_line(event))

    async def _on_joined(self, room: Room, joined: Joined, *, is_new: bool) -> None:
        """Print the history at the first join, and at others whether something is lost."""
        if joined.gap is not None:
            warn("some messages are lost: the server does not have them any more")
        if joined.reset:
            warn("the server has begun anew")
        if is_new or joined.reset:
            for said in await latest(room, joined.last + 1, self._options.history):
                if self._options.json:
                    await stdio.write(printing.said_object(said, room.name))
                else:
                    await stdio.write(printing.said_line(said))


async def latest(room: Room, before: int, count: int) -> list[MessageView]:
    """Return the last ``count`` messages before a number that are not deleted, the oldest first.

    Pages may hold fewer messages than are asked for: ``more`` says whether there are others.
    """
    found: list[MessageView] = []
    more = True
    while more and len(found) < count:
        page = await room.history(before=before, limit=PAGE)
        found = [said for said in page.messages if not said.deleted] + found
        more = page.more and bool(page.messages)
        before = page.messages[0].seq if more else 0
    return found[-count:] if count else []


async def report_connection(chat: Chat) -> None:
    """Print when the connection is lost, and when it is back."""
    is_lost = False
    async for state in chat.states():
        if isinstance(state, Waiting) and not is_lost:
            warn(f"connection lost ({state.reason}); trying again")
            is_lost = True
        elif isinstance(state, Online) and is_lost:
            warn("connected again")
            is_lost = False


def warn(text: str) -> None:
    """Print a line on standard error."""
    sys.stderr.write(f"trio-chat: {sanitize_line(text)}\n")


async def _one(text: Awaitable[str]) -> AsyncIterator[str]:
    yield await text
