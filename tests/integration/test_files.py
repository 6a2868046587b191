"""Pictures and files: how they come, who may have them in which message, and what others get."""

import base64
import errno
import os
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
from PIL import Image

from tests.integration.asking import Answer, ask, bearer, session
from tests.integration.chatters import Chatter, chatting
from tests.integration.running import END_OF_HEAD, PATIENCE, Running, running, serving, status
from tests.integration.test_moderation import make_class, moderate
from tests.integration.uploads import FORM, FORM_TYPE, JPEG, fetch, post, upload
from tests.pictures import HIDDEN, bomb, growing, moving, picture, with_profile, with_scans
from trio_chat.core.held import GOOD_FOR
from trio_chat.files import resumables
from trio_chat.files.blobs import Blobs
from trio_chat.files.pictures import BadPicture, Pictures
from trio_chat.journal.sqlite.runs import boot_id
from trio_chat.journal.types import JournalError
from trio_chat.rates import NO_LIMIT, Rate
from trio_chat.web.api.uploads import PIECE
from trio_chat.web.transfers import AHEAD

FILES = "/rooms/tea/files"
LITTLE = 1e-9  # tokens a second: none within a test
LARGE = bytes(range(256)) * 4096  # a megabyte
KINDS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")


def contents_of(folder: Path) -> list[bytes]:
    """Return the contents that are kept."""
    return [one.read_bytes() for one in folder.glob("??/*")]


def parts_of(folder: Path) -> list[Path]:
    """Return what is there of uploads that are under way."""
    return list((folder / "chat.db.files" / "parts").iterdir())


async def test_a_file_comes_to_all_with_its_message(tmp_path: Path) -> None:
    """As it was uploaded; it is told by event, in history, and over HTTP."""
    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Bob", "tea") as bob,
    ):
        file = await upload(server, ann.session, LARGE, "my%20notes.txt")
        assert len(file.pop("id")) >= 22
        kind = "application/octet-stream"
        assert file == {"name": "my notes.txt", "type": kind, "size": len(LARGE)}
        file = await upload(server, ann.session, LARGE, "notes.txt")
        assert await ann.send("tea", "", files=[{"id": file["id"], "alt": " some \n notes"}]) == 1
        told = file | {"alt": "some notes"}
        heard = await bob.until("msg")
        assert (heard["text"], heard["files"]) == ("", [told])
        page = await bob.ask(t="history", room="tea")
        assert page["messages"][0]["files"] == [told]
        assert (await ask(server, "GET", "/rooms/tea/messages/1")).json["files"] == [told]
        got = await fetch(server, file["id"], "any.thing")
        assert (got.status, got.body) == (200, LARGE)


async def test_a_picture_loses_what_is_hidden_in_it(tmp_path: Path) -> None:
    """It is shown as it was meant, whatever it is called; all else is only to be saved."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        for kind in KINDS:
            still = await upload(server, ann, picture(kind) + HIDDEN, "cat.html")
            got = await fetch(server, still["id"])
            sides = (60, 40) if kind == "GIF" else (40, 60)
            assert (still["width"], still["height"]) == sides
            assert still["name"] == f"cat.html{'.jpg' if kind == 'JPEG' else '.' + kind.lower()}"
            assert still["size"] == len(got.body)
            assert HIDDEN[:8] not in got.body
            assert Image.open(BytesIO(got.body)).size == sides
            assert got.header("content-type") == still["type"] == f"image/{kind.lower()}"
            assert got.header("content-disposition").startswith("inline;")
        for kind in ("PNG", "GIF", "WEBP"):
            moving = await upload(server, ann, picture(kind, frames=3))
            got = await fetch(server, moving["id"])
            shown = Image.open(BytesIO(got.body))
            assert (getattr(shown, "n_frames", 1), shown.size) == (3, (60, 40))
            assert HIDDEN[:8] not in got.body
        profiled = await upload(server, ann, with_profile())
        assert (
            "icc_profile"
            not in Image.open(BytesIO((await fetch(server, profiled["id"])).body)).info
        )


async def test_hostile_pictures_are_refused(tmp_path: Path) -> None:
    """Bombs, damaged and cut ones; nothing stays of them, and the server goes on."""
    path = str(tmp_path / "chat.db")
    async with running(database=path) as server:
        ann = await session(server, "Ann")
        assert (await post(server, ann, with_scans(100))).status == 201
        for bad in (
            with_scans(101),
            bomb(60_000, 60_000),
            JPEG + b"noise",
            picture()[:-200],
            b"GIF89a",
        ):
            refused = await post(server, ann, bad)
            assert (refused.status, refused.code) == (422, "bad_picture")
        assert parts_of(tmp_path) == []
        svg = await upload(server, ann, b"<svg onload='alert(1)'/>", "x.svg")
        got = await fetch(server, svg["id"])
        assert got.header("content-type") == "application/octet-stream"
        assert got.header("content-disposition").startswith("attachment;")
        nothing = await upload(server, ann, b"", "nothing.txt")
        assert (nothing["size"], (await fetch(server, nothing["id"])).body) == (0, b"")


async def test_a_picture_grows_no_further_than_it_may(tmp_path: Path) -> None:
    """By what is written anew of few bytes nobody fills the space; the growth is paid for."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        refused = await post(server, ann, growing())
        assert (refused.status, refused.code) == (422, "bad_picture")
        assert "far more space" in refused.json["detail"]
        assert parts_of(tmp_path) == []
    sent = growing(frames=15)
    for setting, code in (("max_files", "storage_full"), ("file_byte_rate", "too_fast")):
        folder = tmp_path / setting
        folder.mkdir()
        path = str(folder / "chat.db")
        most: Any = len(sent) + 100 if setting == "max_files" else Rate(LITTLE, len(sent) + 100)
        async with running(database=path, **{setting: most}) as server:
            ann = await session(server, "Ann")
            assert (await post(server, ann, sent)).code == code
            assert parts_of(folder) == []
            figures = server.server.keeper.figures
            assert (figures.count, figures.size, figures.coming) == (0, 0, 0)
    async with running(database=str(tmp_path / "paid.db")) as server:
        assert (await upload(server, await session(server, "Ann"), sent))["size"] > len(sent) + 100


