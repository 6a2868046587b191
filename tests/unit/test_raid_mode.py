"""The end of raid mode, as the chat tells it to a room."""

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.chat import Chat
from trio_chat.core.registry import Registry
from trio_chat.journal.terms import Term, Terms
from trio_chat.limits.limits import Limits
from trio_chat.protocol import acts, events
from trio_chat.protocol.acts import LEDGER, AnyAct
from trio_chat.protocol.events import ActKept
from trio_chat.protocol.room_rules import RoomRules

NOW, HOUR = 1_000_000_000, 3_600_000  # milliseconds
BEFORE, RAIDED = RoomRules(slow=7), RoomRules(newcomers=900)

TERMS = Terms([Term(1, "epoch")])


def raid(room: str, until: int) -> acts.Raided:
    """Return a raid of nobody, after which a room is in raid mode until a time."""
    return acts.Raided(about=room, people=[], keys={}, rules=RAIDED, rules_until=until)


def started_with(*kept: AnyAct, now: float) -> Chat:
    """Return a chat that was started at a time, with acts of before in its ledger."""
    registry = Registry()
    for seq, act in enumerate(kept, 1):
        registry.apply(ActKept(room=LEDGER, seq=seq, ts=NOW - HOUR, act=act))
    config = Config()
    chat = Chat(config, TERMS, b"secret", Limits(config), Access(registry, lambda: NOW))
    chat.hold_people({}, now)
    return chat


def test_raid_mode_that_began_before_a_restart_ends_as_it_would_have() -> None:
    """Rooms that are still in raid mode are told, each at its time, which rules hold again.

    Other nodes do so, too, and by the ``cid`` it is kept once.
    """
    chat = started_with(
        acts.RulesSet(about="tea", rules=BEFORE),
        raid("tea", NOW + 2000),
        raid("jam", NOW + 3000),
        raid("over", NOW),
        acts.RulesSet(about="calm", rules=BEFORE),
        now=10.0,
    )
    assert chat.wake_at == 12.0
    assert chat.apply([], 11.9).writes == []
    [tea] = chat.apply([], 12.0).writes
    assert tea.event == events.Rules(room="tea", rules=BEFORE, cid=f"calm-{NOW + 2000}")
    [jam] = chat.apply([], 13.0).writes
    assert jam.event == events.Rules(room="jam", rules=RoomRules(), cid=f"calm-{NOW + 3000}")
