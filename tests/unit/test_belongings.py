"""Nothing is written in the place of what belongs to a database, by whatever name."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from trio_chat.cli import main
from trio_chat.config import Config, ConfigError
from trio_chat.errors import BAD_USAGE
from trio_chat.files.belongings import check_free, check_own_places
from trio_chat.files.index import Index
from trio_chat.journal.sqlite.file import JournalFile
from trio_chat.journal.types import JournalError

FILES = ["", "-wal", "-shm", "-lock", "-server", "-journal"]
FOLDERS = [".files", ".files/index.db", ".files/ab/abcd", ".postgres", ".postgres/data/base"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a database in it, which is the one that commands take."""
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TRIO_CHAT_DATABASE", "chat.db")
    JournalFile(folder / "chat.db").close()
    make_files(folder / "chat.db.files")
    return folder


def make_files(folder: Path) -> None:
    folder.mkdir()
    with closing(Index(folder)):
        pass


@pytest.fixture
def server(place: Path) -> Iterator[Path]:
    """Have a server that has the database."""
    file = JournalFile(place / "chat.db")
    yield place
    file.close()


def as_it_is(path: Path) -> str:
    return path.name


def from_the_root(path: Path) -> str:
    return str(path)


def by_the_way(path: Path) -> str:
    return f"../{path.parent.name}/./{path.name}"


def by_a_link(path: Path) -> str:
    Path("link").symlink_to(path.name)
    return "link"


def by_a_linked_folder(path: Path) -> str:
    Path("../other").symlink_to(path.parent)
    return f"../other/{path.name}"


WAYS = [as_it_is, from_the_root, by_the_way, by_a_link, by_a_linked_folder]


def seen(place: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in sorted(place.rglob("*")) if one.is_file()}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ending", [one for one in FILES if one not in ("-server", "-journal")])
@pytest.mark.parametrize("command", [["backup"], ["export", "-o"]], ids=" ".join)
def test_a_command_replaces_no_file_of_a_database_that_is_served(
    server: Path, command: list[str], ending: str, way: Callable[[Path], str]
) -> None:
    """Also with --force."""
    before = seen(server)
    name = way(server / f"chat.db{ending}")
    assert main([*command, name, "--force"]) == BAD_USAGE
    Path("link").unlink(missing_ok=True)
    assert seen(server) == before


@pytest.mark.parametrize("database", ["chat.db", "link.db", "elsewhere/none.db"])
@pytest.mark.parametrize("ending", [*FILES, *FOLDERS])
def test_what_a_database_may_have_is_not_made(place: Path, ending: str, database: str) -> None:
    """Whether it is there or not, and the database, too; a link has the folders of both names."""
    (place / "link.db").symlink_to("chat.db")
    (place / "elsewhere").mkdir()
    with pytest.raises(ConfigError, match="the database"):
        check_free(Path(f"{database}{ending}"), Config(database=database))


@pytest.mark.parametrize("ending", [*FILES[1:], ".files/x"])
def test_nor_what_another_database_has(place: Path, ending: str) -> None:
    """Which is seen by the names."""
    path = Path(f"chat.db{ending}")
    for config in (Config(database="other.db"), Config(database=":memory:")):
        with pytest.raises(ConfigError, match=r"belongs to the database chat\.db"):
            check_free(path, config)


@pytest.mark.parametrize("name", ["x-wal", "chat.db.bak", "other.db", "sub.files/x", "chat.db-x"])
def test_other_names_are_free(place: Path, name: str) -> None:
    """Such as those that end alike, and belong to nothing."""
    check_free(Path(name), Config(database="chat.db", files=place / "named"))


def test_in_other_letters(place: Path) -> None:
    """Some file systems take them for the same name."""
    for name in ("CHAT.DB-wal", "chat.db-WAL", "Chat.db-Lock"):
        with pytest.raises(ConfigError):
            check_free(Path(name), Config(database="chat.db"))


@pytest.mark.parametrize(
    ("command", "files"),
    [
        (["backup", "copy", "--force"], "copy.files"),
        (["backup", "copy", "--force"], "copy.files/sub"),
        (["backup", "named/copy.db", "--force"], "named"),
        (["export", "--with-files", "named", "-o", "x", "--force"], "named"),
        (["export", "-o", "named/index.db", "--force"], "named"),
        (["backup", "copy"], None),  # without --force, as it has a folder there
    ],
)
def test_no_folder_of_files_is_replaced(place: Path, command: list[str], files: str | None) -> None:
    """Neither the server's own, nor one that is there already without --force."""
    (place / "copy.files").mkdir()
    (place / "copy.files" / "mine").write_text("mine")
    (place / "named").mkdir()
    if files:
        Path(files).mkdir(exist_ok=True)
        command = [*command, "--files", files]
    before = seen(place)
    assert main(command) == BAD_USAGE
    assert seen(place) == before


def test_a_backup_replaces_the_one_of_before(place: Path) -> None:
    """With the folder of its files, as --force says."""
    for more in ([], ["--force"]):
        assert main(["backup", "copy.db", *more]) == 0
    assert (place / "copy.db.files" / "index.db").exists()


@pytest.mark.parametrize("ending", ["-wal", "-server"])
def test_no_database_is_made_in_the_place_of_a_file_of_another(
    place: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a server, a move or a restore."""
    name = f"chat.db{ending}"
    shutil.copyfile("chat.db", "copy.db")
    with pytest.raises(JournalError, match=r"belongs to the database chat\.db"):
        JournalFile(Path(name))
    for command in (["migrate", "chat.db", name], ["migrate", "copy.db", name]):
        assert main(command) == BAD_USAGE
    assert main(["restore", "copy.db", "--database", name]) == BAD_USAGE
    assert capsys.readouterr().err.count(" the database ") == 3
    assert not (place / name).exists()


@pytest.mark.parametrize(
    "config",
    [
        Config(database="chat.db", listen=("unix:chat.db-server",)),
        Config(database="chat.db", listen=("localhost:0", "unix:./chat.db-wal")),
        Config(database="chat.db", backup_every=1.0, backup_folder=Path("chat.db.files")),
        Config(database="chat.db", backup_folder=Path("named"), files=Path("named")),
    ],
)
@pytest.mark.usefixtures("place")
def test_a_server_makes_nothing_there(config: Config) -> None:
    """Neither its socket nor its backups; the start refuses it."""
    with pytest.raises(ConfigError, match="the database"):
        check_own_places(config)


@pytest.mark.usefixtures("place")
def test_a_server_may_have_its_places_beside_the_database() -> None:
    """In the same folder."""
    check_own_places(
        Config(database="chat.db", listen=("unix:chat.sock",), backup_folder=Path("."))  # noqa: PTH201
    )


def test_places_in_a_folder_that_is_not_there_belong_together(tmp_path: Path) -> None:
    """Whoever makes it makes it for all of them."""
    config = Config(database=str(tmp_path / "new/chat.db"))
    with pytest.raises(ConfigError, match="is a file of the database"):
        check_free(tmp_path / "new/chat.db-wal", config)
    check_free(tmp_path / "other/chat.db-wal", config)


@pytest.mark.parametrize("command", ["rooms", "export", "check", "operator-link", "backup x"])
def test_the_root_of_all_files_is_no_database(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has no name to which anything could be added."""
    assert main([*command.split(), "--database", "/"]) == BAD_USAGE
    assert capsys.readouterr().err == "trio-chat: / is a directory, not a file\n"
    with pytest.raises(JournalError, match="/ is a directory, not a file"):
        JournalFile(Path("/"))