@pytest.mark.parametrize(
    "content",
    [moving(), moving(corners=True), moving(disposal=2), moving(corners=True, disposal=2)],
)
async def test_a_picture_that_moves_stays_small(tmp_path: Path, content: bytes) -> None:
    """Of each frame what changes is kept, unless something becomes transparent again."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        kept = await upload(server, await session(server, "Ann"), content)
        assert kept["size"] < 1.1 * len(content)
        got = await fetch(server, kept["id"])
    one, other = Image.open(BytesIO(content)), Image.open(BytesIO(got.body))
    assert getattr(one, "n_frames", 1) == getattr(other, "n_frames", 1) == 40
    for number in (0, 20, 39):
        one.seek(number)
        other.seek(number)
        assert one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()


async def test_a_profile_that_is_damaged_changes_nothing(tmp_path: Path) -> None:
    """The picture is shown without it."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        assert (await post(server, ann, with_profile(b"no profile"))).status == 201


async def test_without_pillow_pictures_are_files_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could see what is hidden in them, so they are not shown, and stay as they are."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    async with running(database=str(tmp_path / "chat.db")) as server:
        cat = picture()
        file = await upload(server, await session(server, "Ann"), cat, "cat.jpg")
        got = await fetch(server, file["id"])
        assert (got.header("content-type"), got.body) == ("application/octet-stream", cat)


async def test_where_no_worker_starts_pictures_have_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes too long is refused."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        with monkeypatch.context() as patched:
            patched.setattr("trio_chat.files.pictures.PATIENCE", 0)
            assert (await post(server, ann, picture())).code == "bad_picture"
        monkeypatch.setattr(sys, "executable", "/nowhere")
        waits = await post(server, ann, picture())
        assert (waits.status, waits.code) == (503, "unavailable")


async def test_a_form_brings_a_file(tmp_path: Path) -> None:
    """Its first one, as curl -F sends it; the message is posted over HTTP, and needs no text."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = bearer(await session(server, "Ann"))
        form = FORM % (b"../../etc/a\xe2\x80\xaegpj.html", b"<script>alert(1)</script>")
        path = "/rooms/tea/files"
        answer = await ask(server, "POST", path, form, authorization=ann, content_type=FORM_TYPE)
        assert answer.status == 201
        file = answer.json["file"]
        assert file["name"] == "agpj.html"
        assert file["type"] == "application/octet-stream"
        files = {"files": [{"id": file["id"]}]}
        answer = await ask(server, "POST", "/rooms/tea/messages", files, authorization=ann)
        assert answer.status == 201
        got = await fetch(server, file["id"])
        assert got.body == b"<script>alert(1)</script>"
        assert got.header("content-type") == "application/octet-stream"
        assert got.header("content-disposition").startswith("attachment;")
        assert got.header("x-content-type-options") == "nosniff"
        assert b": default-src 'none'; frame-ancestors 'none'; sandbox\r\n" in got.head
        names = [line.partition(b":")[0].lower() for line in got.head.splitlines()]
        assert max(Counter(names).values()) == 1
        for bad in (b"--y\r\n", b"--x--\r\n", form[:-30], b"--x\r\nA: b\r\n\r\nc\r\n--x--\r\n"):
            refused = await ask(
                server, "POST", path, bad, authorization=ann, content_type=FORM_TYPE
            )
            assert (refused.status, refused.code) == (400, "bad_request")


PART = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
TO_THE_LIMITS = (PART % (b"a", b"b") * 31, PART % (b"a" * 4000, b"b"), PART % (b"a", bytes(60_000)))
BEYOND_THEM = (
    PART % (b"a", b"b") * 32,
    PART % (b'"; b="' * 3_000, b"b"),
    PART % (b"a", bytes(70_000)),
    PART % (b"a", bytes(200_000)),
    bytes(20_000),
)


@pytest.mark.parametrize(
    ("before", "expected"),
    [*((one, 201) for one in TO_THE_LIMITS), *((one, 413) for one in BEYOND_THEM)],
    ids=["parts", "head", "bytes", "more parts", "longer head", "more bytes", "many", "preamble"],
)
async def test_a_form_has_little_before_its_file(
    before: bytes, expected: int, tmp_path: Path
) -> None:
    """All of that is searched in the event loop; what follows may be long."""
    form = (
        before + PART.replace(b'"\r\n', b'"; filename="x.txt"\r\n') % (b"f", LARGE) + b"--x--\r\n"
    )
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = bearer(await session(server, "Ann"))
        answer = await ask(server, "POST", FILES, form, authorization=ann, content_type=FORM_TYPE)
        assert answer.status == expected
        if expected == 201:
            assert (await fetch(server, answer.json["file"]["id"])).body == LARGE
        else:
            assert answer.code == "too_long"


async def test_a_welcome_page_may_fetch_a_file(tmp_path: Path) -> None:
    """It may read that there is none, too; whatever is kept of an answer is for one origin."""
    good, evil = "https://good.example", "https://evil.example"
    async with running(database=str(tmp_path / "chat.db"), allow_origin=(good,)) as server:
        file = await upload(server, await session(server, "Ann"), b"tea", "tea.txt")
        for id, expected in ((file["id"], 200), ("none", 404)):
            for origin, told in ((good, good), (evil, ""), ("", "")):
                headers = {"origin": origin, "sec_fetch_site": "cross-site"} if told else {}
                got = await fetch(server, id, **(headers or {"origin": origin}))
                assert got.status == expected
                assert got.header("access-control-allow-origin") == told
                assert got.header("vary") == "Origin"
                assert got.header("cross-origin-resource-policy") == "same-origin"
            refused = await fetch(server, id, origin=evil, sec_fetch_site="cross-site")
            assert refused.status == 403


NAMES_NOT_IN_UTF_8 = (
    {"content_disposition": "attachment; filename*=UTF-8''%FF.txt"},
    {"content_disposition": "attachment; filename*0*=UTF-8''a; filename*1*=%FF.txt"},
    {"content_disposition": "attachment; filename*=us-ascii''%E4.txt"},
    {"content_disposition": 'attachment; filename="\xe4.txt"'},
    {"tus_resumable": "1.0.0", "upload_length": "1", "upload_metadata": "filename /y50eHQ="},
)


@pytest.mark.parametrize("headers", NAMES_NOT_IN_UTF_8)
async def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    """It is never kept garbled, in whatever header it comes."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        bob = await session(server, "Bob")
        refused = await ask_in_bytes(server, bob, b"", headers)
        assert (refused.status, refused.code) == (400, "bad_request")


