"""The description of the HTTP API is true."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
import trio

from tests.chat import NO_RATES
from tests.integration.asking import API, ask
from tests.integration.commands import command
from tests.integration.running import serving
from trio_chat.config import Config
from trio_chat.files.keeper import FileKeeper
from trio_chat.hub import Hub
from trio_chat.journal.history import History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.limits.limits import Limits
from trio_chat.protocol.request_base import VISIBLE
from trio_chat.remote import connect
from trio_chat.web.api.calls import Calls
from trio_chat.web.api.openapi import describe
from trio_chat.web.api.routes import Api
from trio_chat.web.api.uploads import Uploading
from trio_chat.web.app import make_app

RULES = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 8  # of each operation, besides those that follow from the description
LIMIT = 1500  # seconds; it takes a tenth of that on a machine of its own
SEED = 1  # the same each time; others may find other faults


@pytest.mark.timeout(1800)
async def test_every_answer_is_as_described(tmp_path: Path) -> None:
    """Whatever is asked, by schemathesis: no 500, no other status, type or content than told.

    It asks as somebody with a session, and without it; what is said leads to what can be changed.
    """
    async with command(*NO_RATES) as server:
        url = f"http://localhost:{server.port}/"
        async with connect(url, nick="Fuzz") as chat:
            token = chat.session
        with trio.fail_after(LIMIT):
            run = await trio.run_process(
                [
                    *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(RULES)),
                    *("--no-color", "run", f"{url}api/v1/openapi.json"),
                    *("--max-examples", str(EXAMPLES), "--seed", str(SEED)),
                    *("--header", f"Authorization: Bearer {token}"),
                ],
                capture_stdout=True,
                check=False,
                cwd=tmp_path,
                env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
            )
    assert run.returncode == 0, run.stdout.decode()


async def test_the_description_can_be_asked_for() -> None:
    """By programs that make a client of it."""
    async with serving() as server:
        answer = await ask(server, "GET", "/openapi.json")
        assert answer.status == 200
        assert answer.json == describe(Config())


def test_the_description_is_read_by_other_programs() -> None:
    """Patterns have no raw controls, arrays one schema of their items; refusals are listed."""
    described = describe(Config())
    text = json.dumps(described, ensure_ascii=False)
    assert not re.search("[\x00-\x1f\x7f-\x9f]", text)
    assert '"items": false' not in text
    pattern = described["components"]["schemas"]["NewMessage"]["properties"]["cid"]["anyOf"][0]
    every = [chr(code) for code in range(0x110000)]
    seen = [one for one in every if re.match(VISIBLE, one)]
    assert [one for one in every if re.fullmatch(pattern["pattern"], one)] == seen
    paths = described["paths"]
    assert "507" in paths["/rooms/{room}/messages/{seq}"]["put"]["responses"]
    for part, statuses in (("messages", "404 503"), ("search", "404 503"), ("events", "404 503")):
        assert set(statuses.split()) <= paths[f"/rooms/{{room}}/{part}"]["get"]["responses"].keys()


def test_what_is_described_is_what_there_is() -> None:
    """Each path with its methods, no more and no less."""
    described = {
        (path, method.upper())
        for path, item in describe(Config())["paths"].items()
        for method in item.keys() - {"parameters"}
    }
    assert described == routes()


def routes() -> set[tuple[str, str]]:
    """Return the paths and methods of the API, written as they are described."""
    config = Config()
    app = make_app(config)
    hub = Hub(MemoryJournal(), config)
    history, calls = History(MemoryJournal(), config, dict), Calls(hub.inbox, config)
    limits, keeper = Limits(config), FileKeeper(config, MemoryJournal(), hub.uploads)
    uploading = Uploading(calls, keeper, limits, config)
    Api(history, calls, hub.readers, config, uploading).install(app)
    return {
        (path.replace("<number:", "{").replace("<", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        for path in [rule.rule.removeprefix(API)]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if path != rule.rule
    }
