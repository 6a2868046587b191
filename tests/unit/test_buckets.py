"""Rules of the buckets: never more than the rate allows, and no memory of who is quiet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chat import RATES
from trio_chat.config import Config, ConfigError
from trio_chat.limits.addresses import Addresses, key_of
from trio_chat.limits.bucket import Bucket, take_from_all
from trio_chat.limits.buckets import KEYS, SPARE, SWEPT, Buckets
from trio_chat.limits.intake import NOT_AT_ALL, Intake
from trio_chat.limits.quota import Quota
from trio_chat.live_config import LiveConfig
from trio_chat.rates import NO_LIMIT, Rate, Rates
from trio_chat.settings import Given, make_config

rates = st.builds(Rate, st.floats(0.01, 1000), st.integers(1, 100).map(float))
pauses = st.lists(st.floats(0, 100), min_size=1, max_size=50)


@given(rates, pauses)
def test_never_more_than_the_rate_allows(rate: Rate, waits: list[float]) -> None:
    """From a full bucket: what fits into it, and what flows in meanwhile."""
    bucket, now, taken = Bucket(rate), 0.0, 0
    for wait in waits:
        now += wait
        while not bucket.delay(now):
            bucket.take(now)
            taken += 1
        assert taken <= rate.burst + rate.per_second * now + 1e-6


@given(rates, st.floats(1, 100))
def test_the_delay_is_the_time_until_it_is_allowed(rate: Rate, cost: float) -> None:
    """Neither sooner nor later; what costs more than the bucket holds needs a full one."""
    bucket = Bucket(rate)
    bucket.take(0, rate.burst)
    delay = bucket.delay(0, cost)
    assert delay == pytest.approx(min(cost, rate.burst) / rate.per_second)
    assert bucket.delay(delay * 1.001 + 1e-6, cost) == 0
    assert bucket.delay(delay * 0.999, cost) > 0


def test_who_takes_more_than_there_is_waits_longer() -> None:
    """What was read cannot be given back, so it is paid for later."""
    bucket = Bucket(Rate(10, 20))
    bucket.take(0, 50)
    assert bucket.delay(0, 0) == pytest.approx(3)


@given(
    st.sampled_from([Rate(0.5, 1), Rate(10, 100), NO_LIMIT]),
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 50)), max_size=20),
)
def test_to_spend_is_to_take_and_to_ask_how_long_that_takes(
    rate: Rate, spent: list[tuple[float, int]]
) -> None:
    """In one step, for what is asked for very often."""
    one, other, now = Bucket(rate), Bucket(rate), 0.0
    for wait, cost in spent:
        now += wait
        delay = one.spend(now, cost)
        other.take(now, cost)
        assert delay == pytest.approx(other.delay(now, 0), abs=1e-6)


@given(
    st.lists(st.sampled_from([Rate(0.5, 1), Rate(10, 100), NO_LIMIT]), max_size=3),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), max_size=20),
)
def test_all_buckets_pay_or_none(given: list[Rate], spent: list[tuple[float, int]]) -> None:
    """In one step, as each of them would pay if asked by itself."""
    together, alone, now = [Bucket(one) for one in given], [Bucket(one) for one in given], 0.0
    for wait, cost in spent:
        now += wait
        can_pay = not any(one.delay(now, cost) for one in alone)
        if can_pay:
            for one in alone:
                one.take(now, cost)
        assert take_from_all(together, now, cost) == can_pay
        assert [one.delay(now, 1) for one in together] == [one.delay(now, 1) for one in alone]


def test_without_a_limit_nothing_waits() -> None:
    """However much is taken."""
    bucket = Bucket(NO_LIMIT)
    bucket.take(0, 1_000_000)
    assert bucket.delay(0, 1_000_000) == 0
    assert bucket.is_full(0)


@pytest.mark.parametrize(
    ("text", "per_second", "burst"),
    [("5/s:20", 5, 20), ("6/min", 0.1, 6), ("20/h:3", 20 / 3600, 3), (" 0.5/s:2 ", 0.5, 2)],
)
def test_a_rate_is_a_number_in_a_time_and_a_burst(
    text: str, per_second: float, burst: float
) -> None:
    """Without a burst that is the number; it is shown as it was given."""
    rate = Rate.parse(text)
    assert rate.per_second == pytest.approx(per_second)
    assert rate.burst == burst
    assert str(rate) == text.strip()


@pytest.mark.parametrize("text", ["off", "0"])
def test_a_rate_can_be_off(text: str) -> None:
    """Then there is no limit."""
    assert Rate.parse(text) is NO_LIMIT


@pytest.mark.parametrize("text", ["", "5", "5/d", "0/s", "5/s:0", "-5/s", "5/s:", "nan/s", "٣/s"])
def test_what_can_never_work_is_no_rate(text: str) -> None:
    """The error says which setting, and what is expected."""
    with pytest.raises(ConfigError, match="--send-rate must be a rate such as 5/s:20"):
        make_config({"send_rate": Given("--send-rate", text)})


def test_who_is_quiet_is_forgotten() -> None:
    """A few keys are looked at whenever one too many is added, so nothing ever takes long."""
    buckets = Buckets(lambda _: Bucket(Rate(1, 1)))
    for number in range(SPARE):
        buckets.of(str(number), now=0).take(0)
    assert len(buckets) == SPARE
    assert not buckets.changes
    for number in range(SPARE + 1):
        buckets.of(f"later {number}", now=1000).take(1000)
        assert len(buckets) <= SPARE + SWEPT
    assert not any(key.isdigit() for key in buckets)
    assert buckets.changes == SPARE


def test_who_is_not_quiet_is_remembered() -> None:
    """Others who come do not make anybody's bucket full again."""
    buckets = Buckets(lambda _: Bucket(Rate(1, 1)))
    buckets.of("ann", now=0).take(0, 1_000_000)
    for number in range(2 * SPARE):
        buckets.of(str(number), now=number)
    assert buckets.of("ann", now=2 * SPARE).delay(2 * SPARE)


