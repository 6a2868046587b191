"""Checks an installed package and its sources: ``python package.py SOURCES.tar.gz``.

It runs outside of the checkout, whose files must not help.
"""

import re
import subprocess
import sys
import tarfile
from http.client import HTTPConnection
from pathlib import Path

import trio_chat

FILES = {"main.js": b"import", "first.css": b":root", "favicon.svg": b"<svg"}
PATIENCE = 120  # seconds


def main() -> None:
    """Check both."""
    assert "site-packages" in trio_chat.__file__, trio_chat.__file__
    check_sources(Path(sys.argv[1]))
    check_server()


def check_sources(sources: Path) -> None:
    """See that the sources have all that it takes to test and to build them."""
    with tarfile.open(sources) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"static/js/main.js", "tests/package.py", "noxfile.py", "LICENSE", "README.md"}
    assert wanted <= names, wanted - names


def check_server() -> None:
    """See that the installed command serves the page and its files."""
    command = [str(Path(sys.executable).with_name("trio-chat")), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().split()[4]
            print(address)
            check_page(address.split("/")[2])
        finally:
            server.terminate()
        assert server.wait(timeout=PATIENCE) == 0


def check_page(host: str) -> None:
    page = fetch(host, "/r/lobby").decode()
    for name, start in FILES.items():
        found = re.search(rf'"\.\.(/static/[^"]*{name})"', page)
        assert found, name
        assert start in fetch(host, found[1])


def fetch(host: str, path: str) -> bytes:
    connection = HTTPConnection(host, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, (path, answer.status)
    print(f"{path}: {len(body)} bytes")
    return body


if __name__ == "__main__":
    main()
