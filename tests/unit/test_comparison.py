"""Rules of the benchmark's comparison of revisions."""

import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import comparison, revision
from benchmarks.comparison import Comparison
from benchmarks.process import ProcessFailed
from benchmarks.results import Figures
from benchmarks.revision import Revision, checked_out
from benchmarks.toolchain import Unavailable
from benchmarks.works import ROOMS, Work


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    done = subprocess.run(
        ["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with two commits, in place of this one."""
    root = tmp_path / "root"
    root.mkdir()
    git(root, "init", "--quiet")
    for text in ("old", "new"):
        (root / "file").write_text(text)
        git(root, "add", "file")
        git(root, "commit", "--quiet", "--message", text)
    monkeypatch.setattr(revision, "ROOT", root)
    monkeypatch.setattr(revision, "CACHE", tmp_path)
    return root


@pytest.mark.parametrize("reason", [None, KeyboardInterrupt, ProcessFailed])
def test_a_revision_is_checked_out_and_removed(
    repository: Path, reason: type[BaseException] | None
) -> None:
    """The worktree has the files of the revision, and is gone however the block ends."""

    def use() -> None:
        with checked_out("HEAD~1") as old:
            assert (old.tree / "file").read_text() == "old"
            assert str(old.tree) in git(repository, "worktree", "list")
            if reason:
                raise reason

    if reason:
        with pytest.raises(reason):
            use()
    else:
        use()
    assert git(repository, "worktree", "list").count("\n") == 1
    assert [path.name for path in repository.parent.iterdir()] == ["root"]


def test_an_unknown_revision_is_named(repository: Path) -> None:
    """A revision that git does not know is told in one line."""
    with pytest.raises(Unavailable, match="there is no revision 'v9'"), checked_out("v9"):
        pass


def test_revisions_take_turns_and_ratios_are_within_rounds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The table has the medians, and the median, least and most of the ratios new to old."""
    figures = iter([10.0, 5.0, 20.0, 20.0, 10.0, 20.0, 1.0])
    runs: list[str] = []

    def run_trial(
        program: Path, command: list[str], work: Work, name: str, **more: object
    ) -> Figures:
        runs.append(name)
        if len(runs) == 8:
            raise ProcessFailed("did not start")
        return {"ack_p99_ms": next(figures), "disturbance": 0.0}

    monkeypatch.setattr(comparison, "run_trial", run_trial)
    monkeypatch.setattr(Revision, "command", lambda _, *, keeps: ["server", str(keeps)])
    console = Console(record=True, width=120)
    old, new = Revision("old", tmp_path), Revision("new", tmp_path)
    Comparison(tmp_path, old, new, 4, console).run([ROOMS])
    shown = console.export_text()
    assert runs == ["old", "new"] * 4
    assert "rooms, round 2, old: ack p50, ms -; ack p99, ms 20.0" in shown
    assert "rooms, round 4, new: did not start" in shown
    [row] = [line.split("│")[1:-1] for line in shown.splitlines() if "│ ack p99" in line]
    assert [cell.strip() for cell in row] == [
        "ack p99, ms",
        "10.0",
        "20.0",
        "1.000",
        "0.500",
        "2.000",
    ]