async def test_a_name_in_a_header_is_kept_as_it_was_meant(tmp_path: Path) -> None:
    """In the encoding that it names; U+FFFD, too, if it was given."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        bob = await session(server, "Bob")
        for given, kept in (
            ("filename*=UTF-8''%E2%82%AC%20rates.txt", "€ rates.txt"),
            ("filename*=iso-8859-1''%E4.txt", "ä.txt"),
            ("filename*=UTF-8''%EF%BF%BD.txt", "\ufffd.txt"),
            ('filename="a.txt"', "a.txt"),
        ):
            headers = {"content_disposition": f"attachment; {given}"}
            answer = await ask_in_bytes(server, bob, b"x", headers)
            assert (answer.status, answer.json["file"]["name"]) == (201, kept)


@pytest.mark.parametrize(
    "name", [b'filename="\xff.txt"', b"filename*=UTF-8''%FF.txt", b"filename*=utf-8''%e4.txt"]
)
async def test_a_form_with_a_name_that_is_not_utf_8_is_refused(tmp_path: Path, name: bytes) -> None:
    """As it is in a header of the request."""
    form = b'--x\r\nContent-Disposition: form-data; name="file"; %b\r\n\r\nx\r\n--x--\r\n' % name
    async with running(database=str(tmp_path / "chat.db")) as server:
        bob = await session(server, "Bob")
        refused = await ask_in_bytes(server, bob, form, {"content_type": FORM_TYPE})
        assert (refused.status, refused.code) == (400, "bad_request")


async def ask_in_bytes(server: Running, who: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Upload a file by a request whose headers have a byte for each character."""
    named = {"authorization": bearer(who), "content_length": str(len(body))} | headers
    lines = [f"POST /api/v1{FILES} HTTP/1.1", "host: localhost"]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in named.items()]
    wire = await server.exchange("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    head, _, rest = wire.partition(END_OF_HEAD)
    return Answer(status(wire), head + END_OF_HEAD, rest)


async def test_a_part_of_a_file_can_be_fetched(tmp_path: Path) -> None:
    """One range; who has the file already, or wants the head alone, gets no more."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        id = (await upload(server, ann, b"0123456789"))["id"]
        assert (await fetch(server, id, method="HEAD")).header("content-length") == "10"
        part = await fetch(server, id, range="bytes=2-4")
        assert (part.status, part.body) == (206, b"234")
        assert part.header("content-range") == "bytes 2-4/10"
        assert (await fetch(server, id, range="bytes=-3")).body == b"789"
        assert (await fetch(server, id, range="bytes=0-1,3-4")).status == 200
        beyond = await fetch(server, id, range="bytes=10-")
        assert (beyond.status, beyond.header("content-range")) == (416, "bytes */10")
        tag = part.header("etag")
        assert (await fetch(server, id, if_none_match=tag)).status == 304
        assert (await fetch(server, id, range="bytes=2-4", if_range='"x"')).status == 200
        assert (await fetch(server, id, range="bytes=2-4", if_range=tag)).status == 206
        assert (await fetch(server, "nothing")).status == 404


async def test_odd_ranges_are_answered_as_http_has_it(tmp_path: Path) -> None:
    """More last bytes than there are are all; of none, or of an empty file, there is no part."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        id = (await upload(server, ann, b"hello world"))["id"]
        whole = await fetch(server, id, range="bytes=-20")
        assert (whole.status, whole.body) == (206, b"hello world")
        assert whole.header("content-range") == "bytes 0-10/11"
        none = await fetch(server, id, range="bytes=-0")
        assert (none.status, none.body) == (416, b"")
        assert none.header("content-range") == "bytes */11"
        head = await fetch(server, id, method="HEAD", range="bytes=2-4")
        assert (head.status, head.header("content-length")) == (200, "11")
        weak = f'W/"{id}"'
        for condition in (weak, "Mon, 30 Nov 2026 08:51:01 GMT"):
            assert (await fetch(server, id, range="bytes=2-4", if_range=condition)).status == 200
        empty = (await upload(server, ann, b""))["id"]
        last = await fetch(server, empty, range="bytes=-5")
        assert (last.status, last.header("content-length")) == (200, "0")
        beyond = await fetch(server, empty, range="bytes=0-")
        assert (beyond.status, beyond.header("content-range")) == (416, "bytes */0")


async def test_a_file_is_its_sender_s_for_one_message(tmp_path: Path) -> None:
    """Of the room that it was uploaded for; a resend gets the first result all the same."""
    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann", "tea", "milk") as ann,
        chatting(server, "Bob", "tea") as bob,
    ):
        files = [{"id": (await upload(server, ann.session, b"x"))["id"]}]
        send = {"t": "send", "room": "tea", "text": "x", "files": files}
        assert (await bob.ask(**send))["code"] == "no_such_file"
        assert (await ann.ask(**send | {"room": "milk"}))["code"] == "no_such_file"
        assert (await ann.ask(**send | {"cid": "12345678"}))["seq"] == 1
        again = await ann.ask(**send | {"cid": "12345678"})
        assert (again["seq"], again["dup"]) == (1, True)
        other = [files[0] | {"alt": "other"}]
        assert (await ann.ask(**send | {"cid": "12345678", "files": other}))["code"] == "key_reused"
        assert (await ann.ask(**send))["code"] == "no_such_file"
        assert (await ann.ask(**send | {"files": [*files, *files]}))["code"] == "bad_request"
        assert (await ann.ask(**send | {"files": files * 11}))["code"] == "too_long"
        alt = [files[0] | {"alt": "a\0b"}]
        assert (await ann.ask(**send | {"files": alt}))["code"] == "bad_request"
        files = [{"id": (await upload(server, ann.session, b"x"))["id"]}]
        await ann.say(send | {"id": 1, "files": files}, send | {"id": 2, "files": files})
        told = [(await ann.until("ok", "error")), (await ann.until("ok", "error"))]
        assert [one["t"] for one in sorted(told, key=lambda one: one["id"])] == ["ok", "error"]
        assert {one.get("code") for one in told} == {None, "file_used"}


