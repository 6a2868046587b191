"""Files of messages in backups, exports and checks: they go where their messages go."""

import json
import os
import shlex
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.asking import session
from tests.integration.chatters import chatting
from tests.integration.commands import outcome
from tests.integration.running import running
from tests.integration.uploads import fetch, upload
from trio_chat.commands import file_folders, migrate
from trio_chat.errors import Failed


async def sent(path: Path, *contents: bytes, files: Path | None = None) -> list[str]:
    """Have a server keep a message with each of these files, and one that no message has."""
    ids = []
    async with (
        running(database=str(path), files=files) as server,
        chatting(server, f"Ann {contents[0]!r}", "tea") as ann,
    ):
        for content in contents:
            file = await upload(server, ann.session, content, "a.txt")
            await ann.send("tea", "see", files=[{"id": file["id"], "alt": "a"}])
            ids.append(file["id"])
        await upload(server, ann.session, b"unused")
    return ids


def kept_in(folder: Path) -> list[Path]:
    """Return what is there."""
    return list(folder.iterdir())


def lose(path: Path) -> None:
    """Remove a database, and not its files."""
    for one in path.parent.glob(f"{path.name}*"):
        if one.is_file():
            one.unlink()


async def contents(path: Path, *ids: str, files: Path | None = None) -> list[bytes]:
    """Return what a server on a database answers for files; nothing for those it has not."""
    async with running(database=str(path), files=files) as server:
        answers = [await fetch(server, id) for id in ids]
        assert {answer.status for answer in answers} <= {200, 404}
        return [answer.body if answer.status == 200 else b"" for answer in answers]


async def test_a_backup_has_the_files_and_brings_them_back(tmp_path: Path) -> None:
    """Those of messages that are there; what was there before stays beside them."""
    path, copy = tmp_path / "chat.db", tmp_path / "copy.db"
    kept, gone = await sent(path, b"kept", b"gone")
    with closing(sqlite3.connect(tmp_path / "chat.db.files" / "index.db")) as index:
        index.execute("UPDATE files SET seq = 99 WHERE id = ?", (gone,))
        index.commit()
    done = await outcome("backup", "--database", str(path), str(copy))
    assert done.stdout.endswith(b", and 2 files beside it\n"), done
    folder = tmp_path / "copy.db.files"
    assert (folder.stat().st_mode & 0o777) == 0o700
    assert sorted(one.read_bytes() for one in folder.glob("??/*")) == [b"kept", b"unused"]
    again = await outcome("backup", "--force", "--database", str(path), str(copy))
    assert again.returncode == 0
    later = await sent(path, b"later")
    done = await outcome("restore", "--database", str(path), str(copy))
    assert done.returncode == 0, done.stderr
    assert await contents(path, kept, gone, *later) == [b"kept", b"", b""]
    [aside] = [one for one in kept_in(tmp_path) if one.name.startswith("chat.db.files.before-")]
    assert b"later" in [one.read_bytes() for one in aside.glob("??/*")]


