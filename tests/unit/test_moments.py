"""Rules of times as people see them."""

import time
from collections.abc import Iterator

import pytest

from trio_chat.terminal import moments

ZONES = ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "XXX-24", "XXX+24", "Nowhere/Land", ""]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of a zone in which the process is."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("ts", [0, 253_402_300_799_999, 2**53 - 1, 2**63, 2**70, -1, -(2**70)])
def test_any_number_is_a_date(ts: int, zone: str) -> None:
    """In every zone; one that no calendar has is the nearest that one has."""
    assert f"{moments.local(ts):%Y}" in ("1969", "1970", "9999"), zone
    assert moments.utc(ts).year in (1970, 9999)


def test_a_time_is_told_in_the_zone_of_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """And in UTC for programs."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    shown = f"{moments.local(1_777_887_660_000):%Y-%m-%d %H:%M}"
    monkeypatch.undo()
    time.tzset()
    assert shown == "2026-05-04 15:26"
    assert f"{moments.utc(1_777_887_660_000):%H:%M}" == "09:41"
