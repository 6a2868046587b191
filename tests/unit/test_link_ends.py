"""Links to rooms, as mailers and chats hand them on."""

import json
from pathlib import Path

import pytest

from trio_chat.protocol.names import trim_link
from trio_chat.remote.address import link_to, split_link

CASES = json.loads((Path(__file__).parents[1] / "link_ends.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("end", "left"), CASES)
def test_what_only_follows_a_link_in_a_text_is_no_part_of_it(end: str, left: str) -> None:
    """The page has the same cases."""
    assert trim_link(end) == left


@pytest.mark.parametrize("behind", ["", ")", ".", ",", "%20", ">", '"', "!)."])
def test_a_secret_survives_what_follows_its_link(behind: str) -> None:
    """It would be another one, which lets nobody in."""
    link = split_link(f"https://a.example/r/tea#s3_cr-t{behind}")
    assert (link.room, link.secret) == ("tea", "s3_cr-t")
    assert split_link(f"https://a.example/#operator=s3_cr-t{behind}").operator == "s3_cr-t"
    assert split_link(f"https://a.example/r/tea{behind}#s3_cr-t")[1:3] == ("tea", "s3_cr-t")


@pytest.mark.parametrize("room", ["tea", "tea.", "tea..", "a.b"])
def test_the_link_of_a_room_leads_to_it(room: str) -> None:
    """Even if its name ends with a dot."""
    link = split_link(link_to("http://a.example/", room, "s3"))
    assert link[:3] == ("http://a.example/", room, "s3")
