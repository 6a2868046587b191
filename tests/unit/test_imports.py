"""Which package may know which: arrows point down."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import trio_chat

ROOT = Path(trio_chat.__file__).parent

# A package imports itself and those to the right of its colon; all may import ANYWHERE.
ANYWHERE = {
    *("config", "setting_fields", "setting_values", "setting_relations", "rates"),
    *("errors", "clock", "addresses", "named_files", "measures", "log_context", "database_url"),
    *("bus_url", "cores", "counting"),
}
BESIDE_SERVER = (
    *("settings", "logs", "signals", "held_signals", "loaded_files", "server_file"),
    *("live_config", "supervisor", "process"),
)
RULES = {
    "protocol": "",
    "auth": "protocol",
    "journal": "protocol",
    "delivery": "protocol",
    "limits": "",
    "files": "protocol journal",
    "core": "protocol auth journal files delivery limits",
    "hub": "protocol auth journal files delivery limits core",
    "net": "protocol auth limits",
    "client": "protocol auth journal delivery limits core hub net",
    "web": "protocol auth journal files delivery limits core hub net",
    "metrics": "protocol auth journal delivery limits core hub net client web",
    "remote": "protocol",
    "terminal": "protocol remote standard_streams",
    "workers": "protocol net metrics server live_config logs signals server_file supervisor",
    "commands": "protocol journal files core terminal remote workers lifetime loaded_files "
    "server_file signals settings logs process standard_streams",
}


def packages(path: Path) -> set[str]:
    """Return the packages, and the modules beside them, that a module imports of ours."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            base, _, rest = node.module.partition(".")
            if base == "trio_chat":
                found |= {rest.partition(".")[0]} if rest else {name.name for name in node.names}
    return found


@pytest.mark.parametrize("package", RULES)
def test_imports_point_down(package: str) -> None:
    """A package imports only itself, those below it, and what anything may import."""
    paths = [*(ROOT / package).rglob("*.py"), *ROOT.glob(f"{package}.py")]
    assert paths
    allowed = {package, *RULES[package].split(), *ANYWHERE}
    wrong = {f"{path.name}: {other}" for path in paths for other in packages(path) - allowed}
    assert wrong == set()


def test_the_picture_in_the_docs_is_the_rules() -> None:
    """It draws each package above all that it may import, and names nothing that is not there."""
    text = (ROOT.parent / "docs" / "design.md").read_text(encoding="utf-8")
    lines = text.partition("## The house")[2].split("```")[1].strip().splitlines()
    drawn = [re.split(r"[/ ,]", line)[0] for line in lines]
    named = re.findall(r"\w+", f"{lines[0][4:]} {lines[-1].partition('   ')[0]}")
    assert [name for name in named if not (ROOT / f"{name}.py").exists()] == []
    floors = {name: floor for floor, name in enumerate(drawn[1:])} | dict.fromkeys(named, 99)
    floors |= dict.fromkeys(BESIDE_SERVER, floors["server"])
    assert floors.keys() >= RULES.keys()
    for package, others in RULES.items():
        assert [other for other in others.split() if floors[other] <= floors[package]] == []


def test_the_files_that_the_docs_name_are_there() -> None:
    """Design names a file by the end of its path; one that was moved is found so."""
    top = ROOT.parent
    text = (top / "docs" / "design.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+\.(?:py|js|css|toml))`", text))
    folders = ("trio_chat", "static", "tests")
    there = [f"/{path.relative_to(top)}" for one in folders for path in (top / one).rglob("*.*")]
    assert [name for name in named if not any(one.endswith(f"/{name}") for one in there)] == []


def test_the_tasks_that_the_docs_draw_are_there() -> None:
    """The task tree names them as ``Class.method`` or ``module.function``."""
    text = (ROOT.parent / "docs" / "design.md").read_text(encoding="utf-8")
    tree = text.partition("## The task tree")[2].split("```")[1]
    named = set(re.findall(r"\b(\w+\.[a-z_]+)\b", tree.replace("trio.run", "")))
    there = set()
    for path in ROOT.rglob("*.py"):
        module = ast.parse(path.read_text())
        owners = [(path.stem, module)] + [
            (node.name, node) for node in module.body if isinstance(node, ast.ClassDef)
        ]
        for name, owner in owners:
            there |= {f"{name}.{x.name}" for x in owner.body if isinstance(x, ast.AsyncFunctionDef)}
    assert "Client.run" in named
    assert named - there == set()


def test_every_package_has_a_rule() -> None:
    """No package is left out of the rules, so that a new one is thought about."""
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == RULES.keys() - {"hub"}


def test_the_protocol_knows_neither_trio_nor_io() -> None:
    """It turns bytes into requests and events into bytes, no more."""
    for path in (ROOT / "protocol").rglob("*.py"):
        text = path.read_text()
        assert "import trio\n" not in text
        assert "import socket" not in text


def test_the_client_brings_no_server() -> None:
    """Who imports ``trio_chat.remote`` gets none of what only a server needs."""
    program = "import sys, trio_chat.remote; print(*sys.modules)"
    plain = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, env=plain
    )
    loaded = set(run.stdout.split())
    ours = {name.partition(".")[2].partition(".")[0] for name in loaded if "trio_chat." in name}
    assert ours == {"protocol", "remote", "addresses"}
    assert not loaded & {"hypercorn", "quart", "structlog", "sqlite3", "websockets"}
