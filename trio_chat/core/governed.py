"""What is known of a room with links, rules or sanctions, as the acts about it add up."""

from dataclasses import dataclass, field

from trio_chat.core.links import FOR_EVER, Link
from trio_chat.core.sanctions import Sanctions
from trio_chat.protocol.room_rules import NO_RULES, RoomRules

LAST_SAID = 1000  # people of a room of whom is known when they said something last


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
    said_at: dict[str, float] = field(
        default_factory=dict
    )  # Trio's time, where people have to wait

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

    def note_said(self, key: str, now: float) -> None:
        """Take in when somebody has said something last; those of long ago are forgotten."""
        self.said_at.pop(key, None)
        self.said_at[key] = now
        if len(self.said_at) > LAST_SAID:
            del self.said_at[next(iter(self.said_at))]

    def forget_sanctions(self, now: int) -> None:
        """Forget those that are over."""
        self.muted.forget(now)
        self.banned.forget(now)

    def sanctions(self, kind: str) -> Sanctions:
        """Return those of a kind."""
        return self.banned if kind == "ban" else self.muted
