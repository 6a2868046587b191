"""Says in words what moderators do, which rules hold and who is meant. Pure."""

from collections.abc import Sequence

from trio_chat.counting import counted
from trio_chat.remote import (
    ActInfo,
    Clear,
    Created,
    HeldInfo,
    LinkInfo,
    Moderated,
    Person,
    RaidPreview,
    Restore,
    RoomRules,
    Rules,
    acts,
)
from trio_chat.terminal import moments
from trio_chat.terminal.sanitize import sanitize_line

NOBODY = "somebody"  # the name of people without one
NAMED = 3  # people of a line; the others are counted
RAIDERS = 20  # likewise, of a raid
UNITS = {"d": 24 * 60 * 60, "h": 60 * 60, "min": 60, "s": 1}  # in seconds
SHARED = (
    "others here come from the same address, so it is not banned: who was can come back under "
    "another name. Let newcomers wait (/rules), or close the room"
)
RAID_SHARED = (
    "others come from the same address, so it is not banned: who comes back from there under "
    "another name waits 15 minutes before they may write"
)
DONE = {  # by what a moderator has done
    "mute": "muted",
    "unmute": "lets speak again:",
    "kick": "removed",
    "ban": "banned",
    "unban": "lets in again:",
}
ActOnRoom = (
    acts.RoomMade
    | acts.Admitted
    | acts.LinkMade
    | acts.LinkUsed
    | acts.LinkEnded
    | acts.RulesSet
    | acts.Undone
    | acts.Reported
)
ActOnPeople = (
    acts.Sanctioned
    | acts.Lifted
    | acts.Removed
    | acts.Cleared
    | acts.Raided
    | acts.NickFreed
    | acts.Reviewed
    | acts.Deleted
)
Kept = Created | Rules | Moderated | Clear | Restore


def name(who: Person | None) -> str:
    """Return a person's nick, sanitized."""
    return sanitize_line(who.nick) if who and who.nick else NOBODY


def names(people: Sequence[Person], count: int | None = None) -> str:
    """Return the names of some people; ``count`` is how many they are, if not all are given."""
    shown = [name(person) for person in people[:NAMED]]
    others = (len(people) if count is None else count) - len(shown)
    return ", ".join([*shown, f"{others:,} more"] if others else shown)


def few(people: Sequence[Person], count: int) -> str:
    """Return the names of some people; of a crowd how many they are, as raiders choose theirs."""
    return names(people, count) if count <= NAMED else counted(count, "person", "people")


def duration(seconds: int) -> str:
    """Return a time in its largest unit without a fraction."""
    unit, length = next((item for item in UNITS.items() if not seconds % item[1]), ("s", 1))
    return f"{seconds // length} {unit}"


def rules_in_words(rules: RoomRules) -> str:
    """Return what holds in a room."""
    held = [
        "only moderators write" if rules.closed else "",
        f"one message in {duration(rules.slow)}" if rules.slow else "",
        f"newcomers wait for {duration(rules.newcomers)}" if rules.newcomers else "",
        f"at most {counted(rules.members, 'person', 'people')}" if rules.members else "",
        "links of newcomers wait for a moderator" if rules.hold_links else "",
        "newcomers send no files" if rules.no_files else "",
    ]
    return "; ".join(filter(None, held)) or "none"


def kept_in_words(event: Kept, cleared: str = "") -> str:
    """Return what a moderator has done, as all in the room are told.

    Args:
        event: What they are told.
        cleared: Whose messages a ``clear`` is about, if they are known by name.
    """
    who = name(event.who)
    match event:
        case Created():
            return f"{who} made the room"
        case Rules():
            return f"{who} set the rules: {rules_in_words(event.rules)}"
        case Moderated():
            done = DONE.get(event.act, sanitize_line(event.act))
            whom = few(event.people, event.count)
            return f"{who} {done} {whom}{_until(event.until, event.ts)}{_why(event.why)}"
        case Clear():
            whom = cleared or counted(len(event.authors), "person", "people")
            return f"{who} cleared the messages of {whom}{_why(event.why)}"
        case _:  # Restore
            return f"{who} brought back messages that were cleared"


def act_in_words(info: ActInfo) -> str:
    """Return an act of the audit list."""
    act = info.act
    if isinstance(act, acts.Forgotten):
        return f"the server forgot {sanitize_line(act.about)}, which nobody used"
    done = _done_to_people(act, info) if isinstance(act, ActOnPeople) else _done_to_room(act)
    return f"{name(info.who)} {done}"


