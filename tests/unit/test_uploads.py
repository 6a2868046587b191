"""Uploads that no message has yet."""

from trio_chat.files.uploads import FILE_USED, NO_SUCH_FILE, Upload, Uploads, Used
from trio_chat.protocol.events import File, Message, Person, Topic

ANN = Person("a", "Ann")


def upload(id: str, until: float = 10.0) -> Upload:
    return Upload(File(id, f"{id}.txt", "x/y", 5), "a", "tea", until)


def message(*ids: str, alt: str = "") -> Message:
    files = [File(id, "", "", 0, alt=alt) for id in ids]
    return Message(room="tea", seq=1, who=ANN, text="", files=files)


def test_a_message_gets_what_is_known_of_its_files() -> None:
    """While the journal has it, no other message may have them; when it is kept, none is known."""
    uploads, told = Uploads(lambda: 0.0), list[Used]()
    uploads.tell = told.append
    uploads.add(upload("1"))
    first = message("1", alt="a")
    assert uploads.take_into(first) is None
    assert first.files == [File("1", "1.txt", "x/y", 5, alt="a")]
    other = message("1")
    assert uploads.take_into(other) is FILE_USED
    uploads.answered(other)  # which changes nothing for the first
    assert uploads.take_into(message("1")) is FILE_USED
    assert uploads.take_old() == []
    uploads.answered(first)
    uploads.used(first)
    assert told == [Used("tea", 1, ["1"])]
    assert uploads.take_into(message("1")) is NO_SUCH_FILE
    assert len(uploads) == 0


def test_what_is_no_message_has_no_files() -> None:
    """Nothing is looked for; and nothing happens if another node's message is kept."""
    uploads = Uploads(lambda: 0.0)
    topic = Topic(room="tea", text="x")
    assert uploads.take_into(topic) is None
    uploads.answered(topic)
    uploads.add(upload("1"))
    uploads.used(message("2"))
    assert len(uploads) == 1


def test_what_waits_for_approval_stays() -> None:
    """As long as that may take; what is not known is nothing to keep."""
    now = 0.0
    uploads = Uploads(lambda: now)
    uploads.add(upload("1", 10))
    uploads.add(upload("2", 10))
    uploads.keep(message("1", "3"), 100)
    uploads.keep(message("1"), 1)
    now = 20.0
    assert [one.file.id for one in uploads.take_old()] == ["2"]
    now = 100.0
    assert [one.file.id for one in uploads.take_old()] == ["1"]
