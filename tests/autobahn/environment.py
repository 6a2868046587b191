"""Makes the Python 2.7 environment that holds the suite, once, and keeps it."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from tests.conformance.problem import Problem

REQUIREMENTS = Path(__file__).with_name("requirements-py27.txt")
TOO_NEW = (20, 22)  # the first virtualenv that cannot make environments for Python 2.7
MARKER = "complete"  # written last: an environment without it was never finished


def clean_environ() -> dict[str, str]:
    """Return our environment without the variables meant for our own Python only."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def ensure_suite(cache: Path, interpreter: Path) -> Path:
    """Return the folder of an environment with the suite in it, made now if need be.

    Args:
        cache: where environments and the log of making them are kept; an absolute path.
        interpreter: the Python 2.7 to build on.

    Raises:
        Problem: a step failed; the log says why.
    """
    folder = cache / "suite"
    recipe = _recipe(interpreter)
    if not is_complete(folder, recipe):
        _make_suite(folder, interpreter, cache / "environment.log")
        mark_complete(folder, recipe)
    return folder


def is_complete(folder: Path, recipe: str) -> bool:
    """Tell whether the environment in ``folder`` was finished, and by this recipe."""
    marker = folder / MARKER
    return marker.is_file() and marker.read_text(encoding="utf-8") == recipe


def mark_complete(folder: Path, recipe: str) -> None:
    """Say that the environment in ``folder`` is finished, and by which recipe."""
    (folder / MARKER).write_text(recipe, encoding="utf-8")


def _recipe(interpreter: Path) -> str:
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return f"{interpreter}\n{pins}\n"


def _make_suite(folder: Path, interpreter: Path, log: Path) -> None:
    sys.stderr.write(f"making the suite's Python 2.7 environment in {folder} (about a minute)\n")
    folder.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    shutil.rmtree(folder, ignore_errors=True)
    host = _python_with_virtualenv(folder.parent / "virtualenv", log)
    _run([host, "-m", "virtualenv", "-p", interpreter, folder], log)
    # Every pin is in the file: --no-deps keeps a newer release of anything from slipping in.
    python = folder / "bin" / "python"
    _run([python, "-m", "pip", "install", "--no-deps", "-r", REQUIREMENTS], log)


def _python_with_virtualenv(folder: Path, log: Path) -> Path:
    """Return a Python whose virtualenv can make 2.7 environments: ours, or one made for it."""
    if _has_old_virtualenv():
        return Path(sys.executable)
    host = folder / "bin" / "python"
    pin = "virtualenv<" + ".".join(map(str, TOO_NEW))
    if not is_complete(folder, pin):
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", folder], log)
        _run([host, "-m", "pip", "install", pin], log)
        mark_complete(folder, pin)
    return host


def _has_old_virtualenv() -> bool:
    try:
        version = metadata.version("virtualenv")
    except metadata.PackageNotFoundError:
        return False
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2]) < TOO_NEW


def _run(command: Sequence[str | Path], log: Path) -> None:
    """Run one step; what it prints goes to the log, as pip warns of much that does no harm."""
    with log.open("ab") as output:
        output.write(f"$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        step = subprocess.run(
            command, stdout=output, stderr=subprocess.STDOUT, check=False, env=clean_environ()
        )
    if step.returncode:
        what = " ".join(map(str, command[1:4]))
        raise Problem(f"'{what}' failed with exit status {step.returncode}; see {log}")
