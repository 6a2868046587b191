"""A model of many nodes, made of measured figures: what a chat of so many people takes.

``python -m benchmarks.scaling`` reads docs/benchmark.json, for what a message and a delivery cost a
server, and docs/scaling.json, for what nodes and PostgreSQL add; it writes the tables in
docs/scaling.md, and draws docs/scaling.svg.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.results import Result, Results
from benchmarks.works import IDLE, ROOMS, STEADY_V1, TRIO_CHAT, TRIO_CHAT_V1

DOCS = Path(__file__).parents[1] / "docs"
BENCHMARK, NODES = DOCS / "benchmark.json", DOCS / "scaling.json"
PAGE, CHART = DOCS / "scaling.md", DOCS / "scaling.svg"
SILENCE = 30  # seconds between two messages of a person, on average
ROOM = 100  # people, each of whom gets all messages
SHARE = 0.6  # of a core, that a node may use
LARGEST = 20_000  # people of a node, who come back somewhere else when it ends
PROCESS = 80 / 1024  # GiB of a node without people
PEOPLE = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
LINES = {  # of the chart
    "chat": ("messages and deliveries", "#0b7a75"),
    "feed": ("hearing other nodes", "#d08c1d"),
    "postgres": ("PostgreSQL", "#31506b"),
}
INK = "#1f2933"


class Costs(NamedTuple):
    """What a message costs, in microseconds of CPU.

    ``message`` and ``delivery`` are a server's, for a message and for each who gets it; ``heard``
    a node's that hears of one, ``kept`` PostgreSQL's that keeps one; ``wake`` PostgreSQL's for each
    node that it tells a hint, of which a node sends ``hints`` a second at most. ``node`` is the
    share of a core that a node takes while nobody speaks, ``memory`` the KiB of a client.
    """

    message: float
    delivery: float
    heard: float
    kept: float
    wake: float
    hints: float
    node: float
    memory: float


class Need(NamedTuple):
    """What a chat of so many people takes: nodes, cores of all together, and GiB."""

    people: int
    nodes: int
    chat: float  # for messages and deliveries
    feed: float  # for hearing other nodes
    postgres: float
    memory: float


def read_costs() -> Costs:
    """Return what the files have."""
    told = json.loads(BENCHMARK.read_text(encoding="utf-8"))["results"]
    results = Results([Result(**one) for one in told])

    def figure(work: str, peer: str, name: str) -> float:
        found = results.median(work, peer, name)
        assert found is not None
        return found

    few = ROOMS.clients / ROOMS.rooms
    small = figure(ROOMS.name, TRIO_CHAT_V1, "cpu_us") * few
    large = figure(STEADY_V1.name, TRIO_CHAT_V1, "cpu_us") * STEADY_V1.clients
    delivery = (large - small) / (STEADY_V1.clients - few)
    nodes = json.loads(NODES.read_text(encoding="utf-8"))
    return Costs(
        message=small - few * delivery,
        delivery=delivery,
        heard=nodes["heard_us"],
        kept=nodes["kept_us"],
        wake=nodes["wake_us"],
        hints=nodes["hints"],
        node=nodes["node"],
        memory=figure(IDLE.name, TRIO_CHAT, "client_kib"),
    )


def need_of(people: int, costs: Costs, *, hears_all: bool = True) -> Need | None:
    """Return what a chat takes; ``None`` if no number of nodes is enough.

    Args:
        people: How many are connected.
        costs: Of a message.
        hears_all: Whether each node hears of all messages, as by NOTIFY; else of each one more
            does, as if rooms were told apart and people led by them.
    """
    messages = people / SILENCE
    chat = messages * (costs.message + costs.delivery * ROOM) / 1e6
    nodes = max(1, math.ceil(people / LARGEST))
    while True:
        hearing = nodes - 1 if hears_all else min(nodes - 1, 1)
        feed = messages * hearing * costs.heard / 1e6 + nodes * costs.node
        if chat + feed <= nodes * SHARE:
            break
        if hears_all and messages * costs.heard / 1e6 + costs.node >= SHARE:
            return None
        nodes += 1
    hints = min(messages, nodes * costs.hints) if nodes > 1 else 0.0
    told = hints * (nodes if hears_all else 2) * costs.wake / 1e6
    postgres = messages * costs.kept / 1e6 + told
    memory = people * costs.memory / 2**20 + nodes * PROCESS
    return Need(people, nodes, chat, feed, postgres, memory)


def tables(costs: Costs) -> Iterator[tuple[str, list[str]]]:
    """Yield the tables of the page, by name."""
    yield "costs", list(_costs(costs))
    yield "model", list(_model(costs))


def _costs(costs: Costs) -> Iterator[str]:
    yield "| CPU of | for | |"
    yield "|---|---|--:|"
    yield f"| a server | a message | {costs.message:,.0f} µs |"
    yield f"| | each who gets it | {costs.delivery:.1f} µs |"
    yield f"| each other node | a message that it hears of | {costs.heard:,.0f} µs |"
    yield f"| a node | while nobody speaks | {costs.node:.1%} of a core |"
    yield f"| PostgreSQL | a message that is kept | {costs.kept:,.0f} µs |"
    yield f"| | each node that is told a hint | {costs.wake:,.0f} µs |"


def _model(costs: Costs) -> Iterator[str]:
    yield (
        "| people | messages/s | nodes | cores of nodes | of which hearing others | "
        "cores of PostgreSQL | GiB of nodes |"
    )
    yield "|--:|--:|--:|--:|--:|--:|--:|"
    for people in PEOPLE:
        begin = f"| {people:,} | {people / SILENCE:,.0f}"
        need = need_of(people, costs)
        if need is None:
            yield f"{begin} | none is enough | | | | |"
        else:
            cores = f"{need.chat + need.feed:,.1f} | {need.feed:,.1f} | {need.postgres:,.1f}"
            yield f"{begin} | {need.nodes} | {cores} | {need.memory:,.1f} |"


def written(page: str, costs: Costs) -> str:
    """Return the page with its tables made anew."""
    for name, lines in tables(costs):
        begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        page = before + begin + "\n".join(lines) + end + rest.partition(end)[2]
    return page


def draw(costs: Costs, target: Path) -> None:
    """Write the chart as SVG: what grows with people, and what grows faster than they do."""
    import matplotlib as mpl  # noqa: PLC0415 - which nobody needs who reads the tables
    from matplotlib.figure import Figure  # noqa: PLC0415

    steps = [round(10 ** (3 + step / 30)) for step in range(91)]
    with mpl.rc_context({"svg.hashsalt": "trio-chat", "font.size": 9, "text.color": INK}):
        figure = Figure(figsize=(9.5, 3.8), facecolor="white", layout="constrained")
        for axes, hears_all in zip(figure.subplots(1, 2, sharey=True), (True, False), strict=True):
            found = (need_of(people, costs, hears_all=hears_all) for people in steps)
            needs = [need for need in found if need]
            for name, (label, color) in LINES.items():
                values = [getattr(need, name) for need in needs]
                people = [need.people for need in needs]
                axes.plot(people, values, color=color, label=label, linewidth=2)
            axes.set(xscale="log", yscale="log", xlabel="people who are connected")
            axes.set(xlim=(1_000, 1_000_000), ylim=(0.005, 500))
            title = "each node hears of all messages" if hears_all else "one more hears of each"
            axes.set_title(title, loc="left", fontsize=9, fontweight="bold", color=INK)
            axes.grid(color="#e4e7eb", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
            if hears_all:
                axes.set_ylabel("cores")
                axes.legend(frameon=False, loc="upper left")
        figure.savefig(target, metadata={"Date": None})


def main() -> None:
    """Write the tables and the chart."""
    costs = read_costs()
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), costs), encoding="utf-8")
    draw(costs, CHART)


if __name__ == "__main__":
    main()
