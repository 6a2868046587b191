"""Runs both commands of the README in a new Debian: ``python -m tests.fresh``, as root.

debootstrap makes the root of the system. The commands run in it, word for word, in a clone of what
is committed here, in namespaces of their own: all mounts and processes are gone when it ends.
What lets this machine reach its package registries is passed on.
"""

import argparse
import os
import platform
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

PACKAGES = (
    "ca-certificates",
    "git",
    "python3",
    "python3-venv",
)  # what the README takes for granted
CHECKOUT = Path("/root/trio-chat")  # in the new root
PATIENCE = 600  # seconds until the first command must serve the page
PASSED_ON = re.compile(
    r"(pip|npm_config|node_extra|ssl|curl|requests|git_ssl)_|.*_proxy$", re.IGNORECASE
)
CONFIGURATION = (
    "/etc/apt",
    "/usr/share/keyrings",
    "/usr/local/share/ca-certificates",
    "/etc/ssl/certs",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/pip.conf",
    "/etc/xdg/pip",
    "/etc/npmrc",
    "~/.config/pip",
    "~/.pip",
    "~/.npmrc",
)
LOCAL_PATH = re.compile(r"(?:file://|(?<![\w.:/-]))(/[\w.+/-]+)")


def main() -> None:
    """Make the root, run both commands, and delete the root unless it is to be kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.fresh", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the root afterwards")
    parser.add_argument("--release", default=ours(), help="Debian's; this machine's by default")
    parser.add_argument("--times", type=int, default=1, help="run in so many new roots")
    options = parser.parse_args()
    for _ in range(options.times):
        root = Path(tempfile.mkdtemp(prefix="trio-chat-fresh-"))
        try:
            try_readme(root, options.release)
        finally:
            if options.keep:
                print(f"the root is kept in {root}", flush=True)
            else:
                shutil.rmtree(root)


def try_readme(root: Path, release: str) -> None:
    """Run the README's commands in a new system in ``root``."""
    make_root(root, release)
    to_run, to_test = readme_commands()
    check_server(root, to_run)
    subprocess.run(inside(root, to_test), check=True)
    print("fresh: both commands of the README succeeded", flush=True)


def readme_commands() -> list[str]:
    """Return the commands that the README gives to run the chat, and to test it."""
    readme = Path("README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^```\n(python3 -m venv .*)\n```$", readme, re.MULTILINE)
    assert len(commands) == 2, commands
    return commands


def ours() -> str:
    """Return the name of this machine's release."""
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def make_root(root: Path, release: str, packages: tuple[str, ...] = PACKAGES) -> None:
    """Install a minimal Debian of a release, and clone the project into it."""
    root.mkdir(exist_ok=True)
    root.chmod(0o755)  # it is the system's top, which all of its users pass through
    variant = ("--variant=minbase", f"--include={','.join(packages)}")
    subprocess.run(["debootstrap", *variant, release, root, mirror(ours())], check=True)
    for path in CONFIGURATION:
        copy(Path(path).expanduser(), root)
    for sources in [root / "etc/apt/sources.list", *root.glob("etc/apt/sources.list.d/*")]:
        if sources.is_file():
            sources.write_text(sources.read_text().replace(ours(), release))
    checkout = root / CHECKOUT.relative_to("/")
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ".", checkout], check=True)


def mirror(codename: str) -> str:
    """Return the address of the archive that this machine's apt takes the release from."""
    subprocess.run(["apt-get", "update", "-q"], check=True)
    wanted = ("Created-By: Packages", "Label: Debian", f"Codename: {codename}", "Component: main")
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return found[0]


def copy(path: Path, root: Path) -> None:
    """Copy a file or a folder, if there is one, to the same place in ``root``."""
    target = root / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        command = ("cp", "--archive", "--remove-destination", "--no-target-directory")
        subprocess.run([*command, path.resolve(), target], check=True)


def environment() -> dict[str, str]:
    """Return the variables of a new login, and those that say how to reach the registries."""
    passed_on = {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}
    return passed_on | {
        "HOME": "/root",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TERM": "linux",
    }


def inside(root: Path, command: str, **variables: str) -> list[str]:
    """Return what runs a shell command in the checkout in ``root``, in namespaces of its own.

    Its shell ends with the status of a program that has taken Ctrl-C well, as bash does.
    """
    settings = (f"{name}={value}" for name, value in (environment() | variables).items())
    clean = shlex.join(["env", "--default-signal", "-i", *settings])
    script = shlex.quote(f"cd {CHECKOUT} && {command}")
    lines = [*mounts(root), f"exec chroot {root} {clean} bash -c {script}"]
    namespaces = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
    return [*namespaces, "sh", "-e", "-c", "\n".join(lines)]


def mounts(root: Path) -> Iterator[str]:
    """Yield the commands that mount what a running system has, and folders that pip looks into."""
    yield f"mount -t proc proc {root}/proc"
    yield f"mount --rbind /sys {root}/sys"
    yield f"mount --rbind /dev {root}/dev"
    for folder in package_folders():
        target = root / folder.relative_to("/")
        target.mkdir(parents=True, exist_ok=True)
        yield f"mount --bind -o ro {shlex.quote(str(folder))} {shlex.quote(str(target))}"


def package_folders() -> set[Path]:
    """Return the folders of packages on this machine that pip's settings name.

    The files of an index, which is called ``simple``, lie beside it.
    """
    pip = [sys.executable, "-m", "pip", "config", "list"]
    settings = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    named = {Path(path) for path in LOCAL_PATH.findall(settings) if Path(path).is_dir()}
    return {path.parent if path.name == "simple" else path for path in named}


def check_server(root: Path, command: str) -> None:
    """Run the README's first command, fetch the page, and stop the server with Ctrl-C."""
    port = free_port()
    program = inside(root, command, TRIO_CHAT_PORT=str(port))
    with subprocess.Popen(program, start_new_session=True) as server:
        try:
            page = wait_for_page(server, port)
            assert b"<title>" in page, page
            os.killpg(server.pid, signal.SIGINT)
            assert server.wait(timeout=PATIENCE) == 0, server.returncode
        finally:
            server.kill()


def wait_for_page(server: subprocess.Popen[bytes], port: int) -> bytes:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the first command ended with {server.returncode}"
        try:
            with urlopen(f"http://localhost:{port}/", timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"no page within {PATIENCE} seconds")


def free_port() -> int:
    """Return a port that nothing listens at; another server may run at the usual one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