async def test_a_file_goes_with_its_message(tmp_path: Path) -> None:
    """When that is deleted, for good; when it is cleared, until that is taken back.

    So it does for browsers that have it, and ask whether it is still the same.
    """
    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
    ):
        await make_class(ann)
        ids = []
        for _ in range(2):
            file = await upload(server, bob.session, b"x", room="class")
            seq = await bob.send("class", "see", files=[{"id": file["id"]}])
            ids.append(file["id"])
        assert (await bob.ask(t="delete", room="class", seq=seq))["t"] == "ok"
        kept, *_ = answers = [await fetch(server, id) for id in ids]
        assert [one.status for one in answers] == [200, 404]
        tag = kept.header("etag")
        assert kept.header("cache-control") == "private, no-cache"
        assert (await fetch(server, ids[0], if_none_match=tag)).status == 304
        assert (await moderate(ann, "clear", bob))["t"] == "ok"
        assert (await fetch(server, ids[0], if_none_match=tag)).status == 404
        page = await ann.ask(t="history", room="class")
        assert all("files" not in one for one in page["messages"])
        async with chatting(server, "Cem", {"room": "class", "last": 0}) as cem:
            told = await cem.all_until("clear")
            assert all("files" not in one for one in told)
        acts = (await ann.ask(t="audit", room="class"))["acts"]
        act = next(one["seq"] for one in acts if one["act"]["t"] == "cleared")
        assert (await ann.ask(t="undo", room="class", act=act))["t"] == "ok"
        assert (await fetch(server, ids[0])).status == 200


async def test_who_may_not_write_uploads_nothing(tmp_path: Path) -> None:
    """Nor who has no session; where no files are kept, nobody does."""
    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
    ):
        await make_class(ann)
        assert (await ask(server, "POST", "/rooms/tea/files", b"x")).code == "unauthorized"
        assert (await post(server, "unknown", b"x")).status == 401
        assert (await post(server, bob.session, b"x", room="no,room")).code == "bad_room"
        assert (await ann.ask(t="rules", room="class", closed=True))["t"] == "ok"
        assert (await post(server, bob.session, b"x", room="class")).code == "closed"
        assert not (tmp_path / "chat.db.files").exists()
    async with running() as server:
        nobody = await post(server, await session(server, "Ann"), b"x")
        assert (nobody.status, nobody.code) == (403, "unsupported")
        assert (await fetch(server, "nothing")).status == 404
        assert (await ask(server, "GET", "/limits")).json["limits"]["file"] == 0


async def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    """Whether its length is told or not; nothing of it stays, and others are taken."""
    async with running(database=str(tmp_path / "chat.db"), file_limit=100, max_files=250) as server:
        ann = await session(server, "Ann")
        large = await post(server, ann, bytes(101))
        assert (large.status, large.code) == (413, "too_long")
        assert "100 bytes" in large.json["detail"]
        wire = (
            "POST /api/v1/rooms/tea/files HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {bearer(ann)}\r\nTransfer-Encoding: chunked\r\n\r\n"
        ).encode()
        chunk = b"40\r\n" + bytes(64) + b"\r\n"
        assert status(await server.exchange(wire + chunk + chunk + b"0\r\n\r\n")) == 413
        assert status(await server.exchange(wire + chunk + b"0\r\n\r\n")) == 201
        assert status(await server.exchange(wire + chunk + b"0\r\n\r\n")) == 201  # the same
        assert (await post(server, ann, b"x" * 100)).status == 201
        full = await post(server, ann, b"y" * 100)
        assert (full.status, full.code) == (507, "storage_full")
        assert (await post(server, ann, b"z" * 86)).status == 201
        assert (await post(server, ann, b"z")).status == 507
        assert parts_of(tmp_path) == []
        assert server.server.keeper.figures.coming == 0


async def test_who_uploads_too_much_has_to_wait(tmp_path: Path) -> None:
    """By bytes and by files, which are counted: upload_rate and file_byte_rate."""
    path = str(tmp_path / "chat.db")
    async with running(database=path, file_byte_rate=Rate(LITTLE, 10)) as server:
        ann, bob = await session(server, "Ann"), await session(server, "Bob")
        assert (await post(server, ann, bytes(10))).status == 201
        refused = await post(server, ann, bytes(1))
        assert (refused.status, refused.code) == (429, "too_fast")
        assert int(refused.header("retry-after")) > 0
        assert (await post(server, bob, bytes(10))).status == 201
        reached = server.server._limits.counters.reached
        assert reached["file_byte_rate", "http"] == 1
    async with running(database=path, upload_rate=Rate(LITTLE, 1)) as server:
        ann = await session(server, "Cem")
        assert (await post(server, ann, bytes(10))).status == 201
        assert (await post(server, ann, bytes(10))).code == "too_fast"
        assert server.server._limits.counters.reached["upload_rate", "http"] == 1


async def test_what_an_address_uploads_is_read_as_fast_as_it_may(tmp_path: Path) -> None:
    """It does not count for ``address_byte_rate``, but for ``address_file_rate``."""
    path = str(tmp_path / "chat.db")
    rates: dict[str, Any] = {
        "address_file_rate": Rate(1e9, 1),
        "address_byte_rate": Rate(1e-3, 65536),
    }
    async with serving(database=path, loopback_limits="on", **rates) as server:
        ann = await session(server, "Ann")
        assert (await post(server, ann, bytes(10 * AHEAD))).status == 201
        assert server.server._limits.counters.reached["address_file_rate", "http"] > 0


