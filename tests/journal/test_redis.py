"""The line by Redis: which server it finds, that it proves itself, and what it does with faults."""

import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import structlog.testing
import trio
import trustme

from tests.ports import closed_port
from tests.redis import PATIENCE, RedisServer, running_redis
from trio_chat.bus_url import NEEDS_HIREDIS, parse
from trio_chat.config import Config
from trio_chat.journal.opening import open_journal
from trio_chat.journal.redis import finding, line, wire
from trio_chat.journal.redis.line import RedisLine
from trio_chat.journal.redis.wire import packed
from trio_chat.journal.telling import Ends
from trio_chat.journal.types import JournalError

CHANNEL = "tea"
OWN = b"a canary of mine"
HELLO = b"%1\r\n+proto\r\n:3\r\n"
SUBSCRIBED = b">3\r\n+subscribe\r\n$3\r\ntea\r\n:1\r\n"

Serve = Callable[[trio.SocketStream], Awaitable[None]]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let canaries come often, and nobody wait until something is tried again."""
    monkeypatch.setattr(line, "BEAT", 0.05)
    monkeypatch.setattr(line, "LAST_PAUSE", 0.2)


class Listener:
    """A line that is run, and what it has heard."""

    def __init__(self, url: str, name: bytes = OWN) -> None:
        self.line = RedisLine(parse(url))
        self.figures = self.line.figures
        self.heard: list[bytes] = []
        self.changes = 0
        self._name = name
        self.ends = Ends(CHANNEL, lambda: self._name, self._hear, self._change)

    def _hear(self, data: bytes) -> bool:
        if data != self._name:
            self.heard.append(data)
        return data == self._name

    def _change(self) -> None:
        self.changes += 1

    async def until_up(self) -> None:
        await until(lambda: self.line.is_up)

    async def until_heard(self, data: bytes) -> None:
        await until(lambda: data in self.heard)

    async def until_changed(self, times: int) -> None:
        await until(lambda: self.changes == times)


async def until(is_so: Callable[[], object]) -> None:
    with trio.fail_after(PATIENCE):
        while not is_so():
            await trio.sleep(0.01)


@asynccontextmanager
async def listening(*urls: str) -> AsyncIterator[list[Listener]]:
    """Run lines for the block."""
    listeners = [Listener(url, b"canary %d" % place) for place, url in enumerate(urls)]
    async with trio.open_nursery() as nursery:
        for one in listeners:
            nursery.start_soon(one.line.run, one.ends)
        yield listeners
        nursery.cancel_scope.cancel()
    assert not any(one.line.is_up for one in listeners)


async def heard_by_all(*listeners: Listener) -> None:
    """See that what each says is heard by all others, once and in order."""
    for one in listeners:
        await one.until_up()
        others = [other for other in listeners if other is not one]
        said = [b"%s says %d" % (one.ends.canary(), number) for number in range(50)]
        one.line.send(said)
        for other in others:
            await other.until_heard(said[-1])
            assert [data for data in other.heard if data in said] == said


def url_of(server: RedisServer, login: str = "", kind: str = "redis") -> str:
    return f"{kind}://{login}127.0.0.1:{server.port}"


@asynccontextmanager
async def faking(serve: Serve) -> AsyncIterator[str]:
    """Serve for the block as no Redis does; return its URL."""

    async def answer(stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError):  # nobody has to hear all
            await serve(stream)

    async with trio.open_nursery() as nursery:
        listen = partial(trio.serve_tcp, answer, 0, host="127.0.0.1")
        [listener] = await nursery.start(listen)
        port = listener.socket.getsockname()[1]
        yield f"redis://127.0.0.1:{port}"
        nursery.cancel_scope.cancel()


async def why_lost(url: str) -> str:
    """Return what the log says of why there is no line, in its one entry."""
    with structlog.testing.capture_logs() as logged:
        async with listening(url) as [one]:
            await until(lambda: one.figures.bus_reconnects > 1)
    [entry] = logged
    assert entry["event"].startswith("bus away")
    assert "secret" not in str(entry)
    return str(entry["reason"])


class TestServers:
    """One server, with whatever it takes to come in."""

    async def test_nodes_hear_each_other(self, redis: RedisServer) -> None:
        """By one wire each; whatever is not for them is not heard."""
        async with listening(url_of(redis), url_of(redis)) as both:
            await heard_by_all(*both)
            redis.ask("PUBLISH", "jam", "not for them")
            assert redis.ask("PUBLISH", CHANNEL, "for them") == 2
            for one in both:
                await one.until_heard(b"for them")
                assert b"not for them" not in one.heard
                assert one.changes == 1

    async def test_a_wire_that_is_cut(self, redis: RedisServer) -> None:
        """It is made anew, and the log has a line for each."""
        with structlog.testing.capture_logs() as logged:
            async with listening(url_of(redis), url_of(redis)) as both:
                await heard_by_all(*both)
                redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
                for one in both:
                    await one.until_changed(3)
                await heard_by_all(*both)
        up, lost = (
            "nodes tell each other by the bus",
            "bus away: nodes tell each other by PostgreSQL",
        )
        assert sorted(entry["event"] for entry in logged) == [*[lost] * 2, *[up] * 4]

    async def test_passwords(self, own_redis: RedisServer) -> None:
        """Of the default user, and of one with no right but what it takes; a wrong one is told."""
        rights = ("+hello", "+auth", "+subscribe", "+publish")
        own_redis.ask("ACL", "SETUSER", "ann", "on", ">pw", "&tea", "-@all", *rights)
        own_redis.ask("CONFIG", "SET", "requirepass", "a b@c")
        mine, hers = url_of(own_redis, ":a%20b%40c@"), url_of(own_redis, "ann:pw@")
        async with listening(mine, hers) as both:
            await heard_by_all(*both)
        for login, why in ((":secret@", "WRONGPASS"), ("", "NOAUTH"), ("eve:secret@", "WRONGPASS")):
            assert why in await why_lost(url_of(own_redis, login))

    async def test_rights_that_are_missing(self, own_redis: RedisServer) -> None:
        """Of whoever may not say anything."""
        own_redis.ask("ACL", "SETUSER", "eve", "on", ">secret", "&*", "+@all", "-publish")
        assert "NOPERM" in await why_lost(url_of(own_redis, "eve:secret@"))

    async def test_nobody_there(self, own_redis: RedisServer) -> None:
        """It is told where; then it is found when it comes."""
        own_redis.kill()
        url = url_of(own_redis)
        assert await why_lost(url) == f"127.0.0.1:{own_redis.port}: Connection refused"
        assert "nowhere.invalid:6379: " in await why_lost("redis://nowhere.invalid")
        async with listening(url, url) as both:
            await until(lambda: both[0].figures.bus_reconnects > 1)
            own_redis.start()
            await heard_by_all(*both)


class TestTls:
    """Certificates are those of an operator, of either side."""

    @pytest.fixture
    def secured(self, own_redis: RedisServer, tmp_path: Path) -> RedisServer:
        authority = trustme.CA()
        mine, theirs = authority.issue_cert("chat"), authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        mine.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "mine.pem"))
        theirs.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "theirs.pem"))
        own_redis.kill()
        own_redis.tls = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        mine.configure_cert(own_redis.tls)
        pem = str(tmp_path / "theirs.pem")
        own_redis.options = ("--tls-cert-file", pem, "--tls-key-file", pem)
        own_redis.options += ("--tls-ca-cert-file", str(tmp_path / "ca.pem"))
        own_redis.start()
        return own_redis

    async def test_both_prove_who_they_are(self, secured: RedisServer, tmp_path: Path) -> None:
        """By a name as well as by an address."""
        files = f"?ca={tmp_path}/ca.pem&cert={tmp_path}/mine.pem"
        url = url_of(secured, kind="rediss")
        async with listening(f"{url}{files}", f"rediss://localhost:{secured.port}{files}") as both:
            await heard_by_all(*both)
        assert "CERTIFICATE_VERIFY_FAILED" in await why_lost(url)
        pem = f"{tmp_path}/mine.pem"
        async with listening(f"{url}?ca={tmp_path}/ca.pem&cert={pem}&key={pem}") as [one]:
            await one.until_up()

    async def test_files_that_are_of_no_use(self, tmp_path: Path) -> None:
        """A start is refused, in one line with the name."""
        key = tmp_path / "key.pem"
        for text, query in ((None, f"ca={key}"), ("none", f"cert={key}"), ("none", f"ca={key}")):
            if text:
                key.write_text(text)
            config = Config(database="postgresql:///chat", bus=f"rediss://redis?{query}")
            with pytest.raises(JournalError, match=f"^bus cannot use {key}: ") as refused:
                await open_journal(config)
            assert "\n" not in str(refused.value)


async def test_what_it_needs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the database is opened."""
    for name in [name for name in sys.modules if name.startswith("trio_chat.journal.redis.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "hiredis", None)
    with pytest.raises(JournalError, match="hiredis") as refused:
        await open_journal(Config(database="postgresql:///chat", bus="redis://redis"))
    assert str(refused.value) == NEEDS_HIREDIS


def test_a_key_with_a_password_is_refused(tmp_path: Path) -> None:
    """Nobody is asked for it on a terminal."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    made = trustme.CA().issue_cert("chat")
    key = serialization.load_pem_private_key(made.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "key.pem").write_bytes(locked)
    (tmp_path / "cert.pem").write_bytes(made.cert_chain_pems[0].bytes())
    url = f"rediss://redis?cert={tmp_path}/cert.pem&key={tmp_path}/key.pem"
    with pytest.raises(JournalError, match="its key has a password"):
        RedisLine(parse(url))


class TestSentinels:
    """They are asked each time where the master is."""

    async def test_a_failover(self, own_redis: RedisServer) -> None:
        """The line goes to the new master, past sentinels that are away."""
        config = f"""
            sentinel monitor chat 127.0.0.1 {own_redis.port} 1
            sentinel failover-timeout chat 10000
        """
        following = ("--replicaof", "127.0.0.1", str(own_redis.port))
        with (
            running_redis(*following) as replica,
            running_redis("--sentinel", config=config) as sentinel,
            closed_port() as nobody,
        ):
            places = f"127.0.0.1:{nobody},127.0.0.1:{sentinel.port}"
            url = f"redis+sentinel://{places}/chat"
            sentinel.ask("SENTINEL", "DEBUG", "info-period", "100")
            async with listening(url, url) as both:
                await heard_by_all(*both)
                await until(lambda: sentinel.ask("SENTINEL", "FAILOVER", "chat") == b"OK")
                where = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "chat")
                other = [b"127.0.0.1", str(replica.port).encode()]
                await until(lambda: sentinel.ask(*where) == other)
                own_redis.kill()  # the sentinel would let it be for eight seconds
                await until(lambda: replica.ask("PUBSUB", "NUMSUB", CHANNEL) == [b"tea", 2])
                await heard_by_all(*both)
            assert "knows no master jam" in await why_lost(url.replace("/chat", "/jam"))

    @pytest.mark.parametrize("user", ["", "eve"])
    async def test_a_sentinel_that_is_late(self, own_redis: RedisServer, user: str) -> None:
        """Whoever is no master any more is not taken for one; a sentinel's password is its own."""
        own_redis.ask("REPLICAOF", "127.0.0.1", "1")
        port = str(own_redis.port).encode()
        asked: list[bytes] = []

        async def serve(stream: trio.SocketStream) -> None:
            asked.append(await stream.receive_some())
            await stream.send_all(b"+OK\r\n")
            await stream.receive_some()
            await stream.send_all(b"*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%b\r\n" % (len(port), port))

        query = f"?sentinel_password=secret{user and f'&sentinel_user={user}'}"
        async with faking(serve) as url:
            why = await why_lost(f"{url.replace('redis', 'redis+sentinel', 1)}/chat{query}")
        assert "is no master" in why
        assert asked[0] == packed("AUTH", *filter(None, [user]), "secret")


class TestClusters:
    """What is said goes to the node that has the channel's slot, and to no other one."""

    async def test_the_node_is_found_and_followed(self) -> None:
        """From any other node, and when the slot goes to another one."""
        options = ("--cluster-enabled", "yes")
        with running_redis(*options) as one, running_redis(*options) as other:
            other.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            one.ask("CLUSTER", "MEET", "127.0.0.1", str(other.port))
            await until(lambda: b"cluster_state:ok" in str(one.ask("CLUSTER", "INFO")).encode())
            urls = [url_of(server, kind="redis+cluster") for server in (one, other)]
            async with listening(*urls) as both:
                await heard_by_all(*both)
                assert other.ask("PUBSUB", "SHARDNUMSUB", CHANNEL) == [b"tea", 2]
                slot, node = str(one.ask("CLUSTER", "KEYSLOT", CHANNEL)), one.ask("CLUSTER", "MYID")
                assert isinstance(node, bytes)
                for server in (one, other):
                    server.ask("CLUSTER", "SETSLOT", slot, "NODE", node.decode())
                await until(lambda: one.ask("PUBSUB", "SHARDNUMSUB", CHANNEL) == [b"tea", 2])
                await heard_by_all(*both)

    @pytest.mark.parametrize(
        ("told", "why"),
        [
            ("MOVED", "does not say where to"),
            ("MOVED 1 :{port}", "send us round"),
            ("CLUSTERDOWN Hash slot not served", "CLUSTERDOWN"),
        ],
    )
    async def test_a_cluster_that_is_in_disorder(self, told: str, why: str) -> None:
        """It is followed for some steps, and no further."""

        async def serve(stream: trio.SocketStream) -> None:
            port = stream.socket.getsockname()[1]
            await stream.receive_some()
            await stream.send_all(HELLO)
            await stream.receive_some()
            await stream.send_all(f"-{told.format(port=port)}\r\n".encode())

        async with faking(serve) as url:
            assert why in await why_lost(url.replace("redis", "redis+cluster", 1))


async def hang(stream: trio.SocketStream) -> None:
    """Take whatever comes, and say nothing."""
    async for _ in stream:
        pass


async def greet(stream: trio.SocketStream) -> None:
    """Begin as a Redis does."""
    for answer in (HELLO, SUBSCRIBED):
        await stream.receive_some()
        await stream.send_all(answer)


def saying(answer: bytes) -> Serve:
    """Return who says one thing, whatever is asked."""

    async def serve(stream: trio.SocketStream) -> None:
        async for _ in stream:
            await stream.send_all(answer)

    return serve


class TestOddServers:
    """What is no Redis, or is one no more, costs the line and nothing else."""

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what is no RESP3"),
            (b"%1\r\n*0\r\n:1\r\n", "what is no RESP3"),
            (b"-ERR unknown command 'HELLO', args: '3' 'AUTH' 'secret'\r\n", "Redis 6 or newer"),
            (b"$500000000\r\n" + b"x" * 3_000_000, "more than 1,048,576 bytes"),
            (b"*9000000\r\n" + b":1\r\n" * 600_000, "more than 1,048,576 bytes"),
        ],
    )
    async def test_what_nobody_understands(self, answer: bytes, why: str) -> None:
        """Neither is more read than an answer may have."""
        async with faking(saying(answer)) as url:
            assert why in await why_lost(url.replace("//", "//:secret@"))

    async def test_who_hangs_up(self) -> None:
        """At once, or when all seemed well."""

        async def leave(stream: trio.SocketStream) -> None:
            """Say nothing."""

        for serve in (leave, greet):
            async with faking(serve) as url:
                assert "ended the connection" in await why_lost(url)

    async def test_who_says_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each wait has an end, and so have all together."""
        monkeypatch.setattr(wire, "ANSWER_TIMEOUT", 0.05)
        async with faking(hang) as url:
            assert await why_lost(url) == f"{url[8:]}: it does not answer"
            monkeypatch.setattr(wire, "ANSWER_TIMEOUT", PATIENCE)
            monkeypatch.setattr(finding, "FIND_TIMEOUT", 0.05)
            assert await why_lost(url) == "it does not answer"

    async def test_who_is_deaf(self, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """All seems well, but nothing comes back: a canary tells, and another wire is made."""
        monkeypatch.setattr(line, "DEAF", 0.3)
        swallowed = 0

        async def forward(source: trio.SocketStream, target: trio.SocketStream, most: int) -> None:
            nonlocal swallowed
            passed = 0
            async for data in source:
                if passed < most:
                    await target.send_all(data)
                else:
                    swallowed += 1
                passed += len(data)

        async def serve(stream: trio.SocketStream) -> None:
            most = 1500 if not swallowed else 1_000_000
            target = await trio.open_tcp_stream("127.0.0.1", redis.port)
            async with target, trio.open_nursery() as nursery:
                nursery.start_soon(forward, target, stream, most)
                await forward(stream, target, 1_000_000)
                nursery.cancel_scope.cancel()

        with structlog.testing.capture_logs() as logged:
            async with faking(serve) as url, listening(url, url_of(redis)) as both:
                await both[0].until_changed(3)
                await heard_by_all(*both)
        [lost] = [entry for entry in logged if entry["log_level"] == "warning"]
        assert lost["reason"] == "what is told does not come back"

    async def test_who_takes_too_little(self, redis: RedisServer) -> None:
        """What waits has a bound; beyond it the wire is given up, with all that waits."""
        async with listening(url_of(redis)) as [one]:
            one.line.send([b"while it is away"])
            assert not one.line._waiting
            await one.until_up()
            with structlog.testing.capture_logs() as logged:
                one.line.send([b"x" * line.MOST_WAITING])
                await one.until_changed(3)
            assert logged[0]["reason"] == "it takes less than it is sent"
            assert not one.heard
