"""docs/scaling.md has what its model makes of the measured figures."""

import pytest

from benchmarks.scaling import PAGE, PEOPLE, SHARE, need_of, read_costs, written

COSTS = read_costs()


def test_the_tables_are_those_of_the_model() -> None:
    """Figures that are measured anew change them: python -m benchmarks.scaling."""
    page = PAGE.read_text(encoding="utf-8")
    assert written(page, COSTS) == page


@pytest.mark.parametrize("people", PEOPLE)
def test_nodes_are_enough_and_not_more_than_needed(people: int) -> None:
    """Each has cores to spare; where none is enough, more speed at hearing would help."""
    need = need_of(people, COSTS)
    if need is None:
        assert need_of(people, COSTS._replace(heard=0.0)) is not None
    else:
        assert need.chat + need.feed <= SHARE * need.nodes
        fewer = need_of(people, COSTS, hears_all=False)
        assert fewer is not None
        assert fewer.nodes <= need.nodes
