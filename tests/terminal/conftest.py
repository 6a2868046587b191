"""A server for the terminal tests, and who chats there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.running import Running, serving
from tests.terminal.tool import Tool


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    async with serving() as running:
        yield running


@pytest.fixture
def tool(server: Running, tmp_path: Path) -> Tool:
    return Tool(f"http://localhost:{server.port}/", tmp_path)
