"""Carries out commands about rooms with links: making them, and what moderators do there."""

from collections.abc import Iterable

import trio

from trio_chat.protocol.names import fold
from trio_chat.remote import NewLink, Person, acts
from trio_chat.remote.acting import Act, Acting
from trio_chat.remote.address import link_to
from trio_chat.remote.moderation import GivenRight
from trio_chat.terminal.arguments import (
    Target,
    read_link_options,
    read_number,
    read_rules,
    read_target,
    read_time,
)
from trio_chat.terminal.controls import Controls
from trio_chat.terminal.printing import act_lines, held_lines, link_lines, raid_lines
from trio_chat.terminal.sanitize import sanitize_line, sendable
from trio_chat.terminal.tab import Raid, now
from trio_chat.terminal.tasks import Job
from trio_chat.terminal.typed import COMMANDS
from trio_chat.terminal.wording import RAID_SHARED, SHARED, rules_in_words

PRIVATE = "--private"
RIGHTS: dict[str, GivenRight] = {"read": "read", "speak": "speak", "moderate": "moderate"}
ACTS: dict[str, Act] = {
    "mute": "mute",
    "unmute": "unmute",
    "kick": "kick",
    "ban": "ban",
    "unban": "unban",
    "clear": "clear",
}
LIFTING = {"unmute", "unban"}
SHOWN = 20  # acts that /audit shows at once
RAID = 10 * 60  # seconds in which somebody has raided, if no time is given
LOOK = 2 * 60  # seconds for which what was shown of a raid can be confirmed
WITHOUT = " without "  # in `/raid 10m without Ann, Ben`
PAGES = 10  # of acts, in which somebody is looked for who is muted or banned


