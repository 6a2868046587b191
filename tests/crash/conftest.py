"""Where the servers that are killed keep what is said: each kind of journal that outlives them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.crash.process import Server

MakeServer = Callable[..., Server]


@pytest.fixture(params=["sqlite", "postgres"])
def make_server(request: pytest.FixtureRequest, tmp_path: Path) -> MakeServer:
    """Return what makes a server, given further options of the command."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return partial(Server, tmp_path / "chat.db", url=url)
