"""Finds a Python 2.7, the only one the suite runs on; as a program it prints its path, if any."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.problem import Problem

NAMES = ("python2.7", "pypy")  # looked up on PATH, in this order
PROBE = "import sys; sys.stdout.write('%d.%d %s' % (sys.version_info[:2] + (sys.executable,)))"
PROBE_TIMEOUT = 20.0  # seconds; a cold PyPy takes one or two


def find_python27() -> Path:
    """Return a Python 2.7 that starts: from PATH, else pyenv's newest.

    Raises:
        Problem: there is none.
    """
    for candidate in _candidates():
        interpreter = probe(candidate)
        if interpreter:
            return interpreter
    raise Problem(
        "the Autobahn suite needs Python 2.7: put python2.7 or pypy on PATH, "
        "or run 'pyenv install 2.7.18'"
    )


def probe(candidate: Path) -> Path | None:
    """Return the interpreter behind ``candidate``, or ``None`` if it is not a working 2.7.

    What is on PATH may be a pyenv shim that only prints an error, or a PyPy that is Python 3.
    """
    try:
        answer = subprocess.run(
            [candidate, "-c", PROBE],
            capture_output=True,
            check=False,
            text=True,
            timeout=PROBE_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version, _, executable = answer.stdout.partition(" ")
    return Path(executable) if answer.returncode == 0 and version == "2.7" else None


def _candidates() -> Iterator[Path]:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)
    root = _pyenv_root()
    if root:
        installed = sorted((root / "versions").glob("2.7.*"), key=_release, reverse=True)
        yield from (version / "bin" / "python" for version in installed)


def _pyenv_root() -> Path | None:
    root = os.environ.get("PYENV_ROOT")
    pyenv = shutil.which("pyenv")
    if not root and pyenv:
        answer = subprocess.run([pyenv, "root"], capture_output=True, check=False, text=True)
        root = answer.stdout.strip()
    return Path(root) if root else None


def _release(version: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version.name)]


def main() -> None:
    """Print the path of a Python 2.7, or nothing."""
    try:
        sys.stdout.write(str(find_python27()))
    except Problem:
        return


if __name__ == "__main__":
    main()
