"""What is known of a room with links, rules or sanctions, as the acts about it add up."""

from dataclasses import dataclass, field
from typing import NamedTuple

from trio_chat.core.links import FOR_EVER, Link
from trio_chat.core.sanctions import Sanctions
from trio_chat.protocol import events, requests
from trio_chat.protocol.room_rules import NO_RULES, RoomRules

MESSAGES: set[type] = {requests.Send, events.Message}
EDITS: set[type] = {requests.Edit, events.Edit}
LAST_SAID = 1000  # people of a room of whom is known when they said something last


class Said(NamedTuple):
    """When somebody has spoken last, in Trio's time.

    ``may_mend`` tells that it was a message, and that they have edited nothing since: in slow mode
    the first edit does not wait. Nor does what has the same ``cid``: it is sent again.
    """

    at: float = float("-inf")
    may_mend: bool = False
    cid: str | None = None


NOTHING_SAID = Said()


@dataclass(eq=False, slots=True)
class Governed:
    """A room with links, rules or sanctions; or the server, which has no rules."""

    title: str = ""
    is_private: bool = False
    is_made: bool = False  # on purpose: by a request for it
    maker_id: str = ""  # who made it
    used_at: int = 0  # when it was visited, or something done about it, last; ms since 1970
    admitted: dict[str, str] = field(default_factory=dict)  # in a room for two, each other's ids
    admitted_by: int = 0  # the number of the act
    rules: RoomRules = NO_RULES
    rules_until: int = FOR_EVER  # then those of before hold again
    rules_before: RoomRules = NO_RULES
    rules_by: int = 0  # the number of the act that has set them
    links: dict[str, Link] = field(default_factory=dict)  # by id
    muted: Sanctions = field(default_factory=Sanctions)
    banned: Sanctions = field(default_factory=Sanctions)
    said: dict[str, Said] = field(default_factory=dict)  # where people have to wait

    def rules_at(self, now: int) -> RoomRules:
        """Return the rules that hold at a time in ms since 1970."""
        return self.rules if now < self.rules_until else self.rules_before

    def is_raided(self, now: int) -> bool:
        """Whether a room is in raid mode at a time in ms since 1970."""
        return now < self.rules_until < FOR_EVER

    def end_raid_mode(self, act: int) -> None:
        """Have the rules of before hold again, if those of now were set by the act of a number."""
        if self.rules_by == act:
            self.rules_until = 0

    def is_judged(self, now: int) -> bool:
        """Whether somebody may be muted or banned, or it is in raid mode, in ms since 1970."""
        return self.muted.may_hold(now) or self.banned.may_hold(now) or self.is_raided(now)

    def said_before(self, key: str, cid: str | None) -> Said:
        """Return when somebody has spoken before what has this ``cid``."""
        said = self.said.get(key, NOTHING_SAID)
        return said if cid is None or cid != said.cid else NOTHING_SAID

    def note_said(self, key: str, now: float, kind: type, cid: str | None) -> None:
        """Take in that somebody has spoken; those who did long ago are forgotten.

        Args:
            key: Who.
            now: Trio's time.
            kind: Of the request or event: a message, an edit or a topic.
            cid: Of that, if it has one.
        """
        before = self.said.get(key, NOTHING_SAID)
        if cid is not None and cid == before.cid:
            return
        self.said.pop(key, None)
        is_mended = before.may_mend and kind in EDITS
        self.said[key] = Said(before.at if is_mended else now, kind in MESSAGES, cid)
        if len(self.said) > LAST_SAID:
            del self.said[next(iter(self.said))]

    def forget_sanctions(self, now: int) -> None:
        """Forget those that are over."""
        self.muted.forget(now)
        self.banned.forget(now)

    def sanctions(self, kind: str) -> Sanctions:
        """Return those of a kind."""
        return self.banned if kind == "ban" else self.muted
