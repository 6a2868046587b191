"""Rules of where a server listens: several places, Unix sockets, sockets that were passed on."""

import os
import socket
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio

from trio_chat.config import Config, ConfigError
from trio_chat.net import activation, unix_sockets
from trio_chat.net.activation import Passed, take
from trio_chat.net.handover import hand_over, take_over
from trio_chat.net.places import Place, close_places, open_places
from trio_chat.net.streams import address_of

GROUP = os.getgid()


@asynccontextmanager
async def listening(
    *listen: str, passed: Sequence[Passed] = (), **settings: str | int
) -> AsyncIterator[list[Place]]:
    """Listen for the block."""
    places = await open_places(Config(listen=listen, **settings), passed)  # type: ignore[arg-type]
    try:
        yield places
    finally:
        await close_places(places)


async def complaint(*listen: str, passed: Sequence[Passed] = (), **settings: str) -> str:
    """Return why it cannot listen so; nothing stays open."""
    with pytest.raises(ConfigError) as caught:
        await open_places(Config(listen=listen, **settings), passed)  # type: ignore[arg-type]
    return str(caught.value)


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [path.name for path in folder.iterdir()]


def tcp(name: str = "") -> Passed:
    """Return a TCP socket as it is passed on."""
    return Passed(name, socket.create_server(("127.0.0.1", 0)))


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("LocalHost:0", "localhost:0"),
        ("[0:0::1]:80", "[::1]:80"),
        (" unix:/run/a.sock", "unix:/run/a.sock"),
        ("systemd", "systemd"),
        ("systemd:web", "systemd:web"),
    ],
)
def test_a_place_has_a_normal_form(given: str, normal: str) -> None:
    """As it is compared and shown; the same one twice is one."""
    assert Config(listen=(given, given)).listen == (normal,)


@pytest.mark.parametrize("text", ["", "8080", "localhost", "unix:", "systemd:", "a:70000", "a b:1"])
def test_what_is_no_place_is_refused(text: str) -> None:
    """In a line that shows what there is."""
    with pytest.raises(ConfigError, match="listen must be like"):
        Config(listen=(text,))


@pytest.mark.parametrize("other", [{"host": "::1"}, {"port": 1}])
def test_host_and_port_are_not_given_beside_it(other: dict[str, str]) -> None:
    """It would not be clear which one is meant."""
    with pytest.raises(ConfigError, match="and listen cannot be given together"):
        Config(listen=("localhost:80",), **other)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["", "66", "888", "rw-", "1777"])
def test_a_mode_is_three_octal_digits(mode: str) -> None:
    """As chmod takes them."""
    with pytest.raises(ConfigError, match="socket_mode must be three octal digits"):
        Config(socket_mode=mode)


async def test_a_server_listens_at_several_places(tmp_path: Path) -> None:
    """Each has an address of its own."""
    path = f"{tmp_path}/a.sock"
    async with listening("127.0.0.1:0", "0.0.0.0:0", f"unix:{path}") as places:
        own, all_, unix = (place.address("http") for place in places)
        assert own.startswith("http://127.0.0.1:")
        assert all_.startswith("http://localhost:")
        assert unix == f"unix:{path}"


async def test_a_unix_socket_has_its_mode_and_group_and_is_removed(tmp_path: Path) -> None:
    """Only who may write to it may connect; a peer's address is that of no machine."""
    path = tmp_path / "a.sock"
    settings: dict[str, Any] = {"socket_mode": "0620", "socket_group": str(GROUP)}
    async with listening(f"unix:{path}", send_buffer=50_000, **settings) as [place]:
        found = path.stat()
        assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o620, GROUP)
        async with await trio.open_unix_socket(path), await place.listeners[0].accept() as peer:
            assert address_of(peer) == "unix"
            size = peer.socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            assert size in (50_000, 100_000)
    assert not path.exists()


