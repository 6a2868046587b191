"""The examples of a chat on many machines in deploy/ are what they say, run or read."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import trio
import yaml

from tests.integration.proxying import find, free_port, started
from tests.integration.running import PATIENCE, ROOT_OF_PROJECT, Running, serving
from tests.postgres import OPTIONS, PostgresServer, programs
from tests.postgres import PATIENCE as LONG
from trio_chat.commands.serve import command_line
from trio_chat.config import Config
from trio_chat.journal.memory import MemoryJournal
from trio_chat.metrics.health import PROOF_TIMEOUT, TURN_TIMEOUT
from trio_chat.protocol.close import RESTARTING
from trio_chat.remote import connect
from trio_chat.server import Server
from trio_chat.settings import ENV_PREFIX, gather, make_config

DEPLOY = ROOT_OF_PROJECT / "deploy"
BALANCER = DEPLOY / "haproxy.cluster.cfg"
URL = "postgresql://chat@db/chat"
GRACE = 30  # seconds beyond the drain times, as docs/operating.md says


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def config_of(variables: dict[str, str]) -> Config:
    """Return the settings of a server with these variables of its environment."""
    return make_config(gather(command_line().parse_args([]), variables))


@asynccontextmanager
async def balanced(folder: Path, url: str) -> AsyncIterator[tuple[str, list[Running]]]:
    """Have two nodes behind the load balancer of the example; give the address of that."""
    haproxy = find("haproxy")
    if haproxy is None:
        pytest.skip("there is no haproxy here")
    settings: dict[str, Any] = {"database": url, "trusted_proxy": ("127.0.0.1",)}
    settings |= {"drain_delay": 1.5, "return_window": 0.0}
    port = free_port()
    async with serving(**settings) as one, serving(**settings) as other:
        text = BALANCER.read_text().replace("bind :8080", f"bind 127.0.0.1:{port}")
        text = text.replace("inter 2s fall 2", "inter 200ms fall 2")
        for node, server in (("node1", one), ("node2", other)):
            text = text.replace(f"{node}:8080", f"127.0.0.1:{server.port}")
        text = re.sub(r"    server node3 .*\n", "", text)
        file = folder / "haproxy.cfg"
        file.write_text(text)
        async with started(port, haproxy, "-db", "-q", "-f", str(file)):
            yield f"http://localhost:{port}/", [one, other]


def people(node: Running) -> int:
    return node.server._hub.connections


async def until(holds: Callable[[], bool]) -> None:
    with trio.fail_after(PATIENCE):
        while not holds():
            await trio.sleep(0.02)


async def test_whoever_comes_back_is_led_to_another_node(postgres_url: str, tmp_path: Path) -> None:
    """No session sticks: the balancer sees that a node drains, and nothing is missed or doubled."""
    async with (
        balanced(tmp_path, postgres_url) as (url, (one, other)),
        connect(url, nick="Ann") as ann,
        connect(url, nick="Ben") as ben,
    ):
        talk, heard = await ann.join("tea"), await ben.join("tea")
        assert [people(node) for node in (one, other)] == [1, 1]  # leastconn
        texts = ["one", "two", "three"]
        await talk.send("one")
        one.server.stop(RESTARTING)
        await talk.send("two")
        await until(lambda: people(other) == 2)
        await talk.send("three")
        with trio.fail_after(PATIENCE):
            assert [(await anext(heard)).text for _ in texts] == texts
            assert [(await anext(talk)).text for _ in texts] == texts


def start_standby(primary: PostgresServer, folder: Path) -> subprocess.Popen[bytes]:
    """Start a standby by the script of the example."""
    found = programs()
    assert found
    options = ["-k", str(folder), *OPTIONS]
    variables = {
        "PATH": f"{found}:{os.environ['PATH']}",
        "PGDATA": str(folder / "data"),
        "PRIMARY": str(primary.folder),
        "REPLICATION_PASSWORD": "replication",
    }
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            ["bash", str(folder / "standby.sh"), *options],
            stdout=log,
            stderr=log,
            user=primary.user,
            env=variables,
            cwd="/",
        )


@pytest.fixture
def standby_folder(own_postgres: PostgresServer) -> Iterator[Path]:
    """Return a folder of who runs PostgreSQL, with the script."""
    folder = Path(tempfile.mkdtemp(prefix="trio-standby-"))
    (folder / "data").mkdir(0o700)
    shutil.copy(DEPLOY / "postgres-standby.sh", folder / "standby.sh")
    for path in (folder, folder / "data", folder / "standby.sh"):
        shutil.chown(path, own_postgres.user or os.geteuid())
    yield folder
    shutil.rmtree(folder)


def of_chat(folder: Path) -> psycopg.Connection:
    return psycopg.connect(f"postgresql://chat@/chat?host={folder}", autocommit=True)


def wait_for(row: object, server: PostgresServer, query: str) -> None:
    """Wait until a query has one row, with that value."""
    give_up_at = time.monotonic() + LONG
    with server.connect() as connection:
        while connection.execute(query).fetchall() != [(row,)]:
            assert time.monotonic() < give_up_at
            time.sleep(0.05)


def test_the_standby_has_what_is_committed(
    own_postgres: PostgresServer, standby_folder: Path
) -> None:
    """The scripts of the compose file make a pair: the standby takes over with all of it."""
    variables = {
        **os.environ,
        "PATH": f"{programs()}:{os.environ['PATH']}",
        "PGHOST": str(own_postgres.folder),
        "PGDATA": str(own_postgres.folder / "data"),
        "CHAT_PASSWORD": "it's secret",
        "REPLICATION_PASSWORD": "replication",
    }
    script = ["bash", str(DEPLOY / "postgres-primary.sh")]
    subprocess.run(script, check=True, env=variables, capture_output=True)
    own_postgres.stop()
    own_postgres.start()
    standby = start_standby(own_postgres, standby_folder)
    try:
        wait_for("sync", own_postgres, "SELECT sync_state FROM pg_stat_replication")
        with of_chat(own_postgres.folder) as link:
            link.execute("CREATE TABLE kept AS SELECT 1 AS one")
        own_postgres.stop(signal.SIGKILL)
        with psycopg.connect(f"postgresql://postgres@/postgres?host={standby_folder}") as link:
            link.execute("SELECT pg_promote()")
        with of_chat(standby_folder) as link:
            assert link.execute("SELECT one FROM kept").fetchall() == [(1,)]
            assert link.execute("SELECT pg_is_in_recovery()").fetchall() == [(False,)]
    finally:
        standby.send_signal(signal.SIGQUIT)
        standby.wait()


def test_the_compose_file_names_what_there_is() -> None:
    """Settings, files, ports and names; each service that waits for another's health has one."""
    [compose] = documents("compose.cluster.yaml")
    services = compose["services"]
    nodes = {name: one for name, one in services.items() if "build" in one}
    assert list(nodes) == ["node1", "node2", "node3"]
    balancer = BALANCER.read_text()
    for name, node in nodes.items():
        config = config_of(node["environment"])
        assert config.database.startswith("postgresql://chat:")
        assert re.search(rf"server {name} {name}:{config.port}$", balancer, re.MULTILINE)
        assert seconds(node["stop_grace_period"]) >= grace(config)
        network = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
        assert config.trusted_proxy == (network,)
    assert "stick" not in re.sub("#.*", "", balancer)
    assert services["balancer"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "EXPOSE 8080" in (DEPLOY / "Dockerfile").read_text()
    for service in services.values():
        assert set(service["networks"]) <= set(compose["networks"])
        for other in service.get("depends_on", {}):
            assert other in nodes or "healthcheck" in services[other]
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (DEPLOY / source).is_file() or source in compose["volumes"]
    scripts = {line.split(":")[0] for one in services.values() for line in one.get("volumes", ())}
    assert {"./postgres-primary.sh", "./postgres-standby.sh"} <= scripts


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def grace(config: Config) -> float:
    """Return the seconds that a node may take to end."""
    return config.drain_delay + config.drain_timeout + GRACE


def test_the_manifest_for_kubernetes_fits_the_server() -> None:
    """Its variables are settings, its probes are answered, and a node has time to say goodbye."""
    deployment, service, budget = documents("kubernetes.yaml")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    selectors = [one["spec"]["selector"] for one in (deployment, service, budget)]
    assert [one.get("matchLabels", one) for one in selectors] == [labels] * 3
    assert budget["spec"]["maxUnavailable"] < deployment["spec"]["replicas"]
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    variables = {one["name"]: one.get("value", URL) for one in container["env"]}
    assert all(name.startswith(ENV_PREFIX) for name in variables)
    config = config_of(variables)
    assert pod["terminationGracePeriodSeconds"] >= grace(config)
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert ports == {"http": config.port, "metrics": int(config.metrics_listen.split(":")[1])}
    assert service["spec"]["ports"][0]["targetPort"] == "http"
    answered = Server(config_of({}), MemoryJournal())._acceptor._probes._checks
    for kind in ("startup", "liveness", "readiness"):
        probe = container[f"{kind}Probe"]["httpGet"]
        assert probe["path"] in answered
        assert probe["port"] == "http"
    assert container["livenessProbe"]["timeoutSeconds"] > TURN_TIMEOUT
    assert container["readinessProbe"]["timeoutSeconds"] > PROOF_TIMEOUT
    owner = re.search(r"^USER (\d+):", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert owner
    assert pod["securityContext"]["runAsUser"] == int(owner[1])