def _done_to_room(act: ActOnRoom) -> str:
    match act:
        case acts.RoomMade():
            done = "made the room"
        case acts.Admitted():
            done = f"wrote to {names(act.people[1:])}"
        case acts.LinkMade():
            done = f"made the link {act.link} to {act.right}{in_brackets(act.label)}"
        case acts.LinkUsed():
            done = f"came by the link {act.link}"
        case acts.LinkEnded():
            done = f"revoked the link {act.link}"
        case acts.RulesSet():
            done = f"set the rules: {rules_in_words(act.rules)}"
        case acts.Undone():
            done = f"took back act {act.target}"
        case _:  # Reported
            done = f"reported message {act.target}{_why(act.why)}"
    return done


def _done_to_people(act: ActOnPeople, info: ActInfo) -> str:
    whom = names(act.people, info.count or None)
    match act:
        case acts.Lifted():
            done = f"{DONE.get(f'un{act.kind}', act.kind)} {whom}"
        case acts.Sanctioned():
            until = _until(act.until, info.ts)
            did = DONE.get(act.kind, act.kind)
            done = f"{did} {whom}{until}{_why(act.why)}{_shared(act.shared)}"
        case acts.Removed():
            done = f"removed {whom}{_why(act.why)}"
        case acts.NickFreed():
            done = f"freed the nick of {whom}"
        case acts.Reviewed(kind="reject"):
            done = f"rejected what {whom} wrote{_why(act.why)}"
        case acts.Reviewed():
            done = f"approved message {act.target} of {whom}{_why(act.why)}"
        case acts.Deleted():
            done = f"deleted message {act.target} of {whom}{_why(act.why)}"
        case acts.Cleared():
            done = f"cleared the messages of {whom}{_why(act.why)}"
        case _:  # Raided
            done = f"undid a raid of {whom}{_why(act.why)}{_shared(act.shared)}"
    return done


def held_in_words(message: HeldInfo) -> str:
    """Return a message that waits for approval, in one line."""
    does = f" changes message {message.edits}" if message.edits else ""
    return f"{name(message.who)}{does}: {sanitize_line(message.text)}"


def link_in_words(link: LinkInfo, ended: str) -> str:
    """Return a link of the list of links; ``ended`` is its end in words, if it has one."""
    uses = f" of {link.uses}" if link.uses else ""
    came = f": {names(link.people[::-1], link.used)}" if link.people else ""
    state = "" if link.live else " (ended)"
    return (
        f"{link.link} to {link.right}{in_brackets(link.label)} by {name(link.by)}, "
        f"used {link.used}{uses}{came}{ended}{state}"
    )


def raid_in_words(preview: RaidPreview, since: str, command: str) -> str:
    """Return whom the undoing of a raid is about; ``since`` is the time in words."""
    people = counted(preview.count, "person", "people")
    messages = counted(preview.messages, "message", "messages")
    networks = len(preview.addresses)
    place = f" from {counted(networks, 'network', 'networks')}" if networks else ""
    shared = f"{RAID_SHARED}\n" if preview.shared else ""
    rooms = f" in {counted(preview.rooms, 'room', 'rooms')}" if preview.rooms else ""
    words = "person whom the server knew before is", "people whom the server knew before are"
    known = f"{counted(preview.regulars, *words)} left alone\n" if preview.regulars else ""
    return (
        f"since {since}: {people}{place}, {messages}{rooms}: "
        f"{_met(preview)}\n{known}{shared}"
        f"{command} bans them for 7 days, clears what they said, makes newcomers wait, holds "
        "their links, and takes no files of them"
    )


def _met(preview: RaidPreview) -> str:
    """Return the people of a raid, and since when the server knows each."""
    shown = [f"{name(one)}{_at(one.first)}" for one in preview.people[:RAIDERS]]
    others = preview.count - len(shown)
    return ", ".join([*shown, f"{others:,} more"] if others else shown)


def _at(ts: int) -> str:
    return f" (first seen {moments.local(ts):%d %b %H:%M})" if ts else ""


def in_brackets(label: str) -> str:
    """Return a label, sanitized, to be put behind what it is of; nothing if there is none."""
    return f" ({sanitize_line(label)})" if label else ""


def _until(until: int, ts: int) -> str:
    return f" for {duration(round((until - ts) / 1000))}" if until else ""


def _shared(count: int) -> str:
    return " (but not an address that others come from)" if count else ""


def _why(why: str) -> str:
    return f": {sanitize_line(why)}" if why else ""
