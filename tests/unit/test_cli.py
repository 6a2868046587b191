"""Rules of the command that need no process of their own: exit statuses, and what it runs."""

import importlib
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from errno import EACCES, ENOSPC
from importlib.metadata import version

import pytest
import trio

from trio_chat import __main__ as program
from trio_chat.cli import main
from trio_chat.commands import COMMANDS, serve
from trio_chat.config import Config, ConfigError
from trio_chat.errors import BAD_USAGE, FAILED, INTERRUPTED, Failed
from trio_chat.logs import Logging


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool | BaseException], int]:
    """Return a function that tells the exit status for an outcome of the server."""

    def status(result: bool | BaseException) -> int:
        def run(
            serve: Callable[..., Awaitable[bool]],
            config: Config,
            read: Callable[[], Config],
            logging: Logging,
            announce: Callable[[str], None],
        ) -> bool:
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(trio, "run", run)
        return main([])

    monkeypatch.setattr("trio_chat.logs.writing", lambda config: nullcontext())
    return status


def test_a_proper_end_is_a_success(outcome: Callable[[bool | BaseException], int]) -> None:
    """Goodbyes were said, or had their time."""
    assert outcome(True) == 0  # noqa: FBT003


def test_an_end_that_was_cut_short_counts_as_interrupted(
    outcome: Callable[[bool | BaseException], int],
) -> None:
    """Whether by a second signal, or by Ctrl-C before the server listened for it."""
    assert outcome(False) == INTERRUPTED  # noqa: FBT003
    assert outcome(KeyboardInterrupt()) == INTERRUPTED


def test_what_cannot_be_served_is_bad_usage(
    outcome: Callable[[bool | BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """With one line that says why."""
    assert outcome(ConfigError("no such luck")) == BAD_USAGE
    assert capsys.readouterr() == ("", "trio-chat: no such luck\n")


def test_a_crash_is_not_hidden(outcome: Callable[[bool | BaseException], int]) -> None:
    """A bug shows as a traceback."""
    with pytest.raises(ZeroDivisionError):
        outcome(ZeroDivisionError())


def test_importing_the_module_starts_nothing() -> None:
    """Only running it does."""
    assert importlib.reload(program).main


def test_without_a_command_the_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name may be given, and is only needed by those who like order."""
    heard: list[Sequence[str]] = []

    def note(arguments: Sequence[str]) -> int:
        heard.append(arguments)
        return 0

    monkeypatch.setattr(serve, "main", note)
    assert [main([]), main(["--port", "80"]), main(["serve", "--port", "80"])] == [0, 0, 0]
    assert heard == [[], ["--port", "80"], ["--port", "80"]]


@pytest.mark.parametrize(
    ("word", "hint"),
    [("srve", "did you mean 'serve'?"), ("80", "--help lists the commands")],
)
def test_a_word_that_is_no_command(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Is not guessed at."""
    assert main([word]) == BAD_USAGE
    assert capsys.readouterr() == ("", f"trio-chat: there is no command '{word}' ({hint})\n")


def test_a_complaint_is_one_line_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever was given, also by a program."""
    assert main(["--\x1b[31m\nred\u202e"]) == BAD_USAGE
    output = capsys.readouterr().err
    assert output.startswith("trio-chat: unrecognized arguments: --\\x1b[31m\\nred\\u202e (")
    assert output.count("\n") == 1


def test_a_command_that_fails_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line; its use was right, so its status is another."""

    def fail(arguments: Sequence[str]) -> int:
        raise Failed("the disk is full")

    monkeypatch.setattr(serve, "main", fail)
    assert main([]) == FAILED
    assert capsys.readouterr() == ("", "trio-chat: the disk is full\n")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(EACCES, "Permission denied", "chat.db"), "chat.db: Permission denied"),
        (OSError("odd"), "odd"),
    ],
)
def test_what_the_system_refuses_is_said_in_one_line(
    error: OSError, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as a full disk behind standard output."""

    def fail(arguments: Sequence[str]) -> int:
        raise error

    monkeypatch.setattr(serve, "main", fail)
    assert main([]) == FAILED
    assert capsys.readouterr() == ("", f"trio-chat: cannot go on: {reason}\n")


def test_every_command_is_there_and_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """With a line that fits the terminal."""
    assert main(["--help"]) == 0
    told = capsys.readouterr().out.splitlines()
    for name, command in COMMANDS.items():
        assert f"  {name:<14}{command.summary}" in told
        assert callable(importlib.import_module(command.module).main)
        assert len(command.summary) <= 60


@pytest.mark.parametrize(
    ("platform", "status", "told"),
    [("linux", 0, ""), ("darwin", 0, "tried on Linux alone"), ("win32", 2, "WSL or a container")],
)
def test_other_systems_are_told_what_works(
    platform: str,
    status: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one line, before anything is imported that is not there."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "argv", ["trio-chat", "--version"])
    assert program.main() == status
    output = capsys.readouterr()
    assert output.out.startswith("trio-chat ") is (status == 0)
    assert told in output.err
    assert output.err.count("\n") == bool(told)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """As other programs tell it."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"trio-chat {version('trio-chat')}\n"


def test_an_exit_status_that_a_command_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of one that SIGTERM has ended."""

    def leave(arguments: Sequence[str]) -> int:
        sys.exit(143)

    monkeypatch.setattr(serve, "main", leave)
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 143


def test_who_reads_the_output_may_leave() -> None:
    """As ``head`` does: no traceback, and a status of failure."""
    code = (
        "import sys; from trio_chat import cli; from trio_chat.commands import serve;"
        "serve.main = lambda arguments: print(sys.stdin.read()) or 0; sys.exit(cli.main([]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.communicate(b"a line") == (b"", b"")
    assert process.returncode == FAILED


def test_the_server_does_not_wait_for_what_only_commands_need() -> None:
    """It starts on small machines, too."""
    code = "import sys, trio_chat.cli, trio_chat.commands.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = {command.module for command in COMMANDS.values()} - {serve.__name__}
    assert not {*others, "urwid", "trio_websocket"} & set(done.stdout.split())
