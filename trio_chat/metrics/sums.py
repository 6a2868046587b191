"""Figures of several processes as those of one: counts are added up."""

from collections.abc import Iterable, Sequence

import msgspec
from prometheus_client.core import Metric

# What is the same for all, or of which the worst counts; all others are added up.
GREATEST = {
    *("trio_chat_info", "trio_chat_overloaded", "trio_chat_nodes", "trio_chat_space_low"),
    *("trio_chat_database_bytes", "trio_chat_write_ahead_log_bytes", "trio_chat_disk_free_bytes"),
    *("trio_chat_budget_used_ratio", "trio_chat_backup_last_timestamp_seconds"),
    "trio_chat_backup_seconds",
}
LEAST = {
    *("trio_chat_ready", "trio_chat_bus_up", "trio_chat_bus_used"),
    "process_start_time_seconds",
}
COUNTED = ("counter", "histogram")  # kinds that only grow


class Sample(msgspec.Struct, array_like=True):
    """A figure with its labels."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, array_like=True):
    """Figures that belong together, as one process tells another of them."""

    name: str
    help: str
    kind: str
    samples: list[Sample]


def flatten(metrics: Iterable[Metric]) -> list[Family]:
    """Return families in a form that can be sent."""
    return [
        Family(
            each.name,
            each.documentation,
            each.type,
            [Sample(one.name, dict(one.labels), float(one.value)) for one in each.samples],
        )
        for each in metrics
    ]


def counted(families: Iterable[Family]) -> list[Family]:
    """Return those that only grow: they count on when their process has ended."""
    return [family for family in families if family.kind in COUNTED]


def merge(told: Iterable[Sequence[Family]]) -> list[Family]:
    """Return the families of several processes as those of one."""
    merged: dict[str, Family] = {}
    found: dict[str, dict[tuple[object, ...], Sample]] = {}
    for family in (family for families in told for family in families):
        if family.name not in merged:
            merged[family.name] = Family(family.name, family.help, family.kind, [])
            found[family.name] = {}
        _add(found[family.name], family)
    for name, samples in found.items():
        merged[name].samples = list(samples.values())
    return list(merged.values())


def _add(found: dict[tuple[object, ...], Sample], family: Family) -> None:
    for one in family.samples:
        key = (one.name, *sorted(one.labels.items()))
        there = found.get(key)
        if there is None:
            found[key] = Sample(one.name, one.labels, one.value)
        elif family.name in GREATEST:
            there.value = max(there.value, one.value)
        elif family.name in LEAST:
            there.value = min(there.value, one.value)
        else:
            there.value += one.value


def unflatten(families: Iterable[Family]) -> list[Metric]:
    """Return families as they are written down."""
    metrics = []
    for family in families:
        metric = Metric(family.name, family.help, family.kind)
        for one in family.samples:
            metric.add_sample(one.name, one.labels, one.value)
        metrics.append(metric)
    return metrics