async def test_a_file_comes_in_pieces(tmp_path: Path) -> None:
    """As tus 1.0 has it: one that is cut off goes on where it was, and the last has the file."""
    async with running(database=str(tmp_path / "chat.db"), file_limit=10) as server:
        ann = await session(server, "Ann")
        tus = {"authorization": bearer(ann), "tus_resumable": "1.0.0"}
        metadata = f"x,filename {base64.b64encode('nötes.txt'.encode()).decode()}"
        begun = await ask(
            server, "POST", FILES, upload_length="10", upload_metadata=metadata, **tus
        )
        assert (begun.status, begun.header("upload-offset")) == (201, "0")
        path = begun.header("location").removeprefix("/api/v1")
        piece = tus | {"content_type": PIECE}
        first = await ask(server, "PATCH", path, "01234", upload_offset="0", **piece)
        assert (first.status, first.header("upload-offset")) == (204, "5")
        for offset, status in (("4", 409), ("x", 400)):
            wrong = await ask(server, "PATCH", path, "9", upload_offset=offset, **piece)
            assert wrong.status == status
        head = f"PATCH /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nUpload-Offset: 5\r\n"
        head += f"Tus-Resumable: 1.0.0\r\nContent-Type: {PIECE}\r\nContent-Length: 5\r\n\r\n56"
        async with await server.connect() as stream:
            await stream.send_all(head.encode())
            with trio.fail_after(PATIENCE):
                while (await ask(server, "HEAD", path, **tus)).header("upload-offset") != "7":
                    await trio.sleep(0.01)
            busy = await ask(server, "PATCH", path, "789", upload_offset="7", **piece)
            assert (busy.status, busy.code) == (423, "busy")
        with trio.fail_after(PATIENCE):
            while (
                last := await ask(server, "PATCH", path, "789", upload_offset="7", **piece)
            ).status == 423:
                await trio.sleep(0.01)
        assert last.status == 200
        assert (last.json["file"]["name"], last.json["file"]["size"]) == ("nötes.txt", 10)
        told = await ask(server, "HEAD", path, **tus)
        assert (told.header("upload-offset"), told.header("upload-length")) == ("10", "10")
        again = await ask(server, "PATCH", path, upload_offset="10", **piece)
        assert again.json == last.json
        assert (await fetch(server, last.json["file"]["id"])).body == b"0123456789"


async def test_an_upload_in_pieces_can_be_given_up(tmp_path: Path) -> None:
    """By whoever began it, and by the server when nothing comes; there are so many of a person."""
    async with running(database=str(tmp_path / "chat.db"), file_limit=10) as server:
        ann = await session(server, "Ann")
        tus = {"authorization": bearer(ann), "tus_resumable": "1.0.0"}
        piece = tus | {"content_type": PIECE, "upload_offset": "0"}
        assert (await ask(server, "POST", FILES, upload_length="11", **tus)).status == 413
        assert (await ask(server, "POST", FILES, **tus)).status == 400
        begun = await ask(server, "POST", FILES, upload_length="4", **tus)
        path = begun.header("location").removeprefix("/api/v1")
        assert (await ask(server, "DELETE", path)).code == "bad_request"  # of which version?
        assert (await ask(server, "DELETE", path, **tus)).status == 204
        old = await ask(server, "POST", FILES, authorization=bearer(ann), tus_resumable="0.2")
        assert (old.status, old.header("tus-version")) == (412, "1.0.0")
        paths = []
        for _ in range(resumables.EACH):
            begun = await ask(
                server, "POST", FILES, upload_length="4", upload_metadata="filename !", **tus
            )
            assert begun.status == 201
            paths.append(begun.header("location").removeprefix("/api/v1"))
        assert (await ask(server, "POST", FILES, upload_length="4", **tus)).code == "too_many_files"
        assert (await ask(server, "PATCH", paths[0], "01234", **piece)).code == "too_long"
        assert (await ask(server, "PATCH", paths[0], "0", **tus)).status == 415
        assert (await ask(server, "PATCH", paths[0], "01", **piece)).status == 204
        assert (await ask(server, "DELETE", paths[0], **tus)).status == 204
        assert (await ask(server, "DELETE", paths[0], **tus)).status == 404
        other = paths[1].replace("tea", "milk")
        assert (await ask(server, "HEAD", other, **tus)).status == 404
        for one in server.server.keeper.resumables._uploads.values():
            one.until = 0
        await server.server.keeper.resumables.drop_old()
        assert (await ask(server, "HEAD", paths[1], **tus)).status == 404
        assert server.server.keeper.figures.coming == 0
        begun = await ask(server, "POST", FILES, upload_length="0", **tus)
        path = begun.header("location").removeprefix("/api/v1")
        assert (await ask(server, "PATCH", path, **piece)).status == 200
        await server.server.keeper.resumables.drop_old()
        assert (await ask(server, "DELETE", path, **tus)).status == 204


