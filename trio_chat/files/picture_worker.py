"""The worker for one picture: reads it, and writes it anew without anything but the picture.

A process of its own, with little memory, time and disk, runs this for what strangers send: it may
crash, or be ended. It is called with the two files, the kind, and the limits; its output is JSON.
"""

import errno
import io
import json
import os
import re
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIXELS = 50_000_000  # of a picture, or of all frames of one that moves
FRAMES = 1000
SCANS = 100  # of a JPEG, each of which takes time for all of its pixels, whatever there is of it
NICE = 10  # how much less of the processors it gets than the server
QUALITY = 90  # of what has to be encoded anew with losses
SPEED = 9  # of the AVIF encoder, which takes seconds for a picture otherwise
OPAQUE = 255  # alpha
KEEP, CLEAR = 1, {2, 3}  # what becomes of a frame of a GIF when the next one comes
KEPT = ("transparency", "duration", "loop", "disposal", "blend")  # of what is beside the pixels
NAMES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
NAMES |= {"image/avif": "AVIF"}
# What begins a part of a JPEG that tells its length: neither a byte of a scan nor a mark within it.
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
SCAN, END = b"\xff\xda", b"\xff\xd9"
GOOD, BAD, TOO_LARGE, GROWN = 0, 3, 4, 5  # exit statuses


def main(arguments: list[str]) -> int:
    """Clean the picture in one file into another one; print its sides."""
    source, target, kind, memory, seconds, size = arguments
    os.nice(NICE)
    limit(int(memory), int(seconds), int(size))
    warnings.simplefilter("error")
    try:
        width, height = clean(Path(source), Path(target), kind)
    except (TooLargeError, MemoryError):
        return TOO_LARGE
    except OSError as error:
        return GROWN if error.errno == errno.EFBIG else BAD
    except ImportError:
        raise  # that is no fault of the picture: the server tells its operator
    except Exception:  # noqa: BLE001 - whatever a damaged picture leads a decoder to
        return BAD
    print(json.dumps([width, height]))  # noqa: T201 - that is its job
    return GOOD


def limit(memory: int, seconds: int, size: int) -> None:
    """Bound what the process may take."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails then


class TooLargeError(Exception):
    """A picture has more pixels, frames or scans than are looked at."""


def clean(source: Path, target: Path, kind: str) -> tuple[int, int]:
    """Write a picture anew; return its width and its height.

    Raises:
        TooLargeError: it has too many pixels, frames or scans.
        Exception: it is damaged.
    """
    from PIL import Image  # noqa: PLC0415 - after the limits

    if kind == "image/jpeg" and scans(source.read_bytes()) > SCANS:
        raise TooLargeError
    Image.MAX_IMAGE_PIXELS = None  # counted here, with all frames
    with Image.open(source, formats=[NAMES[kind]]) as picture:
        width, height = picture.size
        frames = getattr(picture, "n_frames", 1)
        if frames > FRAMES or width * height * frames > PIXELS:
            raise TooLargeError
        if frames > 1:
            save_moving(picture, target, kind)
            return width, height
        return save_still(picture, target, kind)


def scans(data: bytes) -> int:
    """Return how many scans a JPEG has up to its end, behind which there may be anything."""
    count, at = 0, 0
    while (found := MARKER.search(data, at)) and found[0] != END:
        count += found[0] == SCAN
        at = found.end()
        if at > len(b"\xff\xd8"):  # the first one, which begins the picture, has no length
            at += int.from_bytes(data[at : at + 2], "big")
    return count


def save_still(picture: Any, target: Path, kind: str) -> tuple[int, int]:  # noqa: ANN401
    """Write a picture that does not move, turned as it is to be seen."""
    from PIL import ImageOps  # noqa: PLC0415

    turned = ImageOps.exif_transpose(picture)
    options: dict[str, Any] = {"quality": QUALITY}
    options |= {"speed": SPEED} if kind == "image/avif" else {}
    if kind == "image/jpeg":
        is_same = turned.size == picture.size and picture.getexif().get(0x0112, 1) == 1
        options = {"quality": "keep"} if is_same else options
        clean = picture if is_same else turned
    else:
        clean = turned
    clean = in_srgb(clean)
    if kind == "image/jpeg" and clean is not picture:
        options = {"quality": QUALITY}
        clean = clean if clean.mode in ("L", "RGB", "CMYK") else clean.convert("RGB")
    clean.info = {key: value for key, value in clean.info.items() if key in KEPT}
    clean.save(target, format=NAMES[kind], exif=b"", icc_profile=None, **options)
    return turned.size


def in_srgb(picture: Any) -> Any:  # noqa: ANN401 - Pillow is not always there
    """Return a picture in the colours that are meant without a profile."""
    from PIL import ImageCms  # noqa: PLC0415

    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA"):
        return picture
    try:
        own, common = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, own, common)
    except (ImageCms.PyCMSError, OSError):
        return picture  # its colours are a little off


def save_moving(picture: Any, target: Path, kind: str) -> None:  # noqa: ANN401
    """Write a picture that moves."""

    def frames() -> Iterator[Any]:
        for number in range(picture.n_frames):
            picture.seek(number)
            durations.append(picture.info.get("duration", 100))
            disposals.add(getattr(picture, "disposal_method", KEEP))
            frame = picture.copy() if kind == "image/png" else picture.convert("RGBA")
            frame.info = {}
            yield frame

    durations: list[float] = []
    disposals: set[int] = set()
    shown = list(frames())
    options: dict[str, Any] = {}
    if kind == "image/gif" and all(one.getextrema()[3][0] == OPAQUE for one in shown):
        shown = [one.convert("RGB") for one in shown]  # of each, what changes is written alone
    elif kind == "image/gif" and disposals & CLEAR:
        options = {"disposal": 2}  # whole frames, as some become transparent again
    first, *rest = shown
    first.save(
        target,
        format=NAMES[kind],
        save_all=True,
        append_images=rest,
        duration=[int(one) for one in durations],
        loop=picture.info.get("loop", 0),
        exif=b"",
        icc_profile=None,
        **options,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
