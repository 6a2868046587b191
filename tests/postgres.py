"""A PostgreSQL server of the tests' own, on a socket in a temporary folder."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

import psycopg
import pytest

PLACES = "usr/lib/postgresql/*/bin/initdb"  # where Debian has the programs, each version in one
PATIENCE = 120  # seconds for a server to start; the machine may be busy
# Nothing here has to survive the end of the machine.
WRITE = "SELECT pg_logical_emit_message(true, 'a', 'b')"
END_WAIT = (
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid = %s"
)
IS_FOLLOWED = (
    "SELECT 1 FROM pg_stat_replication"
    " WHERE replay_lsn >= pg_current_wal_lsn() AND state = 'streaming'"
)
SENDERS = "SELECT pid FROM pg_stat_replication"
OPTIONS = ("-c", "fsync=off", "-c", "listen_addresses=", "-c", "max_connections=300")


def programs() -> Path | None:
    """Return the folder with PostgreSQL's programs, of the newest version; ``None`` for none."""
    found = sorted(Path("/").glob(PLACES), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    known = shutil.which("initdb")
    return Path(known).parent if known else None


class PostgresServer:
    """One server, which a test may stop, or kill, and start again.

    ``initdb`` refuses root, so for root it runs as another user.

    Args:
        primary: That it is a standby of; without one it is a new server.
    """

    def __init__(self, primary: "PostgresServer | None" = None) -> None:
        found = programs()
        assert found
        self._programs = found
        self.user = _somebody() if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="trio-pg-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self._process: subprocess.Popen[bytes] | None = None
        self.options: Sequence[str] = OPTIONS
        if primary is None:
            initdb = ("--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8")
            self._run("initdb", *initdb, "--locale=C")
        else:
            place = ("--host", str(primary.folder), "--username=postgres", "--checkpoint=fast")
            self._run("pg_basebackup", *place, "--no-sync", "--write-recovery-conf")

    def _command(self, name: str, *options: str) -> list[str]:
        return [str(self._programs / name), "-D", str(self.folder / "data"), *options]

    def _run(self, name: str, *options: str) -> None:
        command = self._command(name, *options)
        subprocess.run(command, check=True, capture_output=True, user=self.user, cwd="/")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("postgres", "-k", str(self.folder), *self.options),
                stdout=log,
                stderr=log,
                user=self.user,
                cwd="/",
            )
        give_up_at = time.monotonic() + PATIENCE
        while True:
            with suppress(psycopg.OperationalError), self.connect():
                return
            assert time.monotonic() < give_up_at, (self.folder / "log").read_text()
            assert self._process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it: at once but in order, or by another signal."""
        assert self._process
        self._process.send_signal(number)
        self._process.wait()

    def crash(self) -> None:
        """End it and all that it has started, as the end of the machine would."""
        with self.connect() as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity").fetchall()
        assert self._process
        self._process.kill()
        for (pid,) in rows:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def add_standby(self) -> "PostgresServer":
        """Return another server that runs and follows this one."""
        standby = PostgresServer(self)
        standby.start()
        return standby

    def require_standby(self) -> None:
        """Let all commits wait for the standby: after a start, as a reload is heard of late."""
        self.stop()
        self.options = (*self.options, "-c", "synchronous_standby_names=*")
        self.start()

    def hold_back_standby(self) -> None:
        """Let the standby have all that is here by now, and nothing more, though it runs."""
        give_up_at = time.monotonic() + PATIENCE
        with self.connect() as connection:
            while not connection.execute(IS_FOLLOWED).fetchone():
                assert time.monotonic() < give_up_at
                time.sleep(0.01)
            for (pid,) in connection.execute(SENDERS).fetchall():
                os.kill(pid, signal.SIGSTOP)

    def configure(self, name: str, value: str) -> None:
        """Give a setting another value while it runs."""
        with self.connect() as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")

    def lack_standby(self) -> None:
        """Let commits wait for a standby that there is not; its processes learn that one by one."""
        self.configure("synchronous_standby_names", "nobody")
        has_waited = False
        while not has_waited:
            with self.connect() as probe, self.connect() as other:
                commit = threading.Thread(target=probe.execute, args=(WRITE,))
                commit.start()
                while commit.is_alive():
                    rows = other.execute(END_WAIT, (probe.info.backend_pid,)).fetchall()
                    has_waited = has_waited or bool(rows)
                    commit.join(0.01)

    def become_standby(self) -> None:
        """Stop it, and start it as a standby of nobody: it reads only."""
        self.stop()
        (self.folder / "data" / "standby.signal").touch()
        self.start()

    def promote(self) -> None:
        """Let a standby be the one that writes, on a timeline of its own."""
        with self.connect() as connection:
            connection.execute("SELECT pg_promote()")

    def dump(self, schema: str) -> bytes:
        """Return all that is in a schema, as a program of PostgreSQL's writes it."""
        command = [str(self._programs / "pg_dump"), "--schema", schema, self.url()]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def restore(self, dump: bytes) -> None:
        """Make anew what was dumped."""
        command = [str(self._programs / "psql"), "--quiet", self.url()]
        subprocess.run(command, check=True, input=dump, capture_output=True)

    def save_files(self) -> None:
        """Copy all files, while it is stopped for a moment."""
        self.stop()
        data = self.folder / "data"
        subprocess.run(["cp", "-a", str(data), f"{data}-saved"], check=True)
        self.start()

    def put_back_files(self, *, is_recovered: bool = False) -> None:
        """Take the copied files in the place of the present ones; recovered, as of a backup."""
        self.stop()
        data = self.folder / "data"
        shutil.rmtree(data)
        data.with_name("data-saved").rename(data)
        if is_recovered:
            (data / "recovery.signal").touch()
            self.options = (*self.options, "-c", "restore_command=false")
        self.start()

    def pause(self, number: int = signal.SIGSTOP) -> None:
        """Let all that serves others stand still, or with ``SIGCONT`` go on."""
        for pid in self.processes:
            os.kill(pid, number)

    @property
    def processes(self) -> list[int]:
        """All that serve others, and the one that has started them."""
        assert self._process
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in children.read_text().split()] + [self._process.pid]

    def connect(self, url: str | None = None) -> psycopg.Connection:
        """Return a connection for a test's own questions."""
        return psycopg.connect(url or self.url(), autocommit=True)

    def url(self, schema: str = "public", *others: "PostgresServer") -> str:
        """Return the URL of a schema, here or at whichever server takes writes."""
        return url_at(self.folder, *(server.folder for server in others), schema=schema)

    def new_url(self) -> str:
        """Return the URL of a schema in which there is nothing."""
        name = f"t_{token_hex(8)}"
        with self.connect() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return self.url(name)

    def remove(self) -> None:
        """End it, and delete all that it has kept."""
        if self._process and self._process.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def url_at(*folders: Path, schema: str = "public") -> str:
    """Return the URL of a schema at the first of some places that takes writes."""
    options = quote(f"-csearch_path={schema}", safe="")
    hosts = ",".join(quote(str(folder)) for folder in folders)
    url = f"postgresql://postgres@/postgres?host={hosts}&options={options}"
    return f"{url}&target_session_attrs=read-write" if len(folders) > 1 else url


def _somebody() -> str:
    """Return the name of a user who is not root."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    pytest.skip("needs a user to run PostgreSQL, which refuses root")


def running() -> Iterator[PostgresServer]:
    """Run a server; the test is skipped where there are no programs to do so."""
    if not programs():
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()
