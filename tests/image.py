"""Builds the image by its own steps, and runs it: ``python -m tests.image``, as root on Debian.

Where Docker works, ``docker build -f deploy/Dockerfile .`` does the same. Here debootstrap makes
the root in which the steps of the Dockerfile run; what they gather is run as any user, with a root
that is read-only, as the first process. All mounts and processes are gone when it ends.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.fresh import CONFIGURATION, copy, environment, mirror
from tests.png import png

DOCKERFILE = Path("deploy/Dockerfile")
BASE = re.compile(r"FROM debian:(\w+)-slim AS build")
LARGEST = 120  # MB
PORT = 18080
SOMEBODY = 12345  # a user that the image does not know
PATIENCE = 120  # seconds
RUN = """
import os, subprocess, sys
image, data = sys.argv[1:3]
def mount(*what): subprocess.run(["mount", *what], check=True)
mount("--bind", image, image)
mount("--bind", "/dev", image + "/dev")
mount("-t", "proc", "proc", image + "/proc")
mount("-o", "remount,bind,ro", image)
mount("--bind", data, image + "/data")
os.chroot(image)
os.chdir("/")
os.setgroups([])
os.setgid({user})
os.setuid({user})
assert os.getpid() == 1
assert not os.access("/etc", os.W_OK)
os.execve({command!r}[0], {command!r}, {variables!r})
"""


def main() -> None:
    """Build, measure, run, ask, stop."""
    steps = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    root = Path(tempfile.mkdtemp(prefix="trio-chat-image-"))
    try:
        build(root, steps)
        image = root / "image"
        size = sum(path.lstat().st_size for path in image.rglob("*") if path.is_file()) / 1e6
        print(f"image: {size:.0f} MB", flush=True)
        assert size < LARGEST
        try_image(image, root / "of-the-volume", steps)
    finally:
        shutil.rmtree(root)


def build(root: Path, steps: list[str]) -> None:
    """Run the steps of the first stage in a new system."""
    found = BASE.match(next(step for step in steps if step.startswith("FROM")))
    assert found
    command = ["debootstrap", "--variant=minbase", found[1], root, mirror(found[1])]
    subprocess.run(command, check=True)
    for path in CONFIGURATION:
        copy(Path(path).expanduser(), root)
    first = steps[: next(at for at, step in enumerate(steps) if step == "FROM scratch")]
    for step in first:
        word, _, rest = step.partition(" ")
        if word == "COPY":
            *sources, target = rest.split()
            place = root / target.lstrip("/")
            (place if target.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
            for source in sources:
                content = f"{source}/." if Path(source).is_dir() else source
                subprocess.run(["cp", "-r", content, place], check=True)
        elif word == "RUN":
            inside(root, rest)


def inside(root: Path, command: str) -> None:
    """Run a step."""
    clean = ["env", "-i", *(f"{name}={value}" for name, value in environment().items())]
    script = f'mount -t proc proc {root}/proc && exec chroot {root} "$@"'
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    wrapped = [*namespaces, "sh", "-ec", script, "sh", *clean, "sh", "-ec", command]
    subprocess.run(wrapped, check=True)


def try_image(image: Path, data: Path, steps: list[str]) -> None:
    """Run the image as Docker does; see that it is healthy, and stop it."""
    for folder in (image / "dev", image / "proc", data):
        folder.mkdir(exist_ok=True)
    os.chown(data, SOMEBODY, SOMEBODY)
    variables = dict(
        pair.split("=", 1)
        for step in steps
        if step.startswith("ENV ")
        for pair in step.removeprefix("ENV ").split()
    )
    entry = next(step for step in steps if step.startswith("ENTRYPOINT "))
    command = [*re.findall(r'"([^"]*)"', entry), "--port", str(PORT)]
    program = RUN.format(user=SOMEBODY, command=command, variables=variables)
    namespaces = ["unshare", "--mount", "--pid", "--fork"]
    arguments = [*namespaces, sys.executable, "-c", program, str(image), str(data)]
    process = subprocess.Popen(arguments)
    try:
        await_health(process)
        send_picture()
        child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
        os.kill(int(child.split()[0]), signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
    kept = {"trio-chat.db", "trio-chat.db-lock", "trio-chat.db.files"}
    assert {path.name for path in data.iterdir()} == kept
    print("image: runs as any user on a read-only root, takes pictures, and stops", flush=True)


def send_picture() -> None:
    """Have a picture written anew, which a program of its own does in the image."""

    def ask(path: str, body: bytes, **headers: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{PORT}/api/v1/{path}"
        with urlopen(Request(url, body, headers), timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    told = ask("sessions", b'{"nick": "Ann"}', **{"Content-Type": "application/json"})
    file = ask("rooms/lobby/files", png(40, 30), Authorization=f"Bearer {told['session']}")
    assert file["file"]["width"] == 40, file


def await_health(process: subprocess.Popen[bytes]) -> None:
    """Ask until it serves."""
    end = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "the server has ended"
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=PATIENCE) as answer:
                assert answer.status == 200
                return
        except URLError:
            assert time.monotonic() < end, "the server does not serve"
            time.sleep(0.1)


if __name__ == "__main__":
    main()
