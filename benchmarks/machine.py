"""Describes the machine that was measured on, without naming it."""

import os
import platform
import sys
from pathlib import Path


def describe() -> dict[str, str]:
    """Return the properties that matter for the figures, by name."""
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{_memory_gib():.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "TCP congestion control": _setting("net/ipv4/tcp_congestion_control"),
        "Python": f"{platform.python_version()} ({sys.implementation.name})",
    }


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text("ascii").strip()
    except OSError:
        return "unknown"
