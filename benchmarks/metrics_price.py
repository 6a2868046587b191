"""What it costs a message that the server counts and times what it does.

``python -m benchmarks.metrics_price`` times what is added to a turn of the hub, to a commit, to a
read of a connection and to a frame that is sent, and a scrape.
"""

from collections import Counter
from time import perf_counter
from timeit import repeat

from trio_chat.measures import SIZES, Delays, Histogram, Traffic
from trio_chat.protocol.events import Message

TIMES = 200_000
ROUNDS = 5


def price(statement: str, **names: object) -> float:
    """Return the nanoseconds that a statement takes; the best of some rounds."""
    best = min(repeat(statement, globals=names, number=TIMES, repeat=ROUNDS))
    return best / TIMES * 1e9


def main() -> None:
    """Print what each step costs, and what a message that comes alone pays."""
    seconds, sizes, delays, traffic = Histogram(), Histogram(SIZES), Delays(), Traffic()
    kept: Counter[type] = Counter()
    names = {
        "now": perf_counter,
        "seconds": seconds,
        "sizes": sizes,
        "delays": delays,
        "traffic": traffic,
        "kept": kept,
        "event": Message(room="tea", text="hello"),
    }
    steps = {
        "turn": "began = now(); sizes.observe(1); seconds.observe(now() - began)",
        "fan-out": "began = now(); seconds.observe(now() - began); traffic.send(100, 10)",
        "acknowledgement": "delays.begin(now(), 1); delays.end(now(), 1)",
        "commit": "began = now(); seconds.observe(now() - began); sizes.observe(1)",
        "read": "traffic.received_bytes += 100; traffic.received_messages += 1",
        "frame to one": "traffic.send(100)",
        "event": "kept[type(event)] += 1",
    }
    prices = {name: price(statement, **names) for name, statement in steps.items()}
    for name, cost in prices.items():
        print(f"{name:<16} {cost:6.0f} ns")
    print(f"{'message':<16} {sum(prices.values()) + prices['turn']:6.0f} ns: it takes two turns")


if __name__ == "__main__":
    main()
