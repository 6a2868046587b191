"""A PostgreSQL of the workers' own, in a folder beside the database: nobody else reaches it."""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import structlog
import trio

from trio_chat.config import Config, ConfigError
from trio_chat.database_url import NEEDS_PSYCOPG
from trio_chat.errors import Failed
from trio_chat.named_files import resolved
from trio_chat.net.unix_sockets import PATH_LIMIT
from trio_chat.workers import leash
from trio_chat.workers.child import Child, words
from trio_chat.workers.own_folder import ENDING, PORT, ROLE, private_folder, url_of
from trio_chat.workers.pauses import Pauses
from trio_chat.workers.programs import find_programs, user_for_programs

CONNECTIONS = 8  # of each worker at most
SPARE = 16  # connections for commands and the operator
OWNER_ONLY = 0o700
MAKING_TIMEOUT = 300.0  # seconds for the first files to be made
START_TIMEOUT = 600.0  # seconds for what a crash has left to be put in order
STOP_TIMEOUT = 60.0  # seconds for everything to be written; then it is ended without
LAST_TIMEOUT = 5.0
LOOK = 0.1  # seconds between two looks whether it answers
# It keeps a log of a week in ``data/log``; a program that only tells us why it does not start.
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}

log = structlog.get_logger()


def has_parent(config: Config) -> bool:
    """Whether a server has workers: several, or one whose messages are in such a PostgreSQL."""
    folder = private_folder(config)
    return config.workers > 1 or (folder is not None and os.path.isdir(folder))  # noqa: PTH112


def private_postgres(config: Config) -> "PrivatePostgres | None":
    """Return the PostgreSQL that is to be started; ``None`` if the settings name another one.

    Raises:
        ConfigError: there can be none; the message says why.
    """
    folder = private_folder(config)
    if folder is None:
        return None
    resolved(Path(config.database))  # a circle of links has no place beside it
    if not folder.exists() and Path(config.database).exists():
        raise ConfigError(
            f"{config.workers} workers need PostgreSQL, and {config.database} is a file for one "
            f"process: trio-chat migrate {config.database} {config.database}{ENDING} moves it there"
        )
    return of_folder(folder, config.workers)


def of_folder(folder: Path, workers: int) -> "PrivatePostgres":
    """Return the PostgreSQL of a folder, which may not be there yet.

    Raises:
        ConfigError: there can be none; the message says why.
    """
    socket = f"{folder}/.s.PGSQL.{PORT}"
    if len(os.fsencode(socket)) > PATH_LIMIT:
        raise ConfigError(f"the path {socket} is too long: it may have {PATH_LIMIT} bytes")
    if find_spec("psycopg") is None:
        raise ConfigError(NEEDS_PSYCOPG)
    return PrivatePostgres(folder, _programs(folder), user_for_programs(), workers)


def _programs(folder: Path) -> Path:
    """Return where the programs are that can serve what is in the folder.

    Raises:
        ConfigError: they are not here.
    """
    version = None
    with suppress(OSError):
        version = (folder / "data" / "PG_VERSION").read_text().strip()
    found = find_programs(version)
    if found:
        return found
    if version:
        raise ConfigError(f"{folder} is of PostgreSQL {version}, whose programs are not here")
    raise ConfigError(
        "workers need PostgreSQL, whose programs are not here: apt-get install postgresql, or "
        "give --database postgresql://…"
    )


