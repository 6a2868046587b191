"""The rules that a room's own events keep: those that tell what its makers and moderators did."""

import re

import msgspec

from trio_chat.commands.rule_checks import (
    BadEvent,
    check_person,
    check_request,
    check_times,
    check_title,
)
from trio_chat.core.arrivals import NAMELESS
from trio_chat.core.clearings import KEY_BYTES
from trio_chat.core.raiders import PEOPLE
from trio_chat.journal.clearings import ALSO, REACTED
from trio_chat.protocol.events import Clear, Created, Moderated, Person, Restore, Rules
from trio_chat.protocol.governing_answers import PEOPLE_LISTED

OwnEvent = Created | Rules | Moderated | Clear | Restore

KEY = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")  # of a clearing
CLEARINGS = 1_000  # of a room, in a file: whoever reads there looks at those of the last day


class OwnEventRules:
    """Checks the own events of one room, in order.

    Args:
        nick_limit: Characters of a nick at most.
    """

    def __init__(self, nick_limit: int) -> None:
        self._nick_limit = nick_limit
        self._keys: set[str] = set()  # of all clearings
        self._open: set[str] = set()  # of those that were not taken back

    def take(self, event: OwnEvent) -> None:
        """Take the next one, which has its number.

        Raises:
            BadEvent: it breaks a rule.
        """
        match event:
            case Created():
                check_title(event.room, event.title, private=event.private)
            case Rules():
                check_request(t="rules", room=event.room, **msgspec.structs.asdict(event.rules))
            case Moderated():
                self._check_moderated(event)
            case Clear():
                self._check_clear(event)
                self._keys.add(event.key)
                self._open.add(event.key)
            case _:
                if event.key not in self._open:
                    raise BadEvent("it takes back no clearing before it")
                self._open.remove(event.key)

    def _check_moderated(self, event: Moderated) -> None:
        if event.act == "clear":
            raise BadEvent("what is cleared is told otherwise")
        if len(event.people) > PEOPLE_LISTED or not len(event.people) <= event.count <= PEOPLE:
            raise BadEvent("it tells of more people than can be")
        _check_moderating(event, event.act)
        check_times(event.until)
        for person in event.people:
            if person != NAMELESS:
                check_person(person, self._nick_limit)

    def _check_clear(self, event: Clear) -> None:
        if not KEY.fullmatch(event.key) or event.key in self._keys:
            raise BadEvent("the key of a clearing cannot be, or comes twice")
        if len(self._keys) == CLEARINGS:
            raise BadEvent(f"a room has at most {CLEARINGS} clearings in a file")
        if len(event.authors) > PEOPLE:
            raise BadEvent(f"it clears what more than {PEOPLE} people have said")
        for author in filter(None, event.authors):
            check_person(Person(author, "x"), self._nick_limit)
        if len(event.also) > ALSO or len(event.reacted) > REACTED:
            raise BadEvent("it clears more earlier messages than can be")
        if not all(0 <= seq <= event.seq for seq in (event.since, *event.also, *event.reacted)):
            raise BadEvent("it clears what is not before it")
        _check_moderating(event, "clear")


def _check_moderating(event: Moderated | Clear, act: str) -> None:
    """Refuse what no moderator could have asked for, but for the people, whom a raid names not."""
    check_request(t="moderate", room=event.room, act=act, people=["x"], why=event.why)
