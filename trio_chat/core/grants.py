"""Grants of moderators: what tokens have given people, who are spared like those with a link."""

from collections import OrderedDict

from trio_chat.auth.grant import ANYBODY, Grant

REMEMBERED = 10_000  # people; each is kept in memory


class Grants:
    """Remembers the grants that let people moderate, as long as these hold."""

    def __init__(self) -> None:
        self._grants: OrderedDict[str, Grant] = OrderedDict()  # by person; the latest last

    def note(self, person_id: str, grant: Grant) -> None:
        """Take in what somebody has shown just now."""
        self._grants.pop(person_id, None)
        if grant.may_moderate:
            self._grants[person_id] = grant
        if len(self._grants) > REMEMBERED:
            self._grants.popitem(last=False)

    def of(self, person_id: str, now: int) -> Grant:
        """Return what somebody has shown, if it holds at a time in ms since 1970."""
        grant = self._grants.get(person_id, ANYBODY)
        has_ended = grant.expires_at is not None and 1000 * grant.expires_at <= now
        return ANYBODY if has_ended else grant
