"""What becomes of a picture whose program fails."""

import errno
from pathlib import Path

import pytest
import structlog

from tests.pictures import with_scans
from trio_chat.files import picture_worker
from trio_chat.files.pictures import BadPicture, Pictures


@pytest.mark.parametrize(
    ("program", "status", "reason"),
    [
        ("import no_such_library", 1, "ModuleNotFoundError: No module named 'no_such_library'"),
        ("import os; os.kill(os.getpid(), 11)", -11, ""),
        (f"raise SystemExit({picture_worker.BAD})", None, ""),
    ],
)
async def test_what_is_no_fault_of_the_picture_is_in_the_log(
    program: str, status: int | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a library that is missing: else all pictures would seem to be damaged."""
    worker = tmp_path / "worker.py"
    worker.write_text(program)
    monkeypatch.setattr(picture_worker, "__file__", str(worker))
    with structlog.testing.capture_logs() as logged, pytest.raises(BadPicture):
        await Pictures().clean("ann", tmp_path / "a", tmp_path / "b", "image/png", 1000)
    told = [(line["status"], line["reason"]) for line in logged]
    assert told == ([] if status is None else [(status, reason)])


def test_a_missing_library_is_no_damage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The worker ends with it."""

    def clean(*_: object) -> tuple[int, int]:
        raise ImportError("libwebp.so")

    monkeypatch.setattr(picture_worker, "clean", clean)
    monkeypatch.setattr(picture_worker, "limit", lambda *_: None)
    monkeypatch.setattr("os.nice", lambda _: 0)
    with pytest.raises(ImportError):
        picture_worker.main(["a", "b", "image/png", "1", "1", "1"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (picture_worker.TooLargeError(), picture_worker.TOO_LARGE),
        (MemoryError(), picture_worker.TOO_LARGE),
        (OSError(errno.EFBIG, "File too large"), picture_worker.GROWN),
        (OSError("image file is truncated"), picture_worker.BAD),
        (ValueError("bad marker"), picture_worker.BAD),
    ],
)
def test_what_is_wrong_with_a_picture_is_told_by_the_status(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    """Of damage, whatever a decoder calls it."""

    def clean(*_: object) -> tuple[int, int]:
        raise error

    monkeypatch.setattr(picture_worker, "clean", clean)
    monkeypatch.setattr(picture_worker, "limit", lambda *_: None)
    monkeypatch.setattr("os.nice", lambda _: 0)
    assert picture_worker.main(["a", "b", "image/png", "1", "1", "1"]) == status


def test_the_scans_of_a_jpeg_are_counted() -> None:
    """Those that a decoder reads: not in what is beside the picture, nor behind its end."""
    assert picture_worker.scans(with_scans(7, behind=b"\xff\xda\x00\x02" * 9)) == 7
    assert picture_worker.scans(with_scans(7)[:-2]) == 7
    assert picture_worker.scans(b"\xff\xd8\xff\x01\xff\xda") == 1  # no length is told there