class PrivatePostgres:
    """One of our own: started with the chat and stopped with it, reached by a Unix socket alone.

    Args:
        folder: Of all that it has, for its user alone; made if it is not there.
        programs: The folder of the programs.
        user: Who runs it; empty for who we are.
        workers: How many there are.
    """

    def __init__(self, folder: Path, programs: Path, user: str, workers: int) -> None:
        self._folder = folder
        self._programs = programs
        self._user = user
        self._connections = CONNECTIONS * workers + SPARE
        self._lock: int | None = None
        self._has_started = False
        self.failure: Failed | None = None  # why it does not run
        self.is_ending = False  # whether it need not be started again

    @property
    def url(self) -> str:
        """Of the database."""
        return url_of(self._folder)

    async def run(self, lose: Callable[[], None], *, task_status: trio.TaskStatus[None]) -> None:
        """Keep it alive until cancelled, and have it write everything then.

        Args:
            lose: Is called if it cannot be kept alive; ``failure`` says why.
            task_status: Is told when it answers, or does not start.
        """
        try:
            await self._prepare()
            await self._live(task_status)
        except Failed as error:
            self.failure = error
            lose()
            if not self._has_started:
                task_status.started()
        finally:
            if self._lock is not None:
                os.close(self._lock)

    async def _prepare(self) -> None:
        """Make the folder and what is in it, and have nobody else there.

        Raises:
            Failed: it cannot be done.
        """
        try:
            self._make_folder()
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._lock = os.open(self._folder / "lock", flags, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another server has {self._folder}") from None
        except OSError as error:
            raise Failed(f"cannot use {self._folder}: {error.strerror}") from None
        data = self._folder / "data"
        if not data.exists():
            await self._make(data)
        if _is_left_running(data):
            await self._run("pg_ctl", "stop", "-m", "fast", "-w", "-D", str(data))

    def _make_folder(self) -> None:
        with suppress(FileExistsError):
            self._folder.mkdir(OWNER_ONLY)
            if self._user:
                shutil.chown(self._folder, self._user)

    async def _make(self, data: Path) -> None:
        """Make the files of a database in which there is nothing, all or none.

        Raises:
            Failed: the program says why not.
        """
        log.info("a PostgreSQL of our own is made", folder=str(self._folder))
        making = data.with_name("making")
        shutil.rmtree(making, ignore_errors=True)  # was given up
        options = ("--auth-local=trust", "--auth-host=reject", f"--username={ROLE}")
        texts = ("--encoding=UTF8", "--locale=C", "--data-checksums")
        with trio.move_on_after(MAKING_TIMEOUT):
            status, told = await self._run("initdb", *options, *texts, "-D", str(making))
            if status:
                raise Failed(f"PostgreSQL cannot make {data}: {last_line(told)}")
            making.rename(data)
            return
        raise Failed(f"PostgreSQL cannot make {data} within {MAKING_TIMEOUT:.0f} s")

    async def _run(self, program: str, *arguments: str) -> tuple[int, bytes]:
        """Run a program to its end; return its exit status, and what it tells."""
        with tempfile.TemporaryFile() as told:
            child = Child(self._command(program, *arguments), stdout=told, stderr=told, cwd="/")
            try:
                status = await child.wait()
            finally:
                await child.end((signal.SIGINT, LAST_TIMEOUT))
            told.seek(0)
            return status, told.read()

    def _command(self, program: str, *arguments: str) -> list[str]:
        """Return a command for whoever runs PostgreSQL, on a leash."""
        own = [sys.executable, "-I", leash.__file__, str(os.getpid()), self._user]
        return [*own, str(self._programs / program), *arguments]

    async def _live(self, task_status: trio.TaskStatus[None]) -> None:
        """Keep it alive until cancelled.

        Raises:
            Failed: it does not start, or ends again and again.
        """
        pauses = Pauses()
        while True:
            began = trio.current_time()
            child = self._start()
            try:
                await self._await_answer(child)
                if not self._has_started:
                    self._has_started = True
                    log.info("a PostgreSQL of our own runs", database=self.url)
                    task_status.started()
                status = await child.wait()
            finally:
                await child.end((signal.SIGINT, STOP_TIMEOUT), (signal.SIGQUIT, LAST_TIMEOUT))
            if self.is_ending:  # as when systemd tells all processes at once
                await trio.sleep_forever()
            log.error("PostgreSQL has ended, and is started again", reason=words(status))
            pause = pauses.after(trio.current_time() - began)
            if pauses.is_hopeless:
                raise Failed(f"PostgreSQL ends again and again: {self._reason()}")
            await trio.sleep(pause)

    def _start(self) -> Child:
        """Start it. What it says before it has a log of its own is in ``start.log``."""
        folder = str(self._folder).replace('"', '""')
        options = {
            **OPTIONS,
            "unix_socket_directories": f'"{folder}"',
            "port": PORT,
            "max_connections": str(self._connections),
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "start.log").open("wb") as told:
            command = self._command("postgres", "-D", str(self._folder / "data"), *flags)
            return Child(command, stdout=told, stderr=told, cwd="/")

    async def _await_answer(self, child: Child) -> None:
        """Wait until it answers.

        Raises:
            Failed: it has ended, or takes too long.
        """
        with trio.move_on_after(START_TIMEOUT):
            while child.is_running:
                place = ("-h", str(self._folder), "-p", PORT, "-U", ROLE, "-d", "postgres")
                status, _ = await self._run("pg_isready", *place)
                if status == 0:
                    return
                await trio.sleep(LOOK)
            raise Failed(f"PostgreSQL does not start: {self._reason()}")
        raise Failed(f"PostgreSQL does not answer within {START_TIMEOUT:.0f} s")

    def _reason(self) -> str:
        return last_line((self._folder / "start.log").read_bytes())


def _is_left_running(data: Path) -> bool:
    """Whether a parent that was killed has left one that still writes everything.

    What is left of one that has ended, such as with its machine or container, is removed: its
    number may be that of another process by now.
    """
    mark = data / "postmaster.pid"
    try:
        number = mark.read_text().split()[0]
    except (OSError, IndexError):
        return False
    with suppress(OSError):
        if Path(f"/proc/{number}/comm").read_text().strip() == "postgres":
            return True
    mark.unlink()
    return False


def last_line(told: bytes) -> str:
    """Return the last line of what a program has told, without what it says of itself."""
    lines = [line for line in told.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it does not say why"