async def test_files_on_another_disk_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is not there any more is left out; what cannot be written is told."""
    await sent(tmp_path / "chat.db", b"one", b"two")
    source, target = tmp_path / "chat.db.files", tmp_path / "copy.files"

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert file_folders.copy_files(tmp_path / "chat.db", source, target) == 3
    assert file_folders.totals(target) == (3, 12)
    monkeypatch.undo()
    shutil.rmtree(target)
    for one in source.glob("??/*"):
        if one.read_bytes() == b"one":
            one.unlink()
    assert file_folders.copy_files(tmp_path / "chat.db", source, target) == 2
    monkeypatch.setattr(shutil, "copyfile", refuse)
    monkeypatch.setattr(os, "link", refuse)
    shutil.rmtree(target)
    with pytest.raises(Failed, match="cannot copy the files"):
        file_folders.copy_files(tmp_path / "chat.db", source, target)


@pytest.mark.parametrize("patience", [60, -1])
async def test_the_index_is_copied_in_steps_or_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: int
) -> None:
    """A server that writes without end lets no steps come to theirs."""
    monkeypatch.setattr(file_folders, "STEP", 1)
    monkeypatch.setattr(file_folders, "PATIENCE", patience)
    await sent(tmp_path / "chat.db", b"one")
    target = tmp_path / "copy.files"
    assert file_folders.copy_files(tmp_path / "chat.db", tmp_path / "chat.db.files", target) == 2
    assert file_folders.totals(target) == (2, 9)


async def test_a_database_without_files_is_backed_up_as_ever(tmp_path: Path) -> None:
    """Nothing is made beside the copy, and nothing put back; there is nothing to count or check."""
    path, copy = tmp_path / "chat.db", tmp_path / "copy.db"
    async with running(database=str(path)) as server:
        await session(server, "Ann")
    assert (await outcome("backup", "--database", str(path), str(copy))).returncode == 0
    assert (await outcome("restore", "--database", str(path), str(copy))).returncode == 0
    assert (await outcome("check", "--database", str(path))).returncode == 0
    stats = await outcome("stats", "--json", "--database", str(path))
    assert '"name": "files that people sent", "count": 0, "bytes": 0' in stats.stdout.decode()
    assert not [one for one in kept_in(tmp_path) if ".files" in one.name]


async def test_an_export_brings_the_files_along(tmp_path: Path) -> None:
    """To a folder that a server has for itself; one that is there already is not taken again."""
    here, there, folder = tmp_path / "here.db", tmp_path / "there.db", tmp_path / "own"
    *ids, gone = await sent(here, b"one", b"two", b"three", b"four", files=folder)
    with closing(sqlite3.connect(folder / "index.db")) as index:
        index.execute("DELETE FROM files WHERE id = ?", (gone,))
        index.commit()
    lines, out = tmp_path / "out.jsonl", tmp_path / "out"
    export = ("export", "--database", str(here), "--files", str(folder), "-o", str(lines))
    done = await outcome(*export, "--with-files", str(out))
    assert done.stderr.endswith(b", and 3 files; 1 are not there any more\n"), done
    assert {one.name for one in out.iterdir()} == set(ids)
    files = [
        line["files"] for line in map(json.loads, lines.read_text().splitlines()) if "files" in line
    ]
    assert [file[0]["alt"] for file in files] == ["a"] * 4
    (out / ids[1]).unlink()
    taken = ("import", "--database", str(there), str(lines), "--with-files", str(out))
    missing = f"; 2 are not in {out}\n".encode()
    for count in (2, 0):
        done = await outcome(*taken)
        assert (done.returncode, done.stderr) == (0, b"imported %d files%b" % (count, missing))
    lose(there)  # as if it had ended before it had kept the messages
    done = await outcome(*taken)
    assert done.returncode == 0, done.stderr
    assert await contents(there, *ids) == [b"one", b"", b"three"]
    bare = await outcome("import", "--database", str(tmp_path / "bare.db"), str(lines))
    assert bare.returncode == 0
    assert not (tmp_path / "bare.db.files").exists()


async def exported(path: Path, out: Path) -> Path:
    """Export a database with its files; return where the lines are."""
    lines = out.with_suffix(".jsonl")
    export = ("export", "--database", str(path), "-o", str(lines), "--with-files", str(out))
    done = await outcome(*export)
    assert done.returncode == 0, done.stderr
    return lines


async def test_a_wrong_folder_is_refused(tmp_path: Path) -> None:
    """One that is not there, or has none of the files: nothing is imported, and a line says why.

    Without any file in its messages an export has an empty folder, which is none of these.
    """
    await sent(tmp_path / "chat.db", b"one")
    lines = await exported(tmp_path / "chat.db", tmp_path / "out")
    empty, new = tmp_path / "empty", tmp_path / "new.db"
    empty.mkdir()
    taken = ("import", "--database", str(new), str(lines), "--with-files")
    refused = await outcome(*taken, str(tmp_path / "nowhere"))
    assert (refused.returncode, new.exists()) == (2, False)
    assert refused.stderr == b"trio-chat: there is no folder %b/nowhere\n" % bytes(tmp_path)
    for more in (["--dry-run"], []):
        refused = await outcome(*taken, str(empty), *more)
        assert (refused.returncode, refused.stdout) == (2, b"")
        assert refused.stderr.endswith(b"empty has none of the files that messages have\n")
    rooms = await outcome("rooms", "--json", "--database", str(new))
    assert (rooms.returncode, rooms.stdout) == (0, b"")
    async with (
        running(database=str(tmp_path / "bare.db")) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        await ann.send("tea", "hello")
    lines = await exported(tmp_path / "bare.db", tmp_path / "bare")
    done = await outcome("import", "--database", str(new), str(lines), "--with-files", str(empty))
    assert (done.returncode, done.stderr) == (0, b"imported 0 files\n")


async def test_files_are_imported_later_than_their_messages(tmp_path: Path) -> None:
    """By the same command with their folder; and once more if their contents were lost.

    Not those of messages that were deleted here, or that are of a room that is refused.
    """
    here, there, out = tmp_path / "here.db", tmp_path / "there.db", tmp_path / "out"
    ids = await sent(here, b"one", b"two")
    lines = await exported(here, out)
    taken = ("import", "--database", str(there), str(lines))
    assert (await outcome(*taken)).returncode == 0
    for _ in range(2):
        done = await outcome(*taken, "--with-files", str(out))
        assert (done.returncode, done.stderr) == (0, b"imported 2 files\n")
        assert await contents(there, *ids) == [b"one", b"two"]
        for one in (tmp_path / "there.db.files").glob("??/*"):
            one.unlink()
    shutil.rmtree(tmp_path / "there.db.files")
    pruned = ("prune", "--database", str(there), "--keep-days", "0", "--keep-messages", "1")
    assert (await outcome(*pruned)).returncode == 0
    done = await outcome(*taken, "--with-files", str(out))
    assert (done.returncode, done.stderr) == (0, b"imported 1 file\n")
    assert await contents(there, *ids) == [b"", b"two"]
    shutil.rmtree(tmp_path / "there.db.files")
    lines.write_text(lines.read_text().replace('"text":"see"', '"text":"sea"'))
    refused = await outcome(*taken, "--with-files", str(out))
    assert (refused.returncode, b"imported 0 files\n" in refused.stderr) == (1, True)


@pytest.mark.parametrize("way", ["export", "import"])
async def test_files_of_postgresql_need_their_folder(tmp_path: Path, way: str) -> None:
    """The option was taken, and nothing came of it."""
    (tmp_path / "out").mkdir()
    file = ("-o", "x") if way == "export" else (os.devnull,)
    command = (way, "--database", "postgresql://x@localhost:1/x", *file)
    refused = await outcome(*command, "--with-files", str(tmp_path / "out"))
    assert refused.returncode == 2
    assert b"--with-files needs --files" in refused.stderr


@pytest.mark.parametrize(
    ("field", "value"), [("type", "text/html"), ("size", -1), ("id", "../../x")]
)
async def test_a_file_that_cannot_be_is_refused(tmp_path: Path, field: str, value: object) -> None:
    """As no server would have kept it."""
    await sent(tmp_path / "chat.db", b"one")
    lines = tmp_path / "out.jsonl"
    assert (
        await outcome("export", "--database", str(tmp_path / "chat.db"), "-o", str(lines))
    ).returncode == 0
    told = [json.loads(line) for line in lines.read_text().splitlines()]
    next(line for line in told if "files" in line)["files"][0][field] = value
    lines.write_text("\n".join(map(json.dumps, told)) + "\n")
    refused = await outcome("import", "--database", str(tmp_path / "new.db"), str(lines))
    assert refused.returncode == 1
    assert b"of a file" in refused.stderr


async def test_folders_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """In a line, by export and import."""
    path, lines, out = tmp_path / "chat.db", tmp_path / "out.jsonl", tmp_path / "out"
    [id] = await sent(path, b"one")
    export = ("export", "--database", str(path), "-o", str(lines), "--force", "--with-files")
    refused = await outcome(*export, str(tmp_path / "no" / "where"))
    assert (refused.returncode, b"cannot write" in refused.stderr) == (1, True)
    out.mkdir()
    (out / id).mkdir()
    assert (await outcome(*export, str(out))).returncode == 0  # it is there
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / id).symlink_to(tmp_path / "no" / "where")
    refused = await outcome(*export, str(linked))
    assert (refused.returncode, b"cannot write" in refused.stderr) == (1, True)
    taken = ("import", "--database", str(tmp_path / "new.db"), str(lines), "--with-files")
    refused = await outcome(*taken, str(out))
    assert (refused.returncode, b"cannot keep" in refused.stderr) == (1, True)


async def test_checks_and_figures_tell_of_files(tmp_path: Path) -> None:
    """How many there are and what they take; contents that are gone or damaged."""
    path = tmp_path / "chat.db"
    await sent(path, b"one", b"three")
    told = await outcome("stats", "--json", "--database", str(path))
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    [row] = [row for row in rows if row["name"] == "files that people sent"]
    assert (row["count"], row["bytes"]) == (3, 3 + 5 + 6)
    sound = await outcome("check", "--database", str(path))
    assert (sound.returncode, b"files\tok\n" in sound.stdout) == (0, True)
    damaged, gone = list((tmp_path / "chat.db.files").glob("??/*"))[:2]
    damaged.chmod(0o600)
    damaged.write_bytes(b"other")
    gone.unlink()
    wrong = await outcome("check", "--database", str(path))
    assert (wrong.returncode, b"files\t2 faults\n" in wrong.stdout) == (1, True)
    assert b"is damaged\n" in wrong.stdout
    assert b"is not there\n" in wrong.stdout


async def test_a_move_tells_where_the_files_are(tmp_path: Path, postgres_url: str) -> None:
    """They stay in their folder, which a server with another database has to be given."""
    here, back, other = (tmp_path / name for name in ("my chat.db", "back.db", "other.db"))
    [file] = await sent(here, b"one")
    folder, quoted = tmp_path / "my chat.db.files", shlex.quote(postgres_url)

    async def moved(source: str, target: str) -> str:
        done = await outcome("migrate", source, target)
        assert done.returncode == 0, done.stderr
        return done.stderr.decode().rpartition("start the server with ")[2]

    told = await moved(str(here), postgres_url)
    assert told == f"--database {quoted} --files '{folder}'\n"
    async with running(database=postgres_url, files=folder) as server:
        assert (await fetch(server, file)).body == b"one"
    told = await moved(postgres_url, str(back))
    assert told == f"--database {back}, and with the same --files if it had that\n"
    assert await contents(back, file, files=folder) == [b"one"]
    folder.rename(tmp_path / "other.db.files")
    assert await moved(str(back), str(other)) == f"--database {other}\n"
    assert await contents(other, file) == [b"one"]


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("a.db", "c.db.postgres", "--database c.db --files a.db.files (--workers N cannot serve"),
        ("b.db", "c.db.postgres", "--workers N --database c.db"),
        ("c.db.postgres", "a.db", "--database a.db"),
        ("c.db.postgres", "b.db", "--database b.db, and with the same --files if it had that"),
        ("postgresql://c:d@e/f?g=h&i=j", "a.db", "--database a.db"),
        ("b.db", "postgresql://c:d@e/f?g=h&i=j", "--database 'postgresql://c:***@e/f?g=h&i=j'"),
    ],
)
def test_how_a_server_is_started_after_a_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, target: str, told: str
) -> None:
    """With the files that people sent, as far as that can be told, and without a password."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "a.db.files"
    folder.mkdir()
    (folder / "index.db").touch()
    flags = migrate.flags(source, target)
    assert flags.startswith(told) if told.endswith("serve") else flags == told
