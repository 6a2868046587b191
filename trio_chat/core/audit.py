"""The audit list: tells moderators what was done and reported in a room."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from trio_chat.config import Config
from trio_chat.core.effects import Turn
from trio_chat.core.pages import page_of
from trio_chat.core.registry import Registry
from trio_chat.core.requested import Requested
from trio_chat.protocol import acts, governing, governing_answers
from trio_chat.protocol.events import ActKept

ACTS_LISTED = 100  # in one answer
KEYS_LISTED = 100  # of an act there: of clearings, one for each room


class Audit:
    """Tells acts, the latest first, without secrets and without anybody's address.

    What was said to report a message may repeat it, and only the journal knows whether that can be
    told: so an answer with reports goes by way of a look-up.

    Args:
        turn: Where answers go.
        registry: Has the acts that are at hand.
        config: ``page_bytes``.
    """

    def __init__(self, turn: Turn, registry: Registry, config: Config) -> None:
        self._turn = turn
        self._registry = registry
        self._config = config

    def tell(self, asked: Requested, request: governing.Audit, room: str) -> None:
        """Tell acts, as many as a page has of them and one at least: some are on many people."""
        found = map(_told, self._before(request.before, room))
        limit = min(request.limit, ACTS_LISTED)
        told, more = page_of(found, self._config.page_bytes, limit)
        answer = governing_answers.ActList(id=request.id, room=room, acts=told, more=more)
        if asked.state is not None and any(isinstance(info.act, acts.Reported) for info in told):
            self._turn.effects.look_ups.append((asked.state.client, answer))
        else:
            self._turn.reply(asked.requester, answer)  # whoever asks by HTTP completes it

    def _before(self, before: int | None, room: str) -> Iterator[ActKept]:
        """Yield the acts in a room before a number, the latest first."""
        for kept in reversed(self._registry.acts):
            if (before is None or kept.seq < before) and (not room or kept.act.about == room):
                yield kept


def _told(kept: ActKept) -> governing_answers.ActInfo:
    """Return an act as moderators are told it.

    It names as many people as one act of theirs can be on, so that they can take it back.
    """
    act = kept.act
    if isinstance(act, acts.LinkMade):
        act = msgspec.structs.replace(act, digest="")
    elif isinstance(act, acts.Sanctioned | acts.Raided):
        act = msgspec.structs.replace(act, addresses={})
    if isinstance(act, acts.Cleared | acts.Raided):
        act = msgspec.structs.replace(act, keys=dict(islice(act.keys.items(), KEYS_LISTED)))
    count = 0
    if isinstance(act, acts.Raided) and len(act.people) > governing.PEOPLE_LIMIT:
        count = len(act.people)
        act = msgspec.structs.replace(act, people=act.people[: governing.PEOPLE_LIMIT])
    return governing_answers.ActInfo(kept.seq, kept.ts, kept.who, act, count)