def test_no_more_keys_are_remembered_than_there_may_be() -> None:
    """Even if nobody is quiet."""
    buckets = Buckets(lambda _: Bucket(Rate(1, 1)))
    for number in range(KEYS + 10):
        buckets.of(str(number), now=0).take(0, 10)
    assert len(buckets) <= KEYS


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, key: str) -> None:
    """Whoever has one of its addresses has all of them."""
    assert key_of(address) == key


@pytest.mark.parametrize(
    ("address", "is_exempt"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.7", False),
        ("2001:db8::1", False),
        ("", False),
    ],
)
def test_this_machine_has_no_limits_by_address(address: str, *, is_exempt: bool) -> None:
    """It may be a proxy, behind which everybody is; the settings can say otherwise."""
    assert Addresses(Config()).is_exempt(address) == is_exempt
    assert not Addresses(Config(loopback_limits="on")).is_exempt(address)


def test_connections_of_an_address_share_its_bytes() -> None:
    """Each has its own rate, and all together have one, too."""
    config = Config(
        byte_rate=Rate(10, 110),
        address_byte_rate=Rate(10, 150),
        frame_rate=NO_LIMIT,
        flood_timeout=20,
    )
    addresses = Addresses(config)
    one, other = (Intake(config, addresses, "192.0.2.7") for _ in range(2))
    assert one.take(100, 1, 0, now=0.0)[0] == 0
    assert other.take(100, 1, 0, now=0.0) == (5, "address_byte_rate")
    assert one.take(10, 1, 0, now=0.0) == (6, "address_byte_rate")
    elsewhere = Intake(config, addresses, "192.0.2.8")
    assert elsewhere.take(210, 1, 0, now=0.0) == (10, "byte_rate")


def test_others_at_an_address_do_not_pay_for_long() -> None:
    """However much was read of a flooder, what the address owes is bounded."""
    config = Config(address_byte_rate=Rate(10, 150), byte_rate=NO_LIMIT, flood_timeout=20)
    addresses = Addresses(config)
    for _ in range(100):
        Intake(config, addresses, "192.0.2.7").take(1000, 1, 0, now=0.0)
    assert Intake(config, addresses, "192.0.2.7").take(1, 1, 0, now=0.0)[0] == pytest.approx(10)


def test_an_address_that_was_forgotten_is_one_for_all_its_connections() -> None:
    """A connection that was idle while others came shares the new quota, too."""
    config = Config(address_byte_rate=Rate(10, 150), byte_rate=NO_LIMIT, frame_rate=NO_LIMIT)
    addresses = Addresses(config)
    idle = Intake(config, addresses, "192.0.2.7")
    idle.take(1, 1, 0, now=0.0)
    for number in range(20):
        addresses.of(f"198.51.100.{number}", 1000.0)
    other = Intake(config, addresses, "192.0.2.7")
    assert other.take(150, 1, 0, now=1000.0)[0] == 0
    assert idle.take(10, 1, 0, now=1000.0)[0] > 0


def test_frames_count_however_small_they_are() -> None:
    """A frame costs about as much as a few hundred bytes."""
    config = Config(frame_rate=Rate(10, 100))
    intake = Intake(config, Addresses(config), "127.0.0.1")
    assert intake.take(600, 100, 0, now=0.0)[0] == 0
    delay, rate = intake.take(6, 1, 0, now=0.0)
    assert (round(delay, 6), rate) == (0.1, "frame_rate")


def test_control_frames_have_a_rate_of_their_own() -> None:
    """Pings take nothing of what messages may."""
    config = Config(frame_rate=Rate(10, 100), control_rate=Rate(1, 5))
    intake = Intake(config, Addresses(config), "127.0.0.1")
    assert intake.take(30, 0, 5, now=0.0)[0] == 0
    assert intake.take(6, 0, 1, now=0.0) == (1.0, "control_rate")
    assert intake.take(600, 100, 0, now=5.0)[0] == 0


def test_a_quota_is_full_when_all_its_buckets_are() -> None:
    """Then it can be forgotten."""
    quota = Quota(Rates())
    assert quota.is_full(0)
    quota.bucket("send_rate").take(0)
    quota.bucket("topic_rate").take(0)
    assert not quota.is_full(5)
    assert quota.is_full(11)


def test_the_tests_can_take_all_rates_away() -> None:
    """A new one must be added there."""
    names = {f"{name.replace('-', '_')}_rate" for name in RATES}
    assert {*Rates.__dataclass_fields__} - names == {"typing_rate", "read_rate"}


def test_a_rate_that_has_changed_begins_with_a_full_bucket() -> None:
    """For whoever has asked for something already, and each connection; others are as they were."""
    one = Rate(1, 1)
    config = LiveConfig.of(Config(send_rate=one, topic_rate=one, byte_rate=one, control_rate=one))
    quota = Quota(config)
    addresses = Addresses(config)
    intake = Intake(config, addresses, "192.0.2.1")
    intake.take(100, 1, 100, 0)
    for name in ("send_rate", "topic_rate"):
        quota.bucket(name).take(0)
    config.change(
        Config(send_rate=one, topic_rate=Rate(1, 2), byte_rate=Rate(9, 9), control_rate=Rate(9, 9))
    )
    addresses.quotas.reconfigure()
    assert quota.bucket("send_rate").delay(0)
    assert not quota.bucket("topic_rate").delay(0)
    assert intake.take(0, 0, 1, 0) == NOT_AT_ALL
