"""The page as it goes over the wire: read once, compressed once, and named by what is in it."""

import gzip
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import NamedTuple

from trio_chat.net.head import COMMON_HEADERS, DATA_HEADERS
from trio_chat.web.bundle import Bundler
from trio_chat.web.look import PLAIN, Look, dress

# Named here, as a system's own table may differ, and a browser runs no script of another type.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
SCRIPTS = ("js/boot.js", "js/main.js")  # of the page, in the order in which they run
MODULES = "js/"  # the folder of these and of all that they import
STYLES = "css/"
WORKER = "worker.js"
# These have an address of their own, which stays the same; browsers ask each time what is new.
ENTRANCES = {"index.html": "r/", WORKER: WORKER, "chat.webmanifest": "chat.webmanifest"}
FOREVER = "public, max-age=31536000, immutable"  # a year, for what never changes
ASK = "no-cache"  # the browser asks, and mostly hears 304
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    # No text becomes script, even by mistake; the one policy is for the worker's address.
    "require-trusted-types-for 'script'; trusted-types worker"
)
REFUSED_FEATURES = (
    *("accelerometer", "camera", "clipboard-read", "display-capture", "fullscreen"),
    *("geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer"),
    *("microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get"),
    *("screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
USED_FEATURES = ("autoplay", "clipboard-write")  # the sound of a mention; copying
PERMISSIONS_POLICY = ", ".join(
    [f"{name}=()" for name in REFUSED_FEATURES] + [f"{name}=(self)" for name in USED_FEATURES]
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    **COMMON_HEADERS,
}
TAG_LENGTH = 16  # hexadecimal digits of a hash that are enough to tell versions apart
IMPORT = re.compile(rb'^(?:import|export|\}) .*?from "(.+?)";$', re.MULTILINE)
# A comment on lines of its own. None of our texts has lines that begin so: a test looks.
COMMENT = re.compile(rb"^[ \t]*(?://[^\n]*|/\*\*.*?\*/[ \t]*)$", re.MULTILINE | re.DOTALL)
# What a line begins with. No text of ours goes on so in another line: a test looks.
INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
# A comment behind what a line says. A text would end behind it.
REMARK = re.compile(r" //(?<=[;,(\[{] //)[^\n\"'`]*$", re.MULTILINE)
STYLE_COMMENT = re.compile(rb"/\*.*?\*/\s*", re.DOTALL)
STYLE_IMPORT = re.compile(rb'^@import "(.+?)";$', re.MULTILINE)
REFERENCE = re.compile(rb'(?<=")((?:\.\./)?)static/')  # to a file, in an entrance
END_OF_HEAD = b"</head>"  # of the page
ACTING = ("index.html", WORKER)  # which may act as a page does; all else gets no rights
FILES_AT_HAND = 256  # twice as many as there are
WORTH_IT = 0.9  # of its size; what cannot be pressed below that is sent as it is


class File(NamedTuple):
    """One file as it is sent."""

    content: bytes
    packed: bytes | None  # compressed with gzip, if that is worth it
    media_type: str
    caching: str
    tag: str
    headers: dict[str, str] = DATA_HEADERS  # those that bound what a browser may do with it


class Page:
    """The page's files as they were at the start, which can be made with one look or another.

    Args:
        folder: Where they are, in a checkout or an installed package.
        is_bundled: Whether the scripts are joined into a few.

    Raises:
        BundleError: a script cannot be joined.
    """

    def __init__(self, folder: Path, *, is_bundled: bool = True) -> None:
        contents = _read_all(folder)
        if is_bundled and contents.keys() >= {*SCRIPTS}:
            contents = _bundled(contents)
        self._contents = contents

    def files(self, look: Look = PLAIN) -> dict[str, File]:
        """Return the files by their path on the server."""
        return _make_files(dress(self._contents, look))


@cache
def installed_page(*, is_bundled: bool) -> Page:
    """Return this installation's page, as it is when it is first asked for."""
    return Page(static_files(), is_bundled=is_bundled)


def _make_files(contents: dict[str, bytes]) -> dict[str, File]:
    """Return files by their path on the server, which begins with no slash.

    All but the entrances are at ``static/HASH/…``, with a hash of all of them, so a browser need
    never ask for one again; in the entrances, ``static/`` stands for that. So is every script of
    one version, and their imports stay relative. The worker is told which files there are, and
    the page which scripts its own one needs.
    """
    version = _hash(
        *(part for name in sorted(contents) for part in (name.encode(), contents[name]))
    )
    base = f"static/{version}/"
    files = {
        f"{base}{name}": _make_file(name, content, FOREVER)
        for name, content in contents.items()
        if name not in ENTRANCES
    }
    listing = f"const FILES = {sorted(files)};\n".encode()
    needed = dict.fromkeys(chain.from_iterable(imported(contents, name) for name in SCRIPTS))
    hints = _hints(name for name in needed if name not in SCRIPTS)
    for name in contents.keys() & ENTRANCES.keys():
        content = contents[name].replace(END_OF_HEAD, hints + END_OF_HEAD)
        content = REFERENCE.sub(rb"\1" + base.encode(), content)
        content = listing + content if name == WORKER else content
        files[ENTRANCES[name]] = _make_file(name, content, ASK)
    return files


def imported(contents: dict[str, bytes], script: str) -> list[str]:
    """Return the names of a script and of all that it imports, and these import, in that order."""
    found = [name for name in [script] if name in contents]
    for name in found:  # which grows meanwhile
        others = (match.decode() for match in IMPORT.findall(contents[name]))
        paths = (normpath(join(dirname(name), other)) for other in others)
        found += [path for path in dict.fromkeys(paths) if path not in found]
    return found


def _hints(names: Iterable[str]) -> bytes:
    """Return what makes a browser ask for scripts at once, before it reads which it needs."""
    lines = (f'  <link rel="modulepreload" href="../static/{name}">\n  ' for name in names)
    return "".join(lines).encode()


def static_files() -> Path:
    """Return the folder of the page: inside an installed package, beside it in a checkout."""
    here = Path(__file__).parents[1]
    installed = here / "static"
    return installed if installed.is_dir() else here.parent / "static"


def _read_all(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): _without_comments(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


def _without_comments(path: Path) -> bytes:
    """Return a file; a script without comments, each of whose lines stays where it is."""
    content = path.read_bytes()
    if path.suffix != ".js":
        return content
    return COMMENT.sub(lambda comment: b"\n" * comment[0].count(b"\n"), content)


def _bundled(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with few scripts in the place of the page's modules, and few styles."""
    modules = {name: text.decode() for name, text in contents.items() if name.startswith(MODULES)}
    scripts = Bundler(modules, SCRIPTS).scripts()
    others = {name: text for name, text in contents.items() if name not in modules}
    joined = {name: REMARK.sub("", INDENT.sub("", text)).encode() for name, text in scripts.items()}
    return _with_styles(others) | joined


def _with_styles(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with each style sheet, shortened, inside the one that imports it."""
    sheets = {name: text for name, text in contents.items() if name.startswith(STYLES)}
    inside = {other.decode() for text in sheets.values() for other in STYLE_IMPORT.findall(text)}
    joined = {
        name: STYLE_IMPORT.sub(lambda found: sheets[STYLES + found[1].decode()], text)
        for name, text in sheets.items()
        if name.removeprefix(STYLES) not in inside
    }
    short = {name: _shortened(text) for name, text in joined.items()}
    return {name: text for name, text in contents.items() if name not in sheets} | short


def _shortened(style: bytes) -> bytes:
    """Return a style sheet without comments, and without what its lines begin with."""
    return INDENT.sub("", STYLE_COMMENT.sub(b"", style).decode()).encode()


def _make_file(name: str, content: bytes, caching: str) -> File:
    media_type = MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
    headers = SECURITY_HEADERS if name in ACTING else DATA_HEADERS
    return File(content, _packed(content), media_type, caching, _hash(content), headers)


@lru_cache(FILES_AT_HAND)
def _packed(content: bytes) -> bytes | None:
    """Return a file with gzip, if that is worth it; most stay as they are when the look changes."""
    packed = gzip.compress(content, mtime=0)
    return packed if len(packed) < WORTH_IT * len(content) else None


def _hash(*parts: bytes) -> str:
    digest = sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()[:TAG_LENGTH]
