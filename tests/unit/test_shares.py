"""What goes first where many share a bounded place."""

from hypothesis import given
from hypothesis import strategies as st

from trio_chat.core.shares import Shares

STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "discard", "pop"]), st.integers(0, 9), st.integers(0, 3))
)


@given(steps=STEPS)
def test_the_first_of_a_largest_group_goes(steps: list[tuple[str, int, int]]) -> None:
    """Whatever was added, moved and taken out before."""
    shares: Shares[int] = Shares()
    model: dict[int, int] = {}  # the group of each key, in the order in which they were added
    for step, key, group in steps:
        if step == "add":
            model.pop(key, None)
            model[key] = group
            shares.add(key, group)
        elif step == "discard":
            model.pop(key, None)
            shares.discard(key)
        elif model:
            gone = shares.pop()
            sizes = [*model.values()]
            of_group = [one for one, its in model.items() if its == model[gone]]
            assert (gone, len(of_group)) == (of_group[0], max(map(sizes.count, sizes)))
            del model[gone]
        assert len(shares) == len(model)


def test_whoever_fills_the_place_displaces_their_own() -> None:
    """Nobody loses what is no more than an equal share."""
    shares: Shares[str] = Shares()
    for number in range(10):
        shares.add(f"ours {number}", "ours")
    gone = []
    for number in range(1000):
        shares.add(f"theirs {number}", "theirs")
        if len(shares) > 20:
            gone.append(shares.pop())
    assert gone == [f"theirs {number}" for number in range(990)]
