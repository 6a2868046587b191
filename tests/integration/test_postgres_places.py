"""PostgreSQL as operators have it: TCP, TLS, many hosts, a role of few rights, and PgBouncer."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
import trio
import trustme

from tests.integration.chatters import chatting
from tests.integration.running import PATIENCE, serving
from tests.ports import closed_port
from tests.postgres import PostgresServer, running
from trio_chat.cli import main
from trio_chat.errors import BAD_USAGE
from trio_chat.journal.postgres import terms
from trio_chat.journal.postgres.link import Link

PASSWORD = "not-to-be-told"  # noqa: S105 - that is the point
POOLER = "usr/sbin/pgbouncer"
# A role as managed databases give to their customers: it owns a schema, and is no superuser.
ROLE = f"""
CREATE ROLE chat LOGIN PASSWORD '{PASSWORD}';
CREATE SCHEMA chat AUTHORIZATION chat;
ALTER ROLE chat SET search_path = chat;
CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}';
REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC;
"""


class Managed(NamedTuple):
    """A PostgreSQL server that is reached as one that others manage."""

    server: PostgresServer
    port: int
    authority: Path  # the certificate of who has signed the server's

    def url(
        self, hosts: str = "", role: str = "chat", password: str = PASSWORD, **more: str
    ) -> str:
        """Return the URL by which a role connects over TCP and TLS."""
        tls = {"sslmode": "verify-full", "sslrootcert": str(self.authority), **more}
        query = "&".join(f"{name}={quote(value)}" for name, value in tls.items())
        place = hosts or f"localhost:{self.port}"
        return f"postgresql://{role}:{password}@{place}/postgres?{query}"


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def managed() -> Iterator[Managed]:
    """Run a server of PostgreSQL over TLS, for people with a password."""
    for server in running():
        folder = server.folder
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        data, port = server.folder / "data", free_port()
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
            str(data / "server.pem")
        )
        (data / "server.pem").chmod(0o600)
        if server.user:
            shutil.chown(data / "server.pem", server.user)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("hostssl all chat,guest all scram-sha-256\n")
        lines = (data / "pg_hba.conf").read_text().splitlines()
        kept = [line for line in lines if not line.startswith("host ")]
        (data / "pg_hba.conf").write_text("\n".join(kept) + "\n")
        with server.connect() as link:
            link.execute(ROLE)
        server.stop()
        tls = ("ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.pem")
        there = ("listen_addresses=localhost", f"port={port}")
        options = [part for one in (*tls, *there) for part in ("-c", one)]
        server.options = [*server.options, *options]
        os.environ["PGPORT"] = str(port)
        server.start()
        yield Managed(server, port, folder / "ca.pem")
        del os.environ["PGPORT"]


async def talk(url: str) -> None:
    """See that people can talk over a database, find what was said, and that it is kept."""
    for count in (1, 2):
        async with (
            serving(database=url) as server,
            chatting(server, f"Ann{count}", "tea") as ann,
        ):
            seq = await ann.send("tea", f"the word number {count}")
            found = await ann.ask(t="search", room="tea", query="number")
            assert [hit["seq"] for hit in found["hits"]] == [seq, seq - 1][:count]
            gone = await ann.ask(t="delete", room="tea", seq=seq)
            assert gone["t"] == "ok"
            assert await ann.send("tea", f"the number {count}") == seq + 2


@contextmanager
def emptied(managed: Managed) -> Iterator[None]:
    """Leave nothing behind the block in the schema of the role."""
    try:
        yield
    finally:
        with managed.server.connect() as link:
            link.execute("DROP SCHEMA chat CASCADE; CREATE SCHEMA chat AUTHORIZATION chat")


async def test_a_role_with_few_rights_over_tls_at_one_of_many_hosts(managed: Managed) -> None:
    """It owns a schema; the system's identifier is kept from it, so less tells a copy."""
    with emptied(managed), closed_port() as nobody:
        hosts = f"localhost:{nobody},localhost:{managed.port}"
        await talk(managed.url(hosts, target_session_attrs="read-write"))
        link = Link(managed.url())
        place = terms.place_of(link).split(":")
        link.close()
        assert [len(part) for part in place[:1]] == [8]  # the timeline
        pruned = ["prune", "--keep-messages", "1", "--database", managed.url()]
        assert await trio.to_thread.run_sync(main, pruned) == 0


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"role": "guest"}, "permission denied for schema public"),
        ({"sslrootcert": "/dev/null"}, "certificate"),
        ({"hosts": "127.0.0.1:{}"}, "certificate"),
        ({"sslmode": "disable"}, "no encryption"),
        ({"target_session_attrs": "standby"}, "is not in hot standby mode"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    managed: Managed, wrong: dict[str, str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the password, at the start."""
    url = managed.url(**{name: value.format(managed.port) for name, value in wrong.items()})
    assert main(["--port", "0", "--database", url]) == BAD_USAGE
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("trio-chat: ")
    assert reason in told
    assert PASSWORD not in told


@contextmanager
def pooling(managed: Managed, mode: str) -> Iterator[str]:
    """Run PgBouncer for the block; return the URL of the database behind it."""
    port = free_port()
    folder = managed.server.folder / mode  # which the user of that may read
    folder.mkdir()
    (folder / "users.txt").write_text(f'"chat" "{PASSWORD}"\n')
    (folder / "pooler.ini").write_text(
        f"[databases]\npostgres = host=localhost port={managed.port}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = plain\nauth_file = {folder / 'users.txt'}\npool_mode = {mode}\n"
        f"server_tls_sslmode = verify-full\nserver_tls_ca_file = {managed.authority}\n"
    )
    for path in (managed.authority, folder, *folder.iterdir()):
        if managed.server.user:
            shutil.chown(path, managed.server.user)
    command = [f"/{POOLER}", str(folder / "pooler.ini")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, user=managed.server.user) as pooler:
        try:
            give_up_at = time.monotonic() + PATIENCE
            while True:
                assert pooler.poll() is None
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                assert time.monotonic() < give_up_at
            yield f"postgresql://chat:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            pooler.terminate()


needs_pooler = pytest.mark.skipif(
    not (Path("/") / POOLER).exists(), reason="needs apt-get install pgbouncer"
)


@needs_pooler
async def test_a_pooler_of_sessions_is_as_good_as_postgresql_itself(
    managed: Managed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its lock holds as long as the server runs, and no longer."""
    with emptied(managed), pooling(managed, "session") as url:
        await talk(url)
        move = ["migrate", url, str(tmp_path / "x.db")]
        async with serving(database=url):
            assert await trio.to_thread.run_sync(main, move) == BAD_USAGE
            assert "in use by another trio-chat server" in capsys.readouterr().err
        with trio.fail_after(PATIENCE):  # PgBouncer may still be about to reset its connection
            while await trio.to_thread.run_sync(main, move):
                await trio.sleep(0.1)


@needs_pooler
def test_a_pooler_that_hands_connections_round_is_refused(
    managed: Managed, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody would keep another server out."""
    with pooling(managed, "transaction") as url:
        for _ in range(2):  # also if it has several connections by now
            assert main(["--port", "0", "--database", url]) == BAD_USAGE
            assert "a pooler that hands connections round" in capsys.readouterr().err
