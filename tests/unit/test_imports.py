"""Which module may know which: arrows point one way."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import trio_chat

# A module may import only from the layers below its own.
LAYERS = [
    {"words"},
    {"query", "endings", "origins", "config", "events", "names", "page", "commands"},
    {
        "sessions",
        "settings",
        "answers",
        "requests",
        "head",
        "streams",
        "logs",
        "listeners",
        "web",
        "journal",
    },
    {"files", "places"},
    {"dialects", "transport", "problems", "refusal", "journal.memory", "journal.index"},
    {"dialects.plain", "dialects.v1", "journal.transaction"},
    {"dialects.sse", "eventstream"},
    {"journal.reindex", "journal.queries"},
    {"journal.file"},
    {"journal.readers", "journal.beside"},
    {"frames", "journal.sqlite", "websocket", "exchange", "archive"},
    {"outbox", "door"},
    {"member"},
    {"audience", "people"},
    {"room", "welcome"},
    {"turn"},
    {"returns"},
    {"rooms"},
    {"callers"},
    {"chat"},
    {"hub"},
    {"client", "retention", "feed", "api"},
    {"api.calls", "api.schemas", "api.reading", "api.parts"},
    {"api.openapi"},
    {"api.routes"},
    {"server"},
    {"remote.errors", "remote.address", "remote.backoff", "remote.wire"},
    {"remote.asks", "remote.place", "remote.line", "remote.states"},
    {"remote.conversation"},
    {"remote.keeper", "remote.room"},
    {"remote.chat"},
    {"remote"},
    {"terminal"},
    {
        "terminal.cleaning",
        "terminal.emoji",
        "terminal.keepsake",
        "terminal.stdio",
        "terminal.tasks",
    },
    {"terminal.call", "terminal.output", "terminal.printing", "terminal.typed"},
    {"terminal.pipe", "terminal.log", "terminal.composer"},
    {"terminal.look", "terminal.scroll"},
    {"terminal.screen", "terminal.tab", "terminal.frame"},
    {"terminal.orders"},
    {"terminal.app"},
    {"commands.connect"},
    {"commands.files", "commands.lines", "commands.progress", "commands.tables"},
    {"commands.reading", "commands.intake"},
    {"commands.export", "commands.import_", "commands.backup", "commands.prune"},
    {"commands.rooms", "commands.check_config"},
    {"commands.serve", "cli"},
    {"__main__"},
]


def modules() -> dict[str, Path]:
    """Return our modules by their names, without the package's."""
    root = Path(trio_chat.__file__).parent
    names = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name:
            names[name] = path
    return names


def imports(path: Path, known: set[str]) -> set[str]:
    """Return which of our modules a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            base, _, rest = node.module.partition(".")
            if base == "trio_chat":
                inner = {f"{rest}.{alias.name}".strip(".") for alias in node.names} & known
                found |= inner or {rest}
    return found


def test_imports_point_one_way() -> None:
    """Every module stands in a layer and knows only lower ones."""
    found = modules()
    layer_of = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}
    assert set(layer_of) == set(found)
    wrong = [
        f"{name} imports {other}"
        for name, path in found.items()
        for other in imports(path, set(found))
        if layer_of[other] >= layer_of[name]
    ]
    assert wrong == []


def test_dialects_know_neither_trio_nor_io() -> None:
    """They turn bytes into requests and events into bytes, no more."""
    for name, path in modules().items():
        if name.startswith("dialects"):
            text = path.read_text()
            assert "import trio\n" not in text
            assert "import socket" not in text


def test_the_client_brings_no_server() -> None:
    """Who imports ``trio_chat.remote`` gets none of what only a server needs."""
    shared = {
        "trio_chat",
        *(f"trio_chat.{name}" for name in ("answers", "events", "requests", "names")),
    }
    program = "import sys, trio_chat.remote; print(*sys.modules)"
    plain = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, env=plain
    )
    loaded = set(run.stdout.split())
    ours = {name for name in loaded if name.startswith("trio_chat")}
    assert {name for name in ours if not name.startswith("trio_chat.remote")} == shared
    assert not loaded & {"hypercorn", "quart", "structlog", "sqlite3", "websockets"}
