"""Claims: nicks that this node has to hold in the database before anybody has them here."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from trio_chat.core.timers import Timers
from trio_chat.journal.types import Claimed
from trio_chat.protocol.request_error import RequestError

PATIENCE = 5.0  # seconds for the database to answer
RETRY_MS = 1000  # after which somebody tries again who was not answered
# Seconds for which a nick stays claimed that nobody has here any more: until then all nodes have
# read for whom it is kept.
LINGER = 3.0
NOBODY = ""  # holds a nick for a moment, so that it is clear that nobody else does

NICK_TAKEN = "nick_taken", "somebody else is called that"

GoOn = Callable[[RequestError | None], None]  # is told why it cannot be, if so


class Unclaimed(Exception):
    """A nick has to be claimed first; then what was begun is to be done anew.

    Args:
        person_id: For whom.
        folded: The nick, folded; or something else that is no such.
        refusal: What is told if somebody else has it: a code, and words for people.
    """

    def __init__(self, person_id: str, folded: str, refusal: tuple[str, str] = NICK_TAKEN) -> None:
        super().__init__(person_id, folded)
        self.person_id = person_id
        self.folded = folded
        self.refusal = refusal


class _Waiting(NamedTuple):
    unclaimed: Unclaimed
    go_on: GoOn


class Claims:
    """Knows what this node holds, and who waits for what.

    Whoever is alone with a database claims nothing: who asks first has a nick.

    Args:
        timers: Give up what is not answered, and what is not used any more.
        now: Returns Trio's time.
        are_needed: Whether other nodes may claim, too.
    """

    def __init__(
        self, timers: Timers, now: Callable[[], float], *, are_needed: bool = False
    ) -> None:
        self._timers = timers
        self._now = now
        self._are_needed = are_needed
        self._held: dict[str, str] = {}  # the person's id by folded nick
        self._waiting: dict[str, list[_Waiting]] = {}  # by folded nick
        self._wishes: dict[str, str | None] = {}  # of this turn
        self.is_used: Callable[[str, str], bool] = lambda _, __: False

    def take_wishes(self) -> dict[str, str | None]:
        """Return what is to be claimed or released since this was asked last."""
        wishes, self._wishes = self._wishes, {}
        return wishes

    def holds(self, person_id: str, folded: str) -> bool:
        """Whether this node holds a nick for somebody."""
        return self._held.get(folded) == person_id

    def check(self, person_id: str, folded: str, refusal: tuple[str, str] = NICK_TAKEN) -> None:
        """Make sure that this node holds a nick for somebody.

        Raises:
            Unclaimed: it does not yet.
        """
        if self._are_needed and not self.holds(person_id, folded):
            raise Unclaimed(person_id, folded, refusal)

    def hold(self, person_id: str, folded: str) -> None:
        """Hold a nick for somebody who has it in any case; ``take`` tells if others have it."""
        if self._are_needed and not self.holds(person_id, folded):
            self._held[folded] = person_id
            self._wishes[folded] = person_id

    def release(self, person_id: str, folded: str) -> None:
        """Hold a nick no longer, if it is held for somebody."""
        if self.holds(person_id, folded):
            del self._held[folded]
            self._wishes[folded] = None

    def release_unused(self, person_id: str, folded: str) -> None:
        """Hold a nick no longer, if they still do not have it in a while."""
        if self.holds(person_id, folded):
            self._timers.at(self._now() + LINGER, lambda: self._see_to(person_id, folded))

    def _see_to(self, person_id: str, folded: str) -> None:
        if not self.is_used(person_id, folded):
            self.release(person_id, folded)

    def want(self, unclaimed: Unclaimed, go_on: GoOn) -> None:
        """Claim a nick, and go on then.

        Args:
            unclaimed: What for.
            go_on: Does anew what was begun, or tells that it cannot be.
        """
        person_id, folded = unclaimed.person_id, unclaimed.folded
        waiting = self._waiting.setdefault(folded, [])
        waiting.append(_Waiting(unclaimed, go_on))
        if len(waiting) == 1:
            self._wishes[folded] = person_id
            self._timers.at(self._now() + PATIENCE, lambda: self._give_up(folded, waiting))

    def _give_up(self, folded: str, waiting: list[_Waiting]) -> None:
        """Tell those who have waited that it cannot be told whose a nick is."""
        if self._waiting.get(folded) is waiting:
            del self._waiting[folded]
            self._wishes[folded] = self._held.get(folded)
            for one in waiting:
                one.go_on(_unavailable(RETRY_MS))

    def take(self, claimed: Claimed) -> Iterator[tuple[str, str]]:
        """Take in what became of claims; those who waited go on.

        Yields:
            Nicks that others have, and who is to have another one: their ids.
        """
        for folded, person_id in claimed.claims:
            holder, waiting = claimed.holders.get(folded), self._waiting.pop(folded, ())
            is_held = self.holds(person_id, folded)
            if not (is_held or any(one.unclaimed.person_id == person_id for one in waiting)):
                self._wishes[folded] = self._held.get(folded)  # it was given up meanwhile
            elif holder == person_id:
                self._held[folded] = person_id
                self.release_unused(person_id, folded)
            elif is_held and holder is None:
                claim_again = partial(self._claim_again, person_id, folded)
                self._timers.at(self._now() + claimed.retry_ms / 1000, claim_again)
            elif is_held:
                del self._held[folded]
                yield folded, person_id
            for one in waiting:
                one.go_on(_refusal(one.unclaimed, person_id, holder, claimed.retry_ms))

    def _claim_again(self, person_id: str, folded: str) -> None:
        if self.holds(person_id, folded):
            self._wishes[folded] = person_id


def _refusal(
    wanted: Unclaimed, claimed_by: str, holder: str | None, retry_ms: int
) -> RequestError | None:
    """Return what somebody is told who wants a nick; ``None``: they are to try now."""
    if holder is None:
        return _unavailable(retry_ms)
    if wanted.person_id == claimed_by != holder:
        return RequestError(*wanted.refusal)
    return None


def _unavailable(retry_ms: int) -> RequestError:
    text = "the server cannot tell just now whether somebody else is called that"
    return RequestError("unavailable", text, retry_ms)
