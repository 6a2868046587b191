"""Draws the chart: one panel for each figure that decides between the servers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.results import Results
from benchmarks.works import CONNECT, FLOOD, IDLE, STEADY, TRIO_CHAT, TRIO_CHAT_V1, Work

OURS = "#0b7a75"
OTHERS = "#a9b4c2"
INK = "#1f2933"
ROW_INCHES = 0.34
HEAD_INCHES = 0.9
CUT = 4  # times the shortest bar; longer bars are cut, else the others were too small to compare


@dataclass(frozen=True)
class Panel:
    """One figure of one work, a bar for each peer, the best on top."""

    title: str
    work: Work
    figure: str
    label: Callable[[float], str]
    more_is_better: bool = False


PANELS = (
    Panel(
        "CPU a delivery, µs (less is better)\n1,000 clients, 100 messages/s",
        STEADY,
        "cpu_us",
        lambda value: f"{value:.1f}",
    ),
    Panel(
        "Deliveries a second (more is better)\n1,000 clients, 3,000 messages/s",
        FLOOD,
        "deliveries_s",
        lambda value: f"{value / 1e6:.2f} M",
        more_is_better=True,
    ),
    Panel(
        "Memory a client, KiB (less is better)\n9,000 idle clients",
        IDLE,
        "client_kib",
        lambda value: f"{value:.1f}",
    ),
    Panel(
        "Connects a second (more is better)\none after another",
        CONNECT,
        "connects_s",
        lambda value: f"{value:,.0f}",
        more_is_better=True,
    ),
)


def draw(results: Results, target: Path) -> None:
    """Write the chart as SVG, on white, so that it is legible on dark pages too.

    Without any figures that belong in it, there is none.
    """
    panels = [panel for panel in PANELS if results.peers(panel.work.name)]
    if not panels:
        return
    pairs = [panels[start : start + 2] for start in range(0, len(panels), 2)]
    rows = [max(len(results.peers(panel.work.name)) for panel in pair) for pair in pairs]
    heights = [count * ROW_INCHES + HEAD_INCHES for count in rows]
    # With a fixed salt the same figures make the same file.
    with mpl.rc_context({"svg.hashsalt": "trio-chat", "font.size": 9, "text.color": INK}):
        figure = Figure(figsize=(9.5, sum(heights)), facecolor="white", layout="constrained")
        grid = figure.add_gridspec(len(pairs), 2, height_ratios=heights)
        for row, pair in enumerate(pairs):
            for column, panel in enumerate(pair):
                _draw_panel(figure.add_subplot(grid[row, column]), panel, results)
        figure.savefig(target, metadata={"Date": None})


def _draw_panel(axes: Axes, panel: Panel, results: Results) -> None:
    values = _values(panel, results)
    peers = sorted(values, key=values.__getitem__, reverse=not panel.more_is_better)
    limit = math.inf if panel.more_is_better else CUT * min(values.values(), default=0)
    lengths = [min(values[peer], limit) for peer in peers]
    bars = axes.barh(
        peers,
        lengths,
        color=[OURS if peer in (TRIO_CHAT, TRIO_CHAT_V1) else OTHERS for peer in peers],
        height=0.7,
    )
    labels = [_label(panel, results, peer, values[peer], limit) for peer in peers]
    axes.bar_label(bars, labels, padding=3)
    axes.set_title(panel.title, loc="left", fontsize=9, fontweight="bold", color=INK)
    axes.set_xlim(0, max(lengths, default=0) * 1.35)  # room for the labels
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(axis="y", length=0, labelcolor=INK)


def _values(panel: Panel, results: Results) -> dict[str, float]:
    medians = {
        peer: results.median(panel.work.name, peer, panel.figure)
        for peer in results.peers(panel.work.name)
    }
    return {
        peer: value for peer, value in medians.items() if value is not None and math.isfinite(value)
    }


def _label(panel: Panel, results: Results, peer: str, value: float, limit: float) -> str:
    """Return the value, and whether the bar is cut or clients were lost."""
    lost = results.median(panel.work.name, peer, "lost")
    cut = " (bar cut)" if value > limit else ""
    return panel.label(value) + cut + (f", {lost:,.0f} clients lost" if lost else "")
