"""Which rate each kind of request counts for, and which share of a turn."""

from typing import get_args

from trio_chat.core.backlog import REQUESTS, REQUESTS_EACH
from trio_chat.protocol import governing, requests

RATES: dict[type, str] = {
    requests.Send: "send_rate",
    requests.Edit: "change_rate",
    requests.Delete: "change_rate",
    requests.React: "change_rate",
    requests.Topic: "topic_rate",
    requests.Nick: "nick_rate",
    requests.Hello: "join_rate",
    requests.Join: "join_rate",
    requests.Leave: "join_rate",
    requests.History: "history_rate",
    requests.Edits: "history_rate",
    requests.Search: "search_rate",
    requests.Rooms: "list_rate",
    requests.Sessions: "list_rate",
    requests.SignOut: "govern_rate",
    requests.Pair: "govern_rate",
    requests.InvalidRequest: "invalid_rate",
    **dict.fromkeys(get_args(governing.AnyGoverning), "govern_rate"),
    **dict.fromkeys(governing.ACTING, "moderate_rate"),
}
# The same without a connection. On a socket marks come with the welcome, and too much of ``Read``
# is dropped and does not wait, as ``Handlers`` sees to.
HTTP_RATES = RATES | {
    requests.Marks: "list_rate",
    requests.Read: "read_rate",
    requests.Upload: "upload_rate",
}
HELLO = 8  # as so many counts who comes in, and again for each room: it takes some 200 µs
# Requests that count as more than one in a turn. What is about very many people, who came or are
# banned, takes up to 10 ms: there is one of these in a turn.
# Those that are answered with a page are the last of their connection in a turn, too: the next one
# waits until the client has read.
SHARES: dict[type, int] = dict.fromkeys(get_args(governing.AnyGoverning), REQUESTS_EACH) | {
    requests.Sessions: REQUESTS_EACH,
    governing.Moderate: REQUESTS,
    governing.Raid: REQUESTS,
    governing.EndLink: REQUESTS,
}
