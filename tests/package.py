"""Checks an installed package and its sources: ``python package.py SOURCES.tar.gz``.

It runs outside of the checkout, whose files must not help.
"""

import subprocess
import sys
import tarfile
from http.client import HTTPConnection
from pathlib import Path

import trio_chat

FILES = {
    "/": b"<!doctype html>",
    "/static/main.js": b"import",
    "/static/css/base.css": b":root",
    "/static/favicon.svg": b"<svg",
}
PATIENCE = 20  # seconds


def main() -> None:
    """Check both."""
    assert "site-packages" in trio_chat.__file__, trio_chat.__file__
    check_sources(Path(sys.argv[1]))
    check_server()


def check_sources(sources: Path) -> None:
    """See that the sources have all that it takes to test and to build them."""
    with tarfile.open(sources) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"static/main.js", "tests/package.py", "noxfile.py", "LICENSE", "README.md"}
    assert wanted <= names, wanted - names


def check_server() -> None:
    """See that the installed command serves the page and its files."""
    command = [str(Path(sys.executable).with_name("trio-chat")), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().split()[4]
            print(address)
            for path, start in FILES.items():
                check_file(address.split("/")[2], path, start)
        finally:
            server.terminate()
        assert server.wait(timeout=PATIENCE) == 0


def check_file(host: str, path: str, start: bytes) -> None:
    connection = HTTPConnection(host, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, (path, answer.status)
    assert start in body, (path, body[:100])
    print(f"{path}: {len(body)} bytes")


if __name__ == "__main__":
    main()
