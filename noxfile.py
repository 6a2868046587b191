"""What must be green before a change goes in: ``nox`` runs all of it, ``nox -l`` lists it.

Python packages are installed into environments in .nox. What is not Python is taken from the PATH,
or installed with apt for root on Debian.
"""

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "types", "tests", "package", "conformance", "e2e", "autobahn"]

GROUPS = nox.project.load_toml("pyproject.toml")
CHROMIUM = {
    "chromium": "chromium",
    "node": "nodejs",
    "npm": "npm",
    "/usr/lib*/**/libatomic.so.1": "libatomic1",  # for the Node that Playwright brings
}
POSTGRES = "/usr/lib/postgresql/*/bin/initdb"
PROXIES = {  # whose tests are skipped where they are not there
    "/usr/sbin/apache2": "apache2",
    "/usr/bin/caddy": "caddy",
    "/usr/sbin/haproxy": "haproxy",
    "/usr/sbin/pgbouncer": "pgbouncer",
}
TESTS = [
    f"tests/{kind}"
    for kind in ("unit", "integration", "journal", "crash", "terminal", "protocol", "autobahn")
]
# One more than cores, as a test often waits for a process that it has started.
WORKERS = f"--numprocesses={len(os.sched_getaffinity(0)) + 1}"
BROWSERS = {
    "firefox-esr": "firefox-esr",
    "WebKitWebDriver": "webkit2gtk-driver",
    "/usr/lib/*/girepository-1.0/WebKit2-4.1.typelib": "gir1.2-webkit2-4.1",
    "/usr/lib/python3/dist-packages/gi": "python3-gi",
    "Xvfb": "xvfb",
}


def install(session: nox.Session, *groups: str) -> None:
    """Install the project and what it needs for these dependency groups."""
    session.install("-e", ".", *nox.project.dependency_groups(GROUPS, *groups))


def need(session: nox.Session, **packages: str) -> None:
    """Make sure that commands and files are there; each is given with its Debian package."""
    missing = [package for name, package in packages.items() if not has(name)]
    if not missing:
        return
    if may_install():
        apt_install(session, *missing)
    else:
        session.error(f"please install {' and '.join(missing)}, then run this again")


def want(session: nox.Session, **packages: str) -> None:
    """Install what is missing if that is possible; the session can go on without it."""
    for name, package in packages.items():
        if not has(name) and may_install():
            with suppress(CommandFailed):
                apt_install(session, package)


def may_install() -> bool:
    """Tell whether Debian's packages can be installed here."""
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


def apt_install(session: nox.Session, *packages: str) -> None:
    """Install Debian's packages."""
    session.run("apt-get", "update", "-q", external=True)
    session.run(
        "apt-get",
        "install",
        "-q",
        "-y",
        "--no-install-recommends",
        *packages,
        env={"DEBIAN_FRONTEND": "noninteractive"},
        external=True,
    )


def has(name: str) -> bool:
    """Tell whether a command is on the PATH, or a file is there whose path is like a pattern."""
    return bool(shutil.which(name) or any(Path("/").glob(name.lstrip("/"))))