async def test_an_upload_in_pieces_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Where it was; one that was complete tells its file, and what cannot go on is removed."""
    path = str(tmp_path / "chat.db")
    tus = {"tus_resumable": "1.0.0"}
    piece = tus | {"content_type": PIECE}

    async def begin(server: Running, ann: str) -> str:
        begun = await ask(
            server, "POST", FILES, upload_length="10", authorization=bearer(ann), **tus
        )
        return begun.header("location").removeprefix("/api/v1")

    async with running(database=path, file_limit=10) as server:
        ann = await session(server, "Ann")
        whole, *halves = [await begin(server, ann) for _ in range(6)]
        for one in (whole, *halves):
            body = "0123456789" if one == whole else "01234"
            await ask(server, "PATCH", one, body, upload_offset="0", **piece)
        notes = [tmp_path / f"chat.db.files/parts/{one[-32:]}.note" for one in halves]
        file = (await ask(server, "PATCH", whole, upload_offset="10", **piece)).json["file"]
    half, damaged, other_boot, late, lost = notes
    damaged.write_bytes(b"{")
    other_boot.write_bytes(half.read_bytes().replace(boot_id().encode(), b"another"))
    os.utime(late.with_suffix(""), (0, 0))
    lost.write_bytes(half.read_bytes().replace(b'"file_id":""', b'"file_id":"none"'))
    for _ in range(2):  # as often as it is started anew
        async with running(database=path, file_limit=10) as server:
            told = await ask(server, "HEAD", halves[0], **tus)
            assert (told.header("upload-offset"), told.header("upload-length")) == ("5", "10")
            assert server.server.keeper.figures.coming == 5
    async with running(database=path, file_limit=10) as server:
        gone = [(await ask(server, "HEAD", one, **tus)).status for one in halves[1:]]
        assert gone == [404] * 4
        again = await ask(server, "PATCH", whole, upload_offset="10", **piece)
        assert again.json["file"] == file
        rest = await ask(server, "PATCH", halves[0], "56789", upload_offset="5", **piece)
        assert (await fetch(server, rest.json["file"]["id"])).body == b"0123456789"
        assert (await fetch(server, file["id"])).body == b"0123456789"
        assert len(contents_of(tmp_path / "chat.db.files")) == 1
        assert {one.suffix for one in parts_of(tmp_path)} == {".note"}
        assert await ask(server, "DELETE", whole, **tus)
        assert len(parts_of(tmp_path)) == 1


async def test_a_picture_goes_on_after_a_restart(tmp_path: Path) -> None:
    """What came before tells what it is, even if nothing was left to come but the end."""
    path, cat = str(tmp_path / "chat.db"), picture()
    tus = {"tus_resumable": "1.0.0"}
    piece = tus | {"content_type": PIECE}
    async with running(database=path) as server:
        ann = bearer(await session(server, "Ann"))
        size = str(len(cat))
        begun = await ask(server, "POST", FILES, upload_length=size, authorization=ann, **tus)
        where = begun.header("location").removeprefix("/api/v1")
        part = tmp_path / "chat.db.files" / "parts" / where.rpartition("/")[2]
    part.write_bytes(cat)  # as if the server had been killed then
    async with running(database=path) as server:
        last = await ask(server, "PATCH", where, upload_offset=size, **piece)
        assert last.json["file"]["type"] == "image/jpeg"


async def test_what_was_uploaded_counts_after_a_restart(tmp_path: Path) -> None:
    """Also what has come of a file; what is gone counts no more, nor does what others have sent."""
    settings: dict[str, Any] = {"database": str(tmp_path / "chat.db")}
    settings["file_byte_rate"] = Rate(LITTLE, 10)
    async with running(**settings) as server:
        ann, bob = await session(server, "Ann"), await session(server, "Bob")
        assert (await post(server, ann, bytes(6))).status == 201
        begun = await ask(
            *(server, "POST", FILES),
            authorization=bearer(ann),
            upload_length="5",
            tus_resumable="1.0.0",
        )
        piece = {"content_type": PIECE, "tus_resumable": "1.0.0", "upload_offset": "0"}
        where = begun.header("location").removeprefix("/api/v1")
        assert (await ask(server, "PATCH", where, bytes(3), **piece)).status == 204
    async with running(**settings) as server:
        assert (await post(server, ann, bytes(2))).code == "too_fast"
        assert (await post(server, ann, bytes(1))).status == 201
        assert (await post(server, ann, bytes(1))).code == "too_fast"
        assert (await post(server, bob, bytes(10))).status == 201
    settings["file_byte_rate"] = NO_LIMIT
    async with running(**settings) as server:
        assert (await post(server, ann, bytes(20))).status == 201


async def test_a_file_can_be_had_once_more(tmp_path: Path) -> None:
    """By whoever may read it, for a message elsewhere, and the content is there once."""
    path = str(tmp_path / "chat.db")
    async with (
        running(database=path, file_byte_rate=Rate(LITTLE, 10)) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Bob", "tea", "milk") as bob,
    ):
        sent = await upload(server, ann.session, b"12345", "a.txt")
        assert await ann.send("tea", "", files=[{"id": sent["id"]}]) == 1

        async def copy(id: str, room: str = "milk") -> Answer:
            again = bearer(bob.session)
            return await ask(server, "POST", f"/rooms/{room}/files?copy={id}", authorization=again)

        copied = (await copy(sent["id"])).json["file"]
        assert copied == sent | {"id": copied["id"]}
        assert await bob.send("milk", "", files=[{"id": copied["id"]}]) == 1
        assert (await copy("none")).status == 404
        assert (
            await ask(server, "DELETE", "/rooms/tea/messages/1", authorization=bearer(ann.session))
        ).status == 200
        assert (await copy(sent["id"])).status == 404
        assert (await fetch(server, copied["id"])).body == b"12345"
        assert contents_of(tmp_path / "chat.db.files") == [b"12345"]
        server.server.keeper.figures.coming += 2_000_000_000
        assert (await copy(copied["id"])).status == 507
        server.server.keeper.figures.coming = 0
        assert (await copy(copied["id"])).status == 201
        assert (await copy(copied["id"])).code == "too_fast"


async def test_files_that_no_message_has_are_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a time; those of messages that are deleted for good, too, with their contents."""
    path = str(tmp_path / "chat.db")
    monkeypatch.setattr("trio_chat.files.sweeper.SWEEP_INTERVAL", 0.01)
    async with running(database=path) as server, chatting(server, "Ann", "tea") as ann:
        keeper = server.server.keeper
        kept, gone, unused = [await upload(server, ann.session, one) for one in (b"a", b"b", b"c")]
        await ann.send("tea", "", files=[{"id": kept["id"]}])
        seq = await ann.send("tea", "", files=[{"id": gone["id"]}])
        await ann.ask(t="delete", room="tea", seq=seq)
        for one in server.server._hub.uploads._uploads.values():
            one.until = 0
        with trio.fail_after(PATIENCE):
            while keeper.figures.count > 1:
                await trio.sleep(0.01)
        assert contents_of(tmp_path / "chat.db.files") == [b"a"]
        found = [(await fetch(server, one["id"])).status for one in (kept, gone, unused)]
        assert found == [200, 404, 404]
        late = await ann.ask(t="send", room="tea", text="", files=[{"id": unused["id"]}])
        assert late["code"] == "no_such_file"


async def test_a_file_of_a_message_outlives_the_end_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the index had not heard of the message yet: the journal is asked before it goes."""
    path = str(tmp_path / "chat.db")
    async with running(database=path) as server, chatting(server, "Ann", "tea") as ann:
        server.server._hub.uploads.tell = lambda _: None
        await ann.send("tea", "before")
        sent, unused = [await upload(server, ann.session, one) for one in (b"x", b"y")]
        for number in range(120):
            await ann.send("tea", f"between {number}")
        await ann.send("tea", "", files=[{"id": sent["id"]}])
    monkeypatch.setattr("trio_chat.files.sweeper.SWEEP_INTERVAL", 0.01)
    monkeypatch.setattr("trio_chat.files.keeper.wall_clock", lambda: 2**60)
    async with running(database=path) as server:
        with trio.fail_after(PATIENCE):
            while server.server.keeper.figures.count > 1:
                await trio.sleep(0.01)
        assert (await fetch(server, sent["id"])).body == b"x"
        assert (await fetch(server, unused["id"])).status == 404


async def test_what_cannot_be_looked_at_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it can: what was to be deleted is deleted then."""
    monkeypatch.setattr("trio_chat.files.sweeper.SWEEP_INTERVAL", 0.01)
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        await upload(server, ann, b"x")
        await upload(server, ann, b"y")
        keeper, uploads = server.server.keeper, server.server._hub.uploads
        index = keeper._folder._index
        assert index
        database, index._database = index._database, sqlite3.connect(":memory:")
        with structlog.testing.capture_logs() as logged, trio.fail_after(PATIENCE):
            for one in uploads._uploads.values():
                one.until = 0
            while not any("looked at" in line["event"] for line in logged) or len(uploads) < 2:
                await trio.sleep(0.01)
        index._database.close()
        index._database = database
        with trio.fail_after(PATIENCE):
            while keeper.figures.count:
                await trio.sleep(0.01)
        assert len(uploads) == 0


