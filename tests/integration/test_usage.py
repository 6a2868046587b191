"""Wrong use of the command line: one line that says what is wrong, and exit status 2."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.integration.commands import outcome

BAD_USAGE = 2


async def complaint(*arguments: str, **variables: str) -> str:
    """Return the one line on standard error that wrong use is answered with."""
    result = await outcome(*arguments, **variables)
    assert result.returncode == BAD_USAGE
    assert result.stdout == b""
    [line] = result.stderr.decode().splitlines()
    assert line.startswith("trio-chat: ")
    return line.removeprefix("trio-chat: ")


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Keep a port taken on 127.0.0.1."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_taken_port(host: str, taken_port: int) -> None:
    """The line says what to do about it."""
    assert await complaint("--host", host, "--port", str(taken_port)) == (
        f"port {taken_port} is already in use; choose another one with --port"
    )


async def test_a_host_that_is_not_this_machine() -> None:
    """An address of the documentation is nobody's."""
    line = await complaint("--host", "192.0.2.1")
    assert line.startswith("cannot listen on host '192.0.2.1': ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--port", "many"], "--port must be a whole number, not 'many'"),
        (["--port", "70000"], "port must be at most 65535, not 70000"),
        (["--prot", "80"], "unrecognized arguments: --prot 80 (--help lists the options)"),
        (["80"], "there is no command '80' (--help lists the commands)"),
        (["--port", "0", "tea"], "unrecognized arguments: tea (--help lists the options)"),
        (["--config", "/nowhere/chat.toml"], "cannot read /nowhere/chat.toml: No such file"),
    ],
)
async def test_wrong_flags(arguments: list[str], line: str) -> None:
    """Unknown ones are not guessed at."""
    assert (await complaint(*arguments)).startswith(line)


async def test_wrong_variables() -> None:
    """A misspelt variable is not ignored, a bad value is named."""
    unknown = await complaint(TRIO_CHAT_PROT="80")
    assert unknown == "unknown setting TRIO_CHAT_PROT in the environment"
    bad = await complaint(TRIO_CHAT_PING_INTERVAL="soon")
    assert bad == "TRIO_CHAT_PING_INTERVAL must be a number, not 'soon'"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("prot = 80", "unknown setting 'prot'"), ("port", "Expected '='"), ("port = [", "Invalid")],
)
async def test_wrong_files(tmp_path: Path, text: str, reason: str) -> None:
    """The line names the file."""
    file = tmp_path / "chat.toml"
    file.write_text(text)
    line = await complaint("--config", str(file))
    assert line.startswith(str(file))
    assert reason in line


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """And is not read."""
    assert await complaint("--config", str(tmp_path)) == f"cannot read {tmp_path}: Is a directory"


async def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    """Not there, or nonsense, or another one's key: each is told with its file."""
    missing = tmp_path / "missing.pem"
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    authority = trustme.CA()
    authority.issue_cert("localhost").cert_chain_pems[0].write_to_path(str(cert))
    authority.issue_cert("localhost").private_key_pem.write_to_path(str(key))

    assert await complaint("--certfile", str(missing)) == (
        f"cannot read {missing}: No such file or directory"
    )
    assert await complaint("--certfile", str(cert), "--keyfile", str(missing)) == (
        f"cannot read {missing}: No such file or directory"
    )
    unusable = f"no usable certificate and key in {nonsense}: "
    assert (await complaint("--certfile", str(nonsense))).startswith(unusable)
    mismatch = f"no usable certificate and key in {cert} and {key}: "
    both = ("--certfile", str(cert), "--keyfile", str(key))
    assert (await complaint(*both)).startswith(mismatch)
