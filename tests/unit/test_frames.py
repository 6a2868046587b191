"""Rules of frames: what goes out together is merged, in order."""

from trio_chat.delivery.frames import MERGE_LIMIT, Frame, coalesce, frame_of, pack
from trio_chat.protocol.dialects import plain


def test_pack_joins_what_goes_out_together() -> None:
    """Several payloads become one frame."""
    assert [*pack([b"a", b"b"], plain)] == [frame_of(b"a\nb", plain)]
    assert [*pack([], plain)] == []


def test_packed_messages_stay_below_the_limit() -> None:
    """Payloads that would not fit together go into several messages, none is lost or split."""
    payloads = [b"a" * (MERGE_LIMIT - 10), b"b" * 10, b"c", b"d" * (MERGE_LIMIT + 1), b"e"]
    packed = [frame.payload for frame in pack(payloads, plain)]
    assert packed == [payloads[0] + b"\n" + payloads[1], b"c", payloads[3], b"e"]


def test_coalesce_merges_neighbouring_text_and_keeps_the_order() -> None:
    """Control frames and half-written frames stay where they are, as they are."""
    waiting = [
        Frame(b"rest of a frame"),
        frame_of(b"a", plain),
        frame_of(b"b", plain),
        Frame(b"ping"),
        Frame(b"pong"),
        frame_of(b"c", plain),
    ]
    assert [*coalesce(waiting, plain)] == [
        b"rest of a frame",
        frame_of(b"a\nb", plain).wire,
        b"ping",
        b"pong",
        frame_of(b"c", plain).wire,
    ]