@nox.session
def lint(session: nox.Session) -> None:
    """Look for slips, and for lines that are not formatted as all are; installs Ruff."""
    session.install(*nox.project.dependency_groups(GROUPS, "lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--diff")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types; installs mypy and the packages of all other sessions."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests but those of the page; installs pytest, curl, proxies, PostgreSQL, Redis."""
    prepare_tests(session)
    session.run("pytest", WORKERS, *(session.posargs or TESTS))


@nox.session
def coverage(session: nox.Session) -> None:
    """See that the tests run all branches, which takes twice as long; ``tests`` judges them."""
    prepare_tests(session)
    paths = session.posargs or TESTS
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", WORKERS, *paths, success_codes=[0, 1])
    session.run("coverage", "combine", "--quiet")
    if not session.posargs:
        session.run("coverage", "report")


def prepare_tests(session: nox.Session) -> None:
    """Install what the tests need that are not of the page."""
    programs = {"curl": "curl", "sslscan": "sslscan", "nginx": "nginx-light"}
    need(session, **programs, **{POSTGRES: "postgresql", "redis-server": "redis-server"})
    want(session, **PROXIES)
    install(session, "test")


@nox.session
def package(session: nox.Session) -> None:
    """Build what is published, and run the server from it in an empty folder; installs build."""
    session.install(*nox.project.dependency_groups(GROUPS, "package"))
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--outdir", folder)
        session.install(*map(str, Path(folder).glob("*.whl")))
        script = Path("tests/package.py").resolve()
        sources = next(Path(folder).glob("*.tar.gz"))
        with session.chdir(folder):
            session.run("python", str(script), sources.name)


@nox.session
def e2e(session: nox.Session) -> None:
    """Try the page in Chromium, and on Node; installs Playwright, and Chromium, Node and npm.

    Chromium without a window takes half of the time, where that can be had.
    """
    need(session, **CHROMIUM)
    want(session, **{"chromium-headless-shell": "chromium-headless-shell"})
    install(session, "e2e")
    session.run("npm", "install", "--silent", "--no-audit", "--no-fund", external=True)
    page = sorted(Path("tests/page").rglob("*.test.js"))  # not every Node finds them in a folder
    session.run("node", "--test", *map(str, page), external=True)
    session.run("pytest", "tests/e2e", WORKERS, *session.posargs)


@nox.session
def browsers(session: nox.Session) -> None:
    """Try the page in Firefox and WebKit, Safari's engine; installs Selenium, and both browsers."""
    need(session, **BROWSERS)
    install(session, "browsers")
    session.run("pytest", "tests/browsers", *session.posargs)


@nox.session
def cluster(session: nox.Session) -> None:
    """Harm three nodes on one PostgreSQL while all talk; installs it, and Redis. A few minutes."""
    need(session, **{POSTGRES: "postgresql", "redis-server": "redis-server"})
    install(session, "test")
    session.run("pytest", "tests/cluster", "-s", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """Play the WebSocket cases over raw sockets; installs the tests' packages."""
    install(session, "test")
    session.run("pytest", "tests/conformance", *session.posargs)


@nox.session
def autobahn(session: nox.Session) -> None:
    """Run the Autobahn WebSocket test suite where a Python 2.7 is found; installs it for that."""
    probe = (sys.executable, "-m", "tests.autobahn.interpreter")
    if not session.run(*probe, external=True, silent=True, log=False):
        session.skip("not run, as there is no Python 2.7")
    install(session, "autobahn")
    session.run("python", "-m", "tests.autobahn", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Feed readers damaged input for ten minutes, or as long as ``-- --seconds N`` says."""
    install(session, "test")
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the server beside its peers, or with ``-- --compare REV`` beside a revision of it."""
    install(session, "bench")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def hostile(session: nox.Session) -> None:
    """Attack a new server, or one of yours by its URL, and measure what others feel of it."""
    install(session, "hostile")
    session.run("python", "-m", "tests.hostile", *(session.posargs or ["--short"]))


@nox.session
def screenshots(session: nox.Session) -> None:
    """Take the pictures in docs/ anew."""
    need(session, **CHROMIUM)
    install(session, "e2e")
    session.run("pytest", "tests/e2e/test_screenshots.py", "--screenshots", "docs/screenshots")


@nox.session(venv_backend="none")
def fresh(session: nox.Session) -> None:
    """Run both commands of the README in a new Debian, as root; installs debootstrap."""
    need(session, debootstrap="debootstrap")
    session.run(sys.executable, "-m", "tests.fresh", *session.posargs, external=True)


@nox.session
def lighthouse(session: nox.Session) -> None:
    """Judge the page with Lighthouse, as a desktop and a slow phone see it; npm gets it."""
    need(session, **CHROMIUM)
    install(session, "e2e")
    session.run("python", "-m", "tests.lighthouse")