async def test_the_file_of_a_server_that_is_gone_is_replaced(tmp_path: Path) -> None:
    """It was killed and could not remove it."""
    path = tmp_path / "a.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with listening(f"unix:{path}"), await trio.open_unix_socket(path):
        pass


async def test_a_file_that_became_another_one_stays(tmp_path: Path) -> None:
    """Whoever replaced it needs it."""
    path = tmp_path / "a.sock"
    async with listening(f"unix:{path}"):
        path.unlink()
        path.write_text("mine")
    assert path.read_text() == "mine"


async def test_a_file_that_cannot_be_removed_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next server finds that nobody listens."""
    async with listening(f"unix:{tmp_path}/a.sock"):

        def fail(path: Path) -> None:
            raise PermissionError(path)

        monkeypatch.setattr(Path, "unlink", fail)


async def test_what_somebody_else_has_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server's socket, also if it takes nobody at the moment, and a file that is none."""
    monkeypatch.setattr(unix_sockets, "PROBE_TIMEOUT", 0.01)
    path = tmp_path / "a.sock"
    there = f"cannot listen on unix:{path}: "
    path.write_text("mine")
    said = await complaint(f"unix:{path}")
    assert said == there + "something else is there, and is left as it is"
    assert path.read_text() == "mine"
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen(0)
        said = await complaint(f"unix:{path}")
        assert said == there + "another program listens there"
        said = await complaint(f"unix:{path}")
        assert said == there + "another program listens there"


@pytest.mark.parametrize("folder", ["missing", "file"])
async def test_a_folder_that_is_not_there_is_named(folder: str, tmp_path: Path) -> None:
    """It is not made: it would have the wrong owner."""
    (tmp_path / "file").write_text("")
    path = tmp_path / folder / "a.sock"
    said = await complaint(f"unix:{path}")
    assert said == f"cannot listen on unix:{path}: there is no folder {path.parent}"


async def test_a_path_that_is_too_long_is_told_with_the_limit() -> None:
    """The system's own words name neither."""
    path = "/tmp/" + "ü" * 60  # noqa: S108 - nothing is made there
    said = await complaint(f"unix:{path}")
    assert said == f"cannot listen on unix:{path}: its path has 125 bytes, and may have 107"


async def test_a_group_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything is made."""
    said = await complaint(f"unix:{tmp_path}/a", socket_group="nobody-has-it")
    assert said == "socket_group: this machine has no group 'nobody-has-it'"
    assert names(tmp_path) == []


async def test_a_socket_that_cannot_be_as_it_should_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may connect who should not."""

    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", fail)
    said = await complaint(f"unix:{tmp_path}/a", socket_group="root")
    assert "Operation not permitted; may this user write to" in said
    assert names(tmp_path) == []


async def test_another_error_is_told_in_the_words_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with the path."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unix_sockets, "_bind", fail)
    said = await complaint(f"unix:{tmp_path}/a")
    assert said == f"cannot listen on unix:{tmp_path}/a: No space left on device"


async def test_what_was_opened_is_closed_when_another_one_fails(tmp_path: Path) -> None:
    """Half a server helps nobody; the flag that was used is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = await complaint(f"unix:{tmp_path}/a", f"127.0.0.1:{port}")
    assert said == f"port {port} is already in use; choose another one with --listen"
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [("127.0.0.1", "0.0.0.0"), ("localhost", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")],  # noqa: S104
)
async def test_a_port_that_the_server_has_itself_is_told_as_such(first: str, second: str) -> None:
    """No other program is in the way: one of the two is enough."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = await complaint(f"{first}:{port}", f"{second}:{port}")
    assert said == (
        f"listen {second}:{port}: {first}:{port}, which is given too, has this port already"
    )


