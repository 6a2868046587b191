"""The peers: how each server under test is made and started."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import toolchain
from benchmarks.toolchain import Unavailable
from benchmarks.works import FLOOR, GO, TRIO_CHAT, TRIO_CHAT_LOOP, TRIO_CHAT_V1

HERE = Path(__file__).parent

# Limits that exist to stop what a flood does; off in each version of trio-chat that has them.
NO_LIMITS = (
    "message-rate",
    *("send-rate", "change-rate", "topic-rate", "nick-rate", "join-rate", "typing-rate"),
    *("history-rate", "search-rate", "list-rate", "invalid-rate", "room-rate"),
    *(
        "byte-rate",
        "frame-rate",
        "address-byte-rate",
        "address-write-rate",
        "connect-rate",
        "http-rate",
        "control-rate",
        "tls-rate",
        "handshake-rate",
        "resume-rate",
    ),
    *("new-room-rate", "new-name-rate"),
)

IN_MEMORY = ":memory:"
IN_FILE = "{folder}/chat.db"

Command = list[str | Path]  # "{port}" and "{folder}" stand for the port and a folder of its own


@dataclass(frozen=True)
class Peer:
    """One server under test.

    Attributes:
        name: As it is shown.
        what: What it is, in a few words.
        prepare: Builds or fetches it and returns the command that starts it; raises
            ``Unavailable``.
        version: Tells what exactly was measured.
    """

    name: str
    what: str
    prepare: Callable[[], Command]
    version: Callable[[], str]


def _packages(*names: str) -> str:
    """Return the versions of installed Python packages.

    Raises:
        Unavailable: one is not installed.
    """
    try:
        return ", ".join(f"{name} {version(name)}" for name in names)
    except PackageNotFoundError as error:
        raise Unavailable(f"the Python package {error.name} is not installed") from None


def _python_peer(name: str, what: str, script: str, *packages: str) -> Peer:
    def prepare() -> Command:
        _packages(*packages)
        return [sys.executable, HERE / script, "{port}"]

    return Peer(name, what, prepare, lambda: _packages(*packages))


def _trio_chat(name: str, what: str, database: str, *options: str) -> Peer:
    return Peer(
        name,
        what,
        lambda: [*trio_chat_command(database), *options],
        lambda: _packages("trio", "websockets", "msgspec"),
    )


def trio_chat_command(database: str, python: Sequence[str | Path] = (sys.executable,)) -> Command:
    """Return the command that starts trio-chat, with those flags that its version knows.

    Args:
        database: IN_MEMORY or IN_FILE.
        python: Starts a Python that imports the version of trio-chat to be measured.

    Raises:
        Unavailable: it does not start.
    """
    program = [*python, "-m", "trio_chat"]
    usage = toolchain.run([*program, "--help"])
    wanted = {**dict.fromkeys(NO_LIMITS, "0"), "database": database, "log-level": "warning"}
    flags = [f"--{name}={value}" for name, value in wanted.items() if f"--{name} " in usage]
    return [*program, "--host=127.0.0.1", "--port={port}", *flags]


def _go() -> Command:
    return [toolchain.compile_go("go-chat", HERE / "go" / "main.go"), "{port}"]


def _go_version() -> str:
    return toolchain.run([toolchain.find("go", "Debian's golang-go"), "env", "GOVERSION"])


def _floor() -> Command:
    return [toolchain.compile_c("floor", HERE / "floor" / "floor.c"), "{port}"]


def _gcc_version() -> str:
    return "gcc " + toolchain.run([toolchain.find("gcc", "the C compiler"), "-dumpfullversion"])


def _node() -> Command:
    node = toolchain.find("node", "Debian's nodejs")
    return [node, HERE / "node" / "server.cjs", "{port}", toolchain.fetch_ws()]


def _node_version() -> str:
    node = toolchain.run([toolchain.find("node", "Debian's nodejs"), "--version"])
    return f"node {node.lstrip('v')}, ws {toolchain.WS_VERSION}"


def _bun() -> Command:
    return [toolchain.fetch_bun(), HERE / "bun" / "server.mjs", "{port}"]


PEERS = {
    peer.name: peer
    for peer in (
        _trio_chat(TRIO_CHAT, "this project, nothing kept", IN_MEMORY),
        _trio_chat(
            TRIO_CHAT_LOOP,
            "the same without io_uring, a system call a client",
            IN_MEMORY,
            "--fan-out=loop",
        ),
        _trio_chat(
            TRIO_CHAT_V1, "this project, everything kept by SQLite, clients speak v1", IN_FILE
        ),
        Peer(GO, "hub and pumps on gorilla/websocket, as in its chat example", _go, _go_version),
        Peer(
            FLOOR, "a loop of write() in C, no queues: what the kernel asks", _floor, _gcc_version
        ),
        Peer("bun", "Bun.serve and publish", _bun, lambda: f"bun {toolchain.BUN_VERSION}"),
        Peer("node ws", "ws on Node, one send a client", _node, _node_version),
        _python_peer("picows", "one send a client", "picows_server.py", "picows", "uvloop"),
        _python_peer(
            "websockets+uvloop",
            "its broadcast",
            "websockets_server.py",
            "websockets",
            "uvloop",
        ),
        _python_peer(
            "trio-websocket",
            "one send_message a client",
            "trio_websocket_server.py",
            "trio-websocket",
            "trio",
        ),
        _python_peer(
            "quart-hypercorn",
            "Quart-Trio on Hypercorn, a channel a client",
            "quart_server.py",
            "quart-trio",
            "hypercorn",
        ),
    )
}
