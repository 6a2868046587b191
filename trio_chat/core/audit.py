"""The audit list: tells moderators what was done and reported in a room."""

from collections.abc import Iterator

import msgspec

from trio_chat.config import Config
from trio_chat.core.effects import Turn
from trio_chat.core.registry import Registry
from trio_chat.core.requested import Requested
from trio_chat.protocol import acts, answers, governing, governing_answers
from trio_chat.protocol.events import ActKept

ACTS_LISTED = 100  # in one answer


class Audit:
    """Tells acts, the latest first, without secrets and without anybody's address.

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
        limit = min(request.limit, ACTS_LISTED)
        told: list[governing_answers.ActInfo] = []
        size, is_cut = 0, False
        for kept in self._before(request.before, room):
            info = _told(kept)
            size += len(answers.encode(info)) + 1  # and a comma
            is_cut = len(told) == limit or (bool(told) and size > self._config.page_bytes)
            if is_cut:
                break
            told.append(info)
        answer = governing_answers.ActList(id=request.id, room=room, acts=told, more=is_cut)
        self._turn.reply(asked.requester, answer)

    def _before(self, before: int | None, room: str) -> Iterator[ActKept]:
        """Yield the acts in a room before a number, the latest first."""
        for kept in reversed(self._registry.acts):
            if (before is None or kept.seq < before) and (not room or kept.act.about == room):
                yield kept


def _told(kept: ActKept) -> governing_answers.ActInfo:
    """Return an act as moderators are told it."""
    act = kept.act
    if isinstance(act, acts.LinkMade):
        act = msgspec.structs.replace(act, digest="")
    elif isinstance(act, acts.Sanctioned | acts.Raided):
        act = msgspec.structs.replace(act, addresses={})
    return governing_answers.ActInfo(kept.seq, kept.ts, kept.who, act)