async def test_sockets_that_were_passed_take_the_place_of_host_and_port(tmp_path: Path) -> None:
    """Whatever they are called; the file of one is its opener's."""
    path = tmp_path / "a.sock"
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(path))
    unix.listen()
    async with listening(passed=[tcp("web"), Passed("", unix)]) as places:
        assert [place.host for place in places] == ["127.0.0.1", ""]
        assert places[1].address("http") == f"unix:{path}"
        for place in places:
            place.reconfigure(Config())
        async with await trio.open_unix_socket(path):
            pass
    assert path.exists()


async def test_they_are_told_apart_by_name_and_what_is_left_is_told() -> None:
    """Nobody is left waiting on a socket that nobody looks at."""
    with structlog.testing.capture_logs() as logged:
        passed = [tcp("web"), tcp("other")]
        async with listening("127.0.0.1:0", "systemd:web", passed=passed) as places:
            assert len(places) == 2
    assert [line["name"] for line in logged] == ["other"]
    assert passed[1].socket.fileno() == -1


@pytest.mark.parametrize(
    ("place", "words"), [("systemd", "no socket; is"), ("systemd:web", "with the name web; is")]
)
async def test_a_socket_that_was_not_passed_is_missed(place: str, words: str) -> None:
    """Its unit may not be started."""
    assert words in await complaint(place)


def environment(**more: str) -> dict[str, str]:
    return {"LISTEN_PID": "77", "LISTEN_FDS": "1", "OTHER": "x", **more}


def test_what_was_passed_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program that is started from here takes it for its own."""
    with socket.create_server(("127.0.0.1", 0)) as ours:
        copy = os.dup(ours.fileno())
        os.set_inheritable(copy, True)  # noqa: FBT003 - it has no name
        monkeypatch.setattr(activation, "FIRST", copy)
        told = environment(LISTEN_FDNAMES="web")
        [passed] = take(told, 77)
        assert passed.name == "web"
        assert passed.socket.getsockname() == ours.getsockname()
        assert not os.get_inheritable(copy)
        assert told == {"OTHER": "x"}
        assert take(told, 77) == []
        passed.socket.close()


@pytest.mark.parametrize("more", [{"LISTEN_PID": "78"}, {"LISTEN_FDS": "x"}, {"LISTEN_FDS": "0"}])
def test_what_is_meant_for_another_process_is_not_taken(more: dict[str, str]) -> None:
    """A shell between systemd and us, or nothing at all."""
    assert take(environment(**more), 77) == []


def test_what_is_no_listening_socket_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a socket without listen, one of datagrams, more than anybody passes."""
    with pytest.raises(ConfigError, match="LISTEN_FDS is 65, and may be 64 at most"):
        take(environment(LISTEN_FDS="65"), 77)
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(type=kind) as sock:
            monkeypatch.setattr(activation, "FIRST", sock.fileno())
            with pytest.raises(ConfigError, match="is no listening socket"):
                take(environment(), 77)
    with Path(os.devnull).open() as file:
        monkeypatch.setattr(activation, "FIRST", file.fileno())
        with pytest.raises(ConfigError, match="which was passed on, is no socket"):
            take(environment(), 77)


async def test_a_process_that_inherits_listens_at_the_same_places(tmp_path: Path) -> None:
    """As they are called; the files of Unix sockets stay with who has opened them."""
    config = Config(listen=("127.0.0.1:0", f"unix:{tmp_path}/chat"))
    places = await open_places(config)
    handed = hand_over(places)
    for one in handed:
        one.descriptors = [os.dup(each) for each in one.descriptors]
    taken = take_over(handed, config)
    assert [place.address("http") for place in taken] == [place.address("http") for place in places]
    for place in [*taken, *places]:
        for listener in place.listeners:
            assert not os.get_inheritable(listener.socket.fileno())
    for place in taken:
        await place.listeners[0].aclose()
    assert (tmp_path / "chat").exists()
    async with await trio.open_unix_socket(f"{tmp_path}/chat"):
        await close_places(places)
    assert not (tmp_path / "chat").exists()
