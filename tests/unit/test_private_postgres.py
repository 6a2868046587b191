"""Rules of a PostgreSQL of the workers' own: when there is one, and what is told if not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from trio_chat.commands import migrate
from trio_chat.config import Config, ConfigError
from trio_chat.errors import Failed
from trio_chat.workers import leash, programs
from trio_chat.workers import private_postgres as module
from trio_chat.workers.child import Child
from trio_chat.workers.lending import is_folder, lent
from trio_chat.workers.pauses import Pauses
from trio_chat.workers.private_postgres import (
    PrivatePostgres,
    has_parent,
    last_line,
    private_postgres,
)

URL = "postgresql://chat@/chat"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder below which programs are looked for, and nowhere else."""
    monkeypatch.setattr(programs, "USUAL", (str(tmp_path / "pg-*" / "bin").lstrip("/"),))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    return tmp_path


def install(folder: Path, version: str, *, postgres: str = "") -> Path:
    """Put programs there that tell a version and end."""
    place = folder / f"pg-{version}" / "bin"
    place.mkdir(parents=True)
    for name in programs.NEEDED:
        (place / name).write_text("#!/bin/sh\nexit 1\n")
        (place / name).chmod(0o755)
    told = postgres or f"postgres (PostgreSQL) {version}.1 (Debian)"
    (place / "postgres").write_text(f"#!/bin/sh\necho '{told}'; exit 1\n")
    return place


def config(folder: Path, **more: Any) -> Config:  # noqa: ANN401 - whatever a setting can be
    return Config(workers=2, database=str(folder / "chat.db"), **more)


def test_the_newest_programs_are_taken(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or those that data which is there needs; a folder without all of them does not count."""
    assert programs.find_programs() is None
    assert programs.find_programs("15") is None
    install(places, "9")
    assert programs.find_programs() is None
    install(places, "15")
    newest = install(places, "17")
    (install(places, "18") / "pg_ctl").unlink()
    install(places, "x", postgres="what?")
    assert programs.find_programs() == newest
    assert programs.find_programs("15") == places / "pg-15" / "bin"
    monkeypatch.setattr(shutil, "which", lambda _: str(newest / "initdb"))
    assert programs.find_programs() == newest


def test_root_needs_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the packages make; others are who they are."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert programs.user_for_programs() == ""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(programs, "USER", "root")
    assert programs.user_for_programs() == "root"
    monkeypatch.setattr(programs, "USER", "nobody-of-this-name")
    with pytest.raises(ConfigError, match="PostgreSQL refuses root, and there is no user"):
        programs.user_for_programs()


def test_who_has_a_parent(tmp_path: Path) -> None:
    """Several workers, and one whose messages are in a PostgreSQL of its own."""
    assert not has_parent(Config(database=URL))
    assert not has_parent(Config(database=":memory:"))
    assert has_parent(Config(database=URL, workers=2))
    one = Config(database=str(tmp_path / "chat.db"))
    assert not has_parent(one)
    (tmp_path / "chat.db.postgres").mkdir()
    assert has_parent(one)
    assert private_postgres(Config(database=URL, workers=2)) is None


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda folder: (folder / "chat.db").touch(), "is a file for one process"),
        (lambda folder: None, "whose programs are not here: apt-get install postgresql"),
        (lambda folder: version(folder, "12"), "is of PostgreSQL 12, whose programs are not here"),
    ],
)
def test_what_is_missing_is_told(places: Path, prepare: Callable[[Path], None], told: str) -> None:
    """In one line with what to do."""
    prepare(places)
    with pytest.raises(ConfigError, match=told):
        private_postgres(config(places))


def version(folder: Path, number: str) -> None:
    data = folder / "chat.db.postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{number}\n")


def test_the_driver_and_a_short_path_are_needed(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Unix socket's path has a bound."""
    with pytest.raises(ConfigError, match=r"is too long: it may have 107 bytes"):
        private_postgres(config(places / ("x" * 90)))
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="needs the package psycopg"):
        private_postgres(config(places))


def made(folder: Path, number: str = "15") -> PrivatePostgres:
    return PrivatePostgres(folder / "chat.db.postgres", install(folder, number), "", 2)


async def failure_of(postgres: PrivatePostgres) -> str:
    """Have it run, which fails; return why."""
    lost: list[str] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(postgres.run, lambda: lost.append("lost"))
    assert lost == ["lost"]
    return str(postgres.failure)


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def is_there(pid: str) -> bool:
    return Path("/proc", pid).exists()