class Moderation:
    """Has a method for each command but those of ``ACTS``. All are about the present room.

    ``_place`` is what a command begins with.

    Args:
        controls: The app.
        acting: Where to act on people, if not in the room.
    """

    _place = "/"

    def __init__(self, controls: Controls, acting: Acting | None = None) -> None:
        self._controls = controls
        self._tab = controls.tab
        self._room = controls.tab.room
        self._acting = acting or self._room

    def run(self, name: str, text: str) -> None:
        """Carry out a command; requests to the server run in tasks of their own."""
        if name in ACTS:
            self._run(self._act(ACTS[name], text))
        else:
            getattr(self, f"_{name}")(text)

    def _run(self, job: Job) -> None:
        self._controls.run_request(job)

    def _explain(self, name: str) -> None:
        self._tab.note(COMMANDS[name], "error")

    # Rooms, links and rules

    def _create(self, text: str) -> None:
        """Make a room, go there and show its links."""
        first, _, title = text.partition(" ")
        is_private = first == PRIVATE
        name = title.strip() if is_private else text

        async def run() -> None:
            made = await self._controls.chat.create(sendable(name), private=is_private)
            self._controls.enter(made.room)
            self._controls.tab.note(self._links_in_words(made.room, made.links))

        self._run(run) if name else self._explain("create")

    def _msg(self, nick: str) -> None:
        """Go to the private room for two with somebody, which is made if need be."""
        wanted, chat = fold(nick), self._controls.chat

        async def run() -> None:
            person = self._member(nick) or self._tab.log.author(nick)
            if person:
                self._controls.enter((await chat.write_to(person)).room)
                return
            rooms = [one.room for one in chat.private_rooms if fold(one.title) == wanted]
            if not rooms:
                raise ValueError(f"nobody here is called {nick}")
            self._controls.enter(rooms[-1])

        self._run(run)

    def _links(self, _: str) -> None:
        async def run() -> None:
            self._tab.note(link_lines(await self._room.links()))

        self._run(run)

    def _link(self, text: str) -> None:
        """Make a link and show it."""
        right, _, rest = text.partition(" ")

        async def run() -> None:
            seconds, uses, label = read_link_options(rest.strip())
            until = now() + 1000 * seconds if seconds else 0
            made = await self._room.make_link(
                RIGHTS[right], label=sendable(label), until=until, uses=uses
            )
            self._tab.note(self._links_in_words(self._room.name, [made]))

        self._run(run) if right in RIGHTS else self._explain("link")

    def _links_in_words(self, room: str, links: Iterable[NewLink]) -> str:
        lines = [
            f"to {link.right}: {link_to(self._controls.server, room, link.secret)}"
            for link in links
        ]
        return "\n".join(["Keep these links, nobody tells them again:", *lines])

    def _unlink(self, link: str) -> None:
        async def run() -> None:
            await self._room.end_link(link)
            self._tab.note(f"the link {sanitize_line(link)} is revoked")

        self._run(run)

    def _rules(self, text: str) -> None:
        """Change rules, or show them."""

        async def run() -> None:
            await self._room.set_rules(read_rules(text, self._room.rules))

        if text:
            self._run(run)
        else:
            self._tab.note(f"rules: {rules_in_words(self._room.rules)}")

    # People

    def _act(self, act: Act, text: str) -> Job:
        """Return a job that acts on somebody."""

        async def run() -> None:
            target = self._target(text)
            person = await self._find(target.nick, is_lifted=act in LIFTING)
            since = now() - 1000 * target.seconds if act == "clear" and target.seconds else 0
            seconds = 0 if act == "clear" else target.seconds
            shared = await self._acting.moderate(
                act, [person], seconds=seconds, since=since, why=sendable(target.why)
            )
            if shared:
                self._tab.note(SHARED)

        return run

    def _target(self, text: str) -> Target:
        """Return whom a command is about; a nick may look as if a time were behind it."""
        return Target(text, 0, "") if self._member(text) else read_target(text)

    def _member(self, nick: str) -> Person | None:
        wanted = fold(nick)
        return next((one for one in self._room.members if fold(one.nick) == wanted), None)

    async def _find(self, nick: str, *, is_lifted: bool) -> Person:
        """Return the person with a nick, or who had it when they said something.

        Args:
            nick: The nick.
            is_lifted: Whether it is somebody who is muted or banned.

        Raises:
            ValueError: there is none.
        """
        found = await self._find_sanctioned(nick) if is_lifted else None
        found = found or self._member(nick) or self._tab.log.author(nick)
        if found is None:
            raise ValueError(f"nobody here is called {nick}")
        return found

    async def _find_sanctioned(self, nick: str) -> Person | None:
        wanted, before = fold(nick), None
        for _ in range(PAGES):
            page = await self._acting.audit(before=before)
            for info in page.acts:
                for person in self._sanctioned(info.act):
                    if fold(person.nick) == wanted:
                        return person
            if not (page.more and page.acts):
                break
            before = page.acts[-1].seq
        return None

    def _sanctioned(self, act: acts.AnyAct) -> list[Person]:
        """Return whom an act has muted or banned where we act; a list may be of all rooms."""
        is_here = self._acting is self._room or not act.about
        return act.people if is_here and isinstance(act, acts.Sanctioned | acts.Raided) else []

    def _raid(self, text: str) -> None:
        """Show what undoing a raid would do, or with ``yes`` undo what was shown."""
        raid, self._tab.raid = self._tab.raid, None  # another one is to be looked at first
        text, _, without = text.partition(WITHOUT)
        target = self._target(text)
        if raid and text == "yes" and raid.place != self._place:
            self._tab.note("that was shown for another place: look at it again", "error")
        elif raid and text == "yes" and trio.current_time() - raid.shown_at > LOOK:
            self._tab.note("that was too long ago: look at it again", "error")
        elif raid and text == "yes":
            self._run(self._undo_raid(raid))
        elif read_time(text) and not self._member(text):
            self._run(self._preview_raid("", read_time(text), without))
        elif without or target.why or (text == "yes" and not self._member(text)):
            self._explain("raid")
        else:
            self._run(self._preview_raid(target.nick, target.seconds or RAID))

    def _preview_raid(self, nick: str, seconds: int, without: str = "") -> Job:
        """Return a job that shows a raid of somebody, or of all who came in some seconds.

        Of these the ones are left out whose nicks are in ``without``, with commas between them.
        """

        async def run() -> None:
            people = (await self._find(nick, is_lifted=False),) if nick else ()
            names = [one.strip().removeprefix("@") for one in without.split(",") if one.strip()]
            left_out = tuple([await self._find(one, is_lifted=False) for one in names])
            since = now() - 1000 * seconds
            preview = await self._acting.preview_raid(since, people, left_out=left_out)
            raid = Raid(since, people, preview.until, trio.current_time(), self._place, left_out)
            self._tab.raid = raid if preview.count else None
            told = raid_lines(preview, since, f"{self._place}raid yes", is_of_all=not people)
            self._tab.note(told)

        return run

    def _undo_raid(self, raid: Raid) -> Job:
        async def run() -> None:
            shared = await self._acting.undo_raid(
                raid.since, raid.people, left_out=raid.left_out, until=raid.until
            )
            to = self._place
            done = f"the raid is undone; {to}audit lists that, and {to}undo takes it back for a day"
            self._tab.note(f"{done}\n{RAID_SHARED}" if shared else done)

        return run

    # What waits for them

    def _held(self, _: str) -> None:
        async def run() -> None:
            self._tab.note(held_lines(await self._room.held()))

        self._run(run)

    def _approve(self, text: str) -> None:
        number, why = read_number(text)

        async def run() -> None:
            await self._room.approve(number, sendable(why))

        self._run(run) if number else self._explain("approve")

    def _reject(self, text: str) -> None:
        number, why = read_number(text)

        async def run() -> None:
            await self._room.reject(number, sendable(why))
            self._tab.note(f"message {number} is dropped")

        self._run(run) if number else self._explain("reject")

    # What was done

    def _undo(self, text: str) -> None:
        number, _ = read_number(text)
        self._run(lambda: self._room.undo(number)) if number else self._explain("undo")

    def _report(self, text: str) -> None:
        number, why = read_number(text)

        async def run() -> None:
            await self._room.report(number, sendable(why))
            self._tab.note(f"the moderators are told about message {number}")

        self._run(run) if number else self._explain("report")

    def _audit(self, text: str) -> None:
        number, _ = read_number(text)

        async def run() -> None:
            found = await self._room.audit(before=number or None, limit=SHOWN)
            self._tab.note(act_lines(found.acts, more=found.more))

        self._run(run)
