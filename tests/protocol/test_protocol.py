"""The kit's cases against our server, or against that of ``--server URL``."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat import NO_RATES, Chat
from tests.protocol.case import is_said
from tests.protocol.kit import CASES, Case
from tests.protocol.target import Target

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the server under test."""
    given = request.config.getoption("--server")
    if given:
        yield given
        return
    chat = Chat(tmp_path_factory.mktemp("protocol") / "chat.db", *NO_RATES)
    yield chat.url
    chat.stop()


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_it_does_what_the_docs_say(one: Case, url: str) -> None:
    """Each case by itself, in rooms and under names of its own."""
    one.check(Target(url))


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_the_docs_say_it(one: Case) -> None:
    """Word for word, so that neither is changed without the other."""
    assert is_said(one)


def test_the_kit_stands_alone() -> None:
    """Nobody who checks another server needs our server's code."""
    for module in Path(__file__).parent.glob("*.py"):
        if module.name != "test_protocol.py":
            assert "trio_chat" not in module.read_text(encoding="utf-8"), module.name


def test_the_kit_is_a_command(url: str) -> None:
    """It tells by line and exit status which cases hold."""
    command = [sys.executable, "-m", "tests.protocol"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )

    good = run(url, "a_lone_object_is_a_frame")
    assert (good.returncode, good.stdout) == (0, "passed a_lone_object_is_a_frame\nall passed\n")
    bad = run("http://localhost:1/", "a_lone_object_is_a_frame")
    assert bad.returncode == 1
    assert "FAILED a_lone_object_is_a_frame" in bad.stdout
    assert run().returncode == 2
