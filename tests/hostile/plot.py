"""Draws curves over time as SVG, one panel below the other."""

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, PANEL, LEFT, TOP, GAP = 720, 130, 60, 30, 40  # pixels
INK, LINE, GRID = "#1f2933", "#0b7a75", "#d8dee6"
TICKS = 4  # lines of a grid, roughly


class Curve(NamedTuple):
    """A figure over time."""

    title: str
    values: Sequence[float]


def draw(unit: str, times: Sequence[float], curves: Sequence[Curve]) -> str:
    """Return an SVG of all curves; ``times`` are in ``unit``."""
    height = TOP + len(curves) * (PANEL + GAP) + 10
    body = "".join(
        _panel(curve, times, unit, TOP + number * (PANEL + GAP))
        for number, curve in enumerate(curves)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}">'
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>{body}</svg>\n'
    )


def _panel(curve: Curve, times: Sequence[float], unit: str, top: float) -> str:
    step_x, most_x = _scale(max(times, default=1))
    step_y, most_y = _scale(max(curve.values, default=1))
    width = WIDTH - LEFT - 20

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + width * x / most_x, top + PANEL * (1 - y / most_y)

    parts = [f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{escape(curve.title)}</text>']
    for tick in _ticks(step_y, most_y):
        x, y = at(0, tick)
        parts.append(f'<path d="M{x:.1f} {y:.1f}h{width}" stroke="{GRID}"/>')
        parts.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{tick:,g}</text>')
    for tick in _ticks(step_x, most_x):
        x, y = at(tick, 0)
        label = f"{tick:g} {unit}" if tick == 0 else f"{tick:g}"
        parts.append(f'<text x="{x:.1f}" y="{y + 15:.1f}" text-anchor="middle">{label}</text>')
    points = " ".join(
        "{:.1f},{:.1f}".format(*at(*pair)) for pair in zip(times, curve.values, strict=True)
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1.5"/>')
    return "".join(parts)


def _scale(most: float) -> tuple[float, float]:
    """Return the distance of grid lines, a round number, and the last one of them."""
    rough = max(most, 1e-9) / TICKS
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(unit * magnitude for unit in (1, 2, 2.5, 5, 10) if unit * magnitude >= rough)
    return step, step * math.ceil(most / step or 1)


def _ticks(step: float, most: float) -> list[float]:
    return [step * number for number in range(round(most / step) + 1)]
