"""Which rate each kind of request counts for."""

from typing import get_args

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
    requests.Search: "search_rate",
    requests.Rooms: "list_rate",
    requests.Sessions: "list_rate",
    requests.SignOut: "govern_rate",
    requests.Pair: "govern_rate",
    requests.InvalidRequest: "invalid_rate",
    **dict.fromkeys(get_args(governing.AnyGoverning), "govern_rate"),
}
