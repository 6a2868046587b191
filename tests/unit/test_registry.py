"""The registry: what the acts of the ledger add up to."""

from itertools import count

import trio
from trio.testing import MockClock

from tests.unit.members import house
from tests.unit.work import counted
from trio_chat.clock import wall_clock
from trio_chat.core.registry import Registry
from trio_chat.protocol import acts
from trio_chat.protocol.events import ActKept
from trio_chat.protocol.person import Person

CAME = 3000  # people by each link


def test_a_room_with_very_many_who_came_by_its_links_is_forgotten_bit_by_bit() -> None:
    """At last nothing is known of them there; what they have elsewhere stays."""
    registry, numbers = Registry(), count(1)

    def act(act: acts.AnyAct) -> None:
        registry.apply(ActKept(room=acts.LEDGER, seq=next(numbers), ts=1, act=act))

    act(acts.RoomMade(about="tea"))
    for about, link in (("tea", "one"), ("tea", "two"), ("cake", "three")):
        act(acts.LinkMade(about=about, link=link, right="speak", digest=link))
        made = registry.link_of_id(link)
        assert made
        for number in range(CAME):
            registry.use(made, Person(str(number), "Stranger"))
    _, calls = counted(lambda: act(acts.Forgotten(about="tea")))
    assert calls < CAME
    assert not registry.came_by(str(CAME - 1), "tea")
    for _ in range(2 * CAME // 256 + 1):
        act(acts.RoomMade(about="milk"))
    assert all(rooms.keys() == {"cake"} for rooms in registry._came_by.values())
    assert [link.made.link for link in registry.came_by("0", "cake")] == ["three"]


def test_links_that_were_revoked_are_not_waited_for() -> None:
    """What is remembered of when links end is bounded by the links that there are."""
    registry, numbers = Registry(), count(1)

    def act(act: acts.AnyAct) -> None:
        registry.apply(ActKept(room=acts.LEDGER, seq=next(numbers), ts=1, act=act))

    for number in range(30):
        name = str(number)
        act(acts.LinkMade(about="tea", link=name, right="speak", digest=name, until=100 + number))
        if number < 29:
            act(acts.LinkEnded(about="tea", link=name))
    assert len(registry._ending) <= 3
    act(acts.LinkMade(about="tea", link="30", right="speak", digest="30", until=500))
    assert [link.made.link for link in registry.ended(1000)] == ["29", "30"]


async def test_a_link_that_ends_earlier_is_looked_at_earlier(autojump_clock: MockClock) -> None:
    """The look that was planned before finds nothing to do."""
    async with house() as home:
        ann = await home.person("Ann")
        await ann.ask({"t": "create", "id": 1, "name": "tea"})
        looks = []
        moderation = home.hub._chat._moderation
        for ms in (3_600_000, 1000):
            until = wall_clock() + ms
            [told] = await ann.ask(
                {"t": "link", "id": 2, "room": "tea", "right": "speak", "until": until}
            )
            assert told["t"] == "link_made"
            looks.append(moderation._look_at)
        assert looks[1] < looks[0]
        await trio.sleep(60)
        assert moderation._look_at != looks[0]