async def test_a_disk_that_takes_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Try again later; where little is free, nothing more is taken, and it is counted."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        for method in ("free_bytes", "write", "keep"):
            with monkeypatch.context() as patched:
                patched.setattr(Blobs, method, fail)
                refused = await post(server, ann, b"x")
                assert (refused.status, refused.header("retry-after")) == (503, "1")
        tus = {"tus_resumable": "1.0.0"}
        new = tus | {"upload_length": "2", "authorization": bearer(ann)}
        begun = await ask(server, "POST", FILES, **new)
        piece = tus | {"content_type": PIECE, "upload_offset": "0"}
        path = begun.header("location").removeprefix("/api/v1")
        with monkeypatch.context() as patched:
            patched.setattr(Blobs, "write", fail)
            assert (await ask(server, "PATCH", path, "xy", **piece)).status == 503
        with monkeypatch.context() as patched:
            patched.setattr(Blobs, "write_note", fail)
            assert (await ask(server, "POST", FILES, **new)).status == 503
            assert (await ask(server, "PATCH", path, "xy", **piece)).status == 200
        assert parts_of(tmp_path) == []
        assert (await post(server, ann, b"x")).status == 201
    async with serving(database=str(tmp_path / "chat.db"), keep_free=2**40) as server:
        assert (await post(server, await session(server, "Ben"), b"x")).status == 507
        assert server.server._limits.counters.reached["max_files", "http"] == 1


async def test_so_many_files_may_wait_for_their_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one person, and of all."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann, ben = await session(server, "Ann"), await session(server, "Ben")
        monkeypatch.setattr("trio_chat.files.uploads.EACH", 1)
        assert (await post(server, ann, b"x")).status == 201
        refused = await post(server, ann, b"x")
        assert (refused.status, refused.code) == (429, "too_many_files")
        monkeypatch.setattr("trio_chat.files.uploads.IN_ALL", 1)
        assert (await post(server, ben, b"x")).code == "too_many_files"


async def test_newcomers_send_no_files_where_the_rules_say_so(tmp_path: Path) -> None:
    """Moderators do; whoever the server has known for a day, too."""
    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
    ):
        await make_class(ann)
        before = await upload(server, bob.session, b"x", room="class")
        assert (await ann.ask(t="rules", room="class", no_files=True))["t"] == "ok"
        assert (await bob.until("rules"))["rules"] == {"no_files": True}
        refused = await post(server, bob.session, b"x", room="class")
        assert (refused.status, refused.code) == (403, "no_files")
        send = {"t": "send", "room": "class", "text": "see", "files": [{"id": before["id"]}]}
        assert (await bob.ask(**send))["code"] == "no_files"
        await bob.send("class", "no files")
        assert (await post(server, ann.session, b"x", room="class")).status == 201


async def test_what_is_held_keeps_its_files(tmp_path: Path) -> None:
    """The moderator sees them; they are sent with it when that is approved.

    A link may be in the words that tell what a picture shows.
    """
    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob", "class") as bob,
    ):
        await make_class(ann)
        assert (await ann.ask(t="rules", room="class", hold_links=True))["t"] == "ok"
        file = await upload(server, bob.session, b"x", room="class")
        alt = "see https://example.org"
        held = await bob.ask(
            t="send", room="class", text="", files=[{"id": file["id"], "alt": alt}]
        )
        assert held["code"] == "held"
        [until] = [one.until for one in server.server._hub.uploads._uploads.values()]
        assert until > trio.current_time() + GOOD_FOR - 60
        [waits] = (await ann.ask(t="held", room="class"))["messages"]
        file |= {"alt": alt}
        assert waits["files"] == [file]
        done = await ann.ask(t="review", room="class", held=waits["held"], act="approve")
        assert done["t"] == "ok"
        assert (await bob.until("msg"))["files"] == [file]


async def test_what_the_index_cannot_tell_has_to_wait(tmp_path: Path) -> None:
    """The server goes on, and so do others; what was not noted is noted later."""
    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        file = await upload(server, ann.session, b"x")
        keeper = server.server.keeper
        index = keeper._folder._index
        assert index
        database, index._database = index._database, sqlite3.connect(":memory:")
        assert (await fetch(server, file["id"])).status == 503
        assert (await post(server, ann.session, b"y")).code == "unavailable"
        copy = f"{FILES}?copy={file['id']}"
        told = await ask(server, "POST", copy, authorization=bearer(ann.session))
        assert told.code == "unavailable"
        with structlog.testing.capture_logs() as logged, trio.fail_after(PATIENCE):
            assert await ann.send("tea", "", files=[{"id": file["id"]}]) == 1
            while not any("index of files" in line["event"] for line in logged):
                await trio.sleep(0.01)
        index._database.close()
        index._database = database
        with trio.fail_after(PATIENCE):
            while not (row := await keeper.row(file["id"])) or not row.seq:
                await trio.sleep(0.01)
        assert (await fetch(server, file["id"])).status == 200


