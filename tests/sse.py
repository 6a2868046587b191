"""Server-Sent Events as a browser reads them, in a strict form: what is unknown is an error."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple


class Told(NamedTuple):
    """One event. ``id`` is what a browser would come back with after it, if it names one."""

    id: str | None
    event: str
    data: Any


def parse(stream: str) -> Iterator[Told]:
    """Yield the events that are complete; comments and times to come back are passed over."""
    *blocks, _ = stream.split("\n\n")
    for block in blocks:
        lines = [line.partition(": ") for line in block.split("\n")]
        fields = {name: value for name, _, value in lines}
        assert len(fields) == len(lines)
        if fields.keys() <= {":", "retry"}:
            continue
        assert fields.keys() <= {"id", "event", "data"}
        yield Told(fields.get("id"), fields["event"], json.loads(fields["data"]))
