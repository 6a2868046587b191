"""Compiles the peers and fetches their packages, once, into a cache."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "benchmarks"
BUILD_TIMEOUT = 300.0  # seconds for one compiler run or download

GO_PATH = Path("/usr/share/gocode")  # where Debian's golang-*-dev packages put their source
WS_VERSION = "8.23.0"
BUN_VERSION = "1.4.5"
BUN_PACKAGES = {"x86_64": "@oven/bun-linux-x64", "aarch64": "@oven/bun-linux-aarch64"}


class Unavailable(Exception):
    """A tool or a package is missing, or failed; the message says which."""


def find(program: str, package: str) -> str:
    """Return the path of a program.

    Raises:
        Unavailable: it is not installed.
    """
    path = shutil.which(program)
    if not path:
        raise Unavailable(f"{program} is not installed ({package})")
    return path


def run(command: Sequence[str | Path], **environment: str) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        Unavailable: it failed; the message is the last line it printed.
    """
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BUILD_TIMEOUT,
            check=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        last = (error.stdout.strip().splitlines() or ["no output"])[-1]
        raise Unavailable(f"{Path(command[0]).name} failed: {last}") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{Path(command[0]).name} took over {BUILD_TIMEOUT:.0f} s") from None
    return done.stdout.strip()


def compile_c(name: str, *sources: Path) -> Path:
    """Compile C files into a program in the cache."""
    target = CACHE / name
    watched = [file for source in sources for file in source.parent.glob("*.[ch]")]
    if _is_older(target, watched):
        compiler = find("gcc", "the C compiler")
        run([compiler, "-O3", "-march=native", "-Wall", "-Wextra", "-o", target, *sources])
    return target


def compile_go(name: str, source: Path) -> Path:
    """Compile a Go file into a program in the cache, with the libraries Debian packages."""
    target = CACHE / name
    if _is_older(target, [source]):
        compiler = find("go", "Debian's golang-go")
        if not (GO_PATH / "src/github.com/gorilla/websocket").is_dir():
            raise Unavailable("Debian's golang-github-gorilla-websocket-dev is not installed")
        paths = {"GOPATH": str(GO_PATH), "GOCACHE": str(CACHE / "go"), "GO111MODULE": "off"}
        run([compiler, "build", "-o", target, source], **paths)
    return target


def fetch_ws() -> Path:
    """Install the ws package of Node."""
    return _fetch("ws", WS_VERSION)


def fetch_bun() -> Path:
    """Install Bun and return its program."""
    machine = platform.machine()
    if machine not in BUN_PACKAGES:
        raise Unavailable(f"there is no Bun for {machine}")
    return _fetch(BUN_PACKAGES[machine], BUN_VERSION) / "bin" / "bun"


def _fetch(package: str, version: str) -> Path:
    """Install a package of npm into the cache, unless that version is there."""
    folder = CACHE / "npm" / package.replace("/", "-").lstrip("@")
    target = folder / "node_modules" / package
    if _installed_version(target) != version:
        npm = find("npm", "Debian's npm")
        folder.mkdir(parents=True, exist_ok=True)
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        run([npm, "install", *quiet, "--prefix", folder, f"{package}@{version}"])
    return target


def _installed_version(target: Path) -> str | None:
    try:
        manifest = json.loads((target / "package.json").read_text("utf-8"))
    except OSError:
        return None
    return str(manifest["version"])


def _is_older(target: Path, sources: Sequence[Path]) -> bool:
    if not target.exists():
        return True
    built = target.stat().st_mtime
    return any(source.stat().st_mtime > built for source in sources)