async def test_what_does_not_start_says_why(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that cannot be made, a folder that cannot be, a server that ends or is too late."""
    postgres = made(places)
    assert "cannot make" in await failure_of(postgres)
    monkeypatch.setattr(module, "MAKING_TIMEOUT", 0.0)
    assert "within 0 s" in await failure_of(postgres)
    version(places, "15")
    (places / "chat.db.postgres" / "data" / "postmaster.pid").write_text("1\n")  # is another one
    assert "does not start: postgres (PostgreSQL) 15.1 (Debian)" in await failure_of(postgres)
    mark = places / "chat.db.postgres" / "data" / "postmaster.pid"
    shutil.copy("/bin/sleep", places / "postgres")
    left = Child([str(places / "postgres"), "1000"])  # as one that a parent has left
    try:
        while name_of(left._process.pid) != "postgres":  # a moment after its start
            await trio.sleep(0.01)
        mark.write_text(f"{left._process.pid}\n")
        (places / "pg-15" / "bin" / "pg_ctl").write_text(f"#!/bin/sh\nkill {left._process.pid}\n")
        assert "does not start" in await failure_of(postgres)
        assert await left.wait() == -signal.SIGTERM
    finally:
        await left.end()
    mark.write_text("")
    assert "does not start" in await failure_of(postgres)
    monkeypatch.setattr(module, "START_TIMEOUT", 0.0)
    assert "does not answer within 0 s" in await failure_of(postgres)
    elsewhere = PrivatePostgres(places / "nowhere" / "x", places, "", 2)
    assert "cannot use" in await failure_of(elsewhere)


async def test_what_ends_again_and_again_is_given_up(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it has answered, and was started again, too; whoever needs it is told."""
    version(places, "15")
    postgres, hopeless = made(places), iter([False, True])
    (places / "pg-15" / "bin" / "pg_isready").write_text("#!/bin/sh\nexit 0\n")
    (places / "pg-15" / "bin" / "postgres").write_text("#!/bin/sh\nsleep 0.2; exit 1\n")
    monkeypatch.setattr(Pauses, "is_hopeless", property(lambda _: next(hopeless)))
    monkeypatch.setattr(Pauses, "after", lambda *_: 0.0)
    assert "ends again and again: it does not say why" in await failure_of(postgres)


async def test_what_ends_with_the_chat_is_not_started_again(places: Path) -> None:
    """As when all processes of a chat are told to end at once; nobody is told of a loss."""
    version(places, "15")
    postgres, starts = made(places), places / "starts"
    (places / "pg-15" / "bin" / "pg_isready").write_text("#!/bin/sh\nexit 0\n")
    serves = f"#!/bin/sh\necho $$ >> '{starts}'; exec sleep 0.2\n"
    (places / "pg-15" / "bin" / "postgres").write_text(serves)
    postgres.is_ending = True
    async with trio.open_nursery() as nursery:
        await nursery.start(postgres.run, lambda: pytest.fail("told of a loss"))
        while not starts.exists() or not starts.read_text():
            await trio.sleep(0.01)
        process = starts.read_text().split()[0]
        while is_there(process):
            await trio.sleep(0.01)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert starts.read_text().split() == [process]
    assert postgres.failure is None


def test_it_is_ended_by_a_signal_that_we_ignore() -> None:
    """As a shell starts what is in the background: so would be the programs that we start."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(
            [sys.executable, "-I", leash.__file__, str(os.getpid()), "", "/bin/sleep", "60"]
        ) as process:
            while name_of(process.pid) != "sleep":
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.returncode == -signal.SIGINT


def test_the_last_line_is_the_reason() -> None:
    """Programs write others before it."""
    assert last_line(b"one\ntwo: why\n \n") == "two: why"
    assert last_line(b"") == "it does not say why"
    assert issubclass(Failed, Exception)


@pytest.mark.parametrize("is_trial", [True, False])
def test_a_trial_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_trial: bool
) -> None:
    """Else a server would take the chat to be in there; a source has to be there already."""

    @contextmanager
    def make(folder: str) -> Iterator[str]:
        Path(folder).mkdir()
        yield "postgresql://it"

    monkeypatch.setattr(migrate, "lent", make)
    folder = tmp_path / "chat.db.postgres"
    with migrate._reached(str(folder), "target", is_trial=is_trial) as url:
        assert url == "postgresql://it"
    assert folder.exists() != is_trial
    gone = str(tmp_path / "gone.postgres")
    with (
        pytest.raises(ConfigError, match="there is no folder"),
        migrate._reached(gone, "source", is_trial=is_trial),
    ):
        pytest.fail("it is not there")


def test_what_cannot_be_lent_is_told(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command ends with the reason, as the chat would."""
    monkeypatch.setattr(module, "user_for_programs", str)
    install(places, "15")
    with pytest.raises(Failed, match="cannot make"), lent(str(places / "chat.db.postgres")):
        pytest.fail("there is none")
    assert is_folder("chat.db.postgres")
    assert not is_folder("postgresql://x/chat.postgres")


def test_what_is_lent_runs_for_the_block_alone(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers when the command gets its URL, and has ended when the command goes on."""
    monkeypatch.setattr(module, "user_for_programs", str)
    version(places, "15")
    folder, place = places / "chat.db.postgres", install(places, "15")
    tells = "[ $1 = --version ] && echo 'postgres (PostgreSQL) 15.1' && exit"
    serves = f"echo $$ > '{folder}/pid'; exec sleep 1000"
    (place / "postgres").write_text(f"#!/bin/sh\n{tells}\n{serves}\n")
    (place / "pg_isready").write_text(f"#!/bin/sh\ntest -s '{folder}/pid'\n")
    with lent(str(folder)) as url:
        assert url == PrivatePostgres(folder, place, "", 1).url
        process = int((folder / "pid").read_text())
        os.kill(process, 0)  # is there
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
