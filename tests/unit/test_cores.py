"""Rules of how many cores the process has."""

import os

from trio_chat.cores import cores


def test_the_cores_are_those_on_which_it_may_run() -> None:
    """And not all that the machine has."""
    all_of_them = os.sched_getaffinity(0)
    assert cores() == len(all_of_them)
    try:
        os.sched_setaffinity(0, {min(all_of_them)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, all_of_them)