async def test_a_folder_that_is_another_s_is_refused(tmp_path: Path) -> None:
    """At the start, in a line: of another database, of a newer release, or none at all."""
    folder = tmp_path / "files"
    async with running(database=str(tmp_path / "a.db"), files=folder) as server:
        await upload(server, await session(server, "Ann"), b"x")
    with pytest.raises(JournalError, match="has the files of another database"):
        async with running(database=str(tmp_path / "b.db"), files=folder):
            pass
    with closing(sqlite3.connect(folder / "index.db")) as index:
        index.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="newer"):
        async with running(database=str(tmp_path / "a.db"), files=folder):
            pass
    (folder / "index.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(JournalError, match="cannot be used"):
        async with running(database=str(tmp_path / "a.db"), files=folder):
            pass
    (folder / "index.db").unlink()
    with closing(sqlite3.connect(folder / "index.db")) as index:
        index.execute("PRAGMA user_version = 1")
    with pytest.raises(JournalError, match="cannot be used: no such table"):
        async with running(database=str(tmp_path / "a.db"), files=folder):
            pass
    (folder / "index.db").unlink()
    (folder / "index.db").mkdir()
    with pytest.raises(JournalError, match="cannot be used"):
        async with running(database=str(tmp_path / "a.db"), files=folder):
            pass


async def test_a_folder_that_cannot_be_had_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start, in a line: no folder, or on a disk without locks."""
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"file cannot be used: .*exists"):
        async with serving(files=tmp_path / "file"):
            pass

    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("trio_chat.files.place.fcntl.flock", fail)
    with pytest.raises(JournalError, match="cannot be used: No locks"):
        async with serving(files=tmp_path / "files"):
            pass


async def test_a_folder_that_cannot_be_made_later_is_told(tmp_path: Path) -> None:
    """Whoever uploads has to wait; once it can be made, it goes on."""
    async with running(database=str(tmp_path / "chat.db")) as server:
        ann = await session(server, "Ann")
        (tmp_path / "chat.db.files").touch()
        assert (await post(server, ann, b"x")).status == 503
        assert (await fetch(server, "1")).status == 404
        (tmp_path / "chat.db.files").unlink()
        assert (await post(server, ann, b"x")).status == 201


async def test_a_content_that_cannot_be_deleted_goes_with_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can fetch it until then."""
    path = str(tmp_path / "chat.db")
    monkeypatch.setattr("trio_chat.files.sweeper.SWEEP_INTERVAL", 0.01)

    def fail(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    async with running(database=path) as server:
        file = await upload(server, await session(server, "Ann"), b"x")
        uploads = server.server._hub.uploads
        with structlog.testing.capture_logs() as logged, monkeypatch.context() as patched:
            patched.setattr(Blobs, "remove", fail)
            uploads._uploads[file["id"]].until = 0
            with trio.fail_after(PATIENCE):
                while not any("looked at" in line["event"] for line in logged) or len(uploads):
                    await trio.sleep(0.01)
        assert (await fetch(server, file["id"])).status == 404
        assert contents_of(tmp_path / "chat.db.files") == [b"x"]
    async with running(database=path):
        assert contents_of(tmp_path / "chat.db.files") == []


async def test_files_outlive_a_restart(tmp_path: Path) -> None:
    """Those of messages, and those that no message has yet."""
    path = str(tmp_path / "chat.db")
    async with running(database=path) as server, chatting(server, "Ann", "tea") as ann:
        sent, kept = [await upload(server, ann.session, one, "a.txt") for one in (b"x", b"yy")]
        await ann.send("tea", "", files=[{"id": sent["id"]}])
        token = ann.session
    folder = tmp_path / "chat.db.files"
    assert (folder.stat().st_mode & 0o777, (folder / "index.db").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )
    (folder / "parts" / "rest").write_bytes(b"of an upload")
    async with (
        running(database=path) as server,
        chatting(server, "Ann", "tea", session=token) as ann,
    ):
        assert (await fetch(server, sent["id"])).body == b"x"
        assert not (folder / "parts" / "rest").exists()
        assert await ann.send("tea", "", files=[{"id": kept["id"]}]) == 2
        assert (await fetch(server, kept["id"])).body == b"yy"


async def test_a_body_comes_no_faster_than_it_is_written(tmp_path: Path) -> None:
    """So memory stays flat: what is not written yet stays with its sender."""
    async with serving(database=str(tmp_path / "chat.db"), send_buffer=4096) as server:
        ann = await session(server, "Ann")
        limiter = server.server.keeper._writers
        async with await server.connect() as stream, trio.open_nursery() as nursery:
            size = 9_000_000
            head = (
                "POST /api/v1/rooms/tea/files HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: {bearer(ann)}\r\nContent-Length: {size}\r\n\r\n"
            )
            for _ in range(4):
                await limiter.acquire_on_behalf_of(object())
            limiter.total_tokens = 4
            await stream.send_all(head.encode())
            nursery.start_soon(stream.send_all, bytes(size))
            with trio.fail_after(PATIENCE):
                while not (held := server.server._hub.outboxes.used):
                    await trio.sleep(0.01)
            assert held * server.server.config.all_outbox_bytes < 2**20
            limiter.total_tokens = 5
            answer = b""
            while END_OF_HEAD not in answer:
                answer += await stream.receive_some(65536)
            assert status(answer) == 201


async def test_nobody_waits_for_all_pictures_of_somebody_else(tmp_path: Path) -> None:
    """One of each person is read at a time, however many of them have come."""
    buffer, done = BytesIO(), list[str]()
    Image.new("RGB", (2000, 2000)).save(buffer, "PNG")

    async def send(server: Running, who: Chatter, content: bytes) -> None:
        await upload(server, who.session, content)
        done.append(who.who["nick"])

    async with (
        running(database=str(tmp_path / "chat.db")) as server,
        chatting(server, "Ann") as ann,
        chatting(server, "Bob") as bob,
        trio.open_nursery() as nursery,
    ):
        for _ in range(8):
            nursery.start_soon(send, server, ann, buffer.getvalue())
        while not done:
            await trio.sleep(0.01)
        await send(server, bob, picture())
        assert done.count("Ann") < 6


async def test_pictures_of_an_address_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever many names are there; at this machine each person has a turn."""
    turns = []

    async def clean(_: Pictures, whose: str, *__: object) -> tuple[int, int]:
        turns.append(whose)
        raise BadPicture("no")

    monkeypatch.setattr(Pictures, "clean", clean)
    proxy: dict[str, Any] = {"trusted_proxy": ("127.0.0.1",)}
    async with running(database=str(tmp_path / "chat.db"), **proxy) as server:
        for nick, where in (("Ann", "2001:db8::1"), ("Bob", "2001:db8::2"), ("Cem", "")):
            headers = {"authorization": bearer(await session(server, nick))}
            headers |= {"x_forwarded_for": where} if where else {}
            refused = await ask(server, "POST", FILES, picture(), **headers)
            assert refused.code == "bad_picture"
    assert turns[0] == turns[1] == "2001:db8::"
    assert turns[2].isalnum()


async def test_a_body_that_is_too_long_is_refused_before_it_comes() -> None:
    """Others are read first, since a proxy may hang up on who still sends."""
    async with running() as server:
        head = b"PATCH /api/v1/rooms/tea/files/none HTTP/1.1\r\nHost: localhost\r\n"
        answer = await server.exchange(head + b"Content-Length: 2000000\r\n\r\n")
    assert status(answer) == 400
