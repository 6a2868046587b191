"""Rules of a server below a path of a site."""

import pytest

from trio_chat.config import Config, ConfigError
from trio_chat.net.head import Head, HttpError, parse_head
from trio_chat.net.hosts import HostNames
from trio_chat.net.site import Site, allowed_origins, nowhere, prefix_of
from trio_chat.remote.address import link_to

BASE = Config(base_url="https://example.org/chat")


def asked(target: str) -> Head:
    return parse_head(f"GET {target} HTTP/1.1\r\nHost: example.org\r\n\r\n".encode(), b"rest")


def refused(target: str, config: Config = BASE) -> HttpError:
    with pytest.raises(HttpError) as caught:
        Site(config).own(asked(target))
    return caught.value


@pytest.mark.parametrize(
    ("given", "normal", "prefix"),
    [
        ("", "", ""),
        ("HTTPS://Example.org:443", "https://example.org/", ""),
        (" http://[0::1]:8080/a/b.c/ ", "http://[::1]:8080/a/b.c/", "/a/b.c"),
        ("https://example.org/chat", "https://example.org/chat/", "/chat"),
    ],
)
def test_an_address_has_a_normal_form(given: str, normal: str, prefix: str) -> None:
    """With a slash at its end."""
    config = Config(base_url=given)
    assert (config.base_url, prefix_of(config)) == (normal, prefix)


@pytest.mark.parametrize(
    "text",
    [
        "example.org/chat",
        "/chat/",
        "ws://example.org/",
        "https://example.org/chat/?a",
        "https://example.org/a//b",
        "https://example.org/a/../b",
        "https://example.org/ü/",
        "https://a:70000/",
    ],
)
def test_what_is_no_address_of_a_page_is_refused(text: str) -> None:
    """What browsers would send in another way, too."""
    with pytest.raises(ConfigError, match="base_url must be like"):
        Config(base_url=text)


@pytest.mark.parametrize("before", ["", "/chat"])
@pytest.mark.parametrize("path", ["/", "/r/", "/r/chat?x=/chat/", "/ws", "/api/v1/rooms", "/other"])
def test_a_proxy_may_strip_the_prefix_or_pass_it_on(before: str, path: str) -> None:
    """The server sees its own path, and all else as it came."""
    assert Site(BASE).own(asked(before + path)) == asked(path)


def test_a_target_that_is_a_url_is_the_same() -> None:
    """As proxies get it. What is behind sees a path in any case, so all read it alike."""
    assert Site(BASE).own(asked("http://chat/chat/r/?a")) == asked("/r/?a")
    for site in (Site(BASE), Site(Config())):
        assert site.own(asked("http://chat/r/")) == asked("/r/")
        assert site.own(asked("HTTP://chat?a")) == asked("/?a")
        assert site.own(asked("/r/#/api/")) == asked("/r/")
        assert site.own(asked("*")) == asked("*")


@pytest.mark.parametrize("before", ["", "http://chat"])
@pytest.mark.parametrize("path", ["/%2Fapi/v1/rooms", "//%61pi/v1/rooms", "//", "/%2f%2Fws", "//r"])
def test_a_path_begins_with_one_slash(before: str, path: str) -> None:
    """The app would drop others, and serve what nobody has been let in for."""
    for prefix, config in (("", Config()), ("/chat", BASE)):
        answer = refused(before + prefix + path, config)
        assert (answer.status, answer.detail) == (404, nowhere(path, config))


@pytest.mark.parametrize("query", ["", "?a=b"])
def test_a_missing_slash_is_added(query: str) -> None:
    """Else what the page refers to would be looked for beside it."""
    answer = refused(f"/chat{query}")
    assert (answer.status, answer.headers) == (308, {"Location": f"/chat/{query}"})


@pytest.mark.parametrize(
    "path",
    ["/wrong/r/", "/wrong/ws", "/wrong/api/v1/rooms", "/wrong/worker.js", "/wrong/static/a/b.js"],
)
def test_another_place_is_told_to_be_wrong(path: str) -> None:
    """With the right one, and what sets it."""
    for before, config, place in (("", Config(), "/"), ("", BASE, "/chat/"), ("/chat", BASE, "/")):
        answer = refused(before + path, config)
        assert answer.status == 404
        told = "/chat/, as --base-url says" if config is BASE else place
        assert answer.detail == (
            f"nothing is below /wrong/ here: this chat is at {told}; if a proxy serves it there, "
            "set --base-url"
        )


@pytest.mark.parametrize(
    ("config", "place"), [(Config(), "/"), (BASE, "/chat/, as --base-url says")]
)
def test_a_path_where_nothing_is_tells_where_the_chat_is(config: Config, place: str) -> None:
    """Whatever is asked for."""
    assert nowhere("/wrong/", config) == (
        f"nothing is at /wrong/ here: this chat is at {place}; if a proxy serves it there, "
        "set --base-url"
    )


def test_a_prefix_that_came_twice_is_told_too() -> None:
    """A proxy adds what it should pass on."""
    assert "nothing is below /chat/ here" in refused("/chat/chat/ws").detail


@pytest.mark.parametrize("path", ["/r/a/r/", "/r/ws", "/static/x/r/", "/chatter", "/api/x/ws"])
def test_what_is_below_the_servers_own_paths_is_left_to_others(path: str) -> None:
    """A room may be called as it likes."""
    assert Site(BASE).own(asked(path)) == asked(path)


def test_its_name_and_origin_are_known() -> None:
    """A page that comes from there may connect, whatever a proxy makes of the host."""
    assert allowed_origins(BASE) == ("https://example.org",)
    assert allowed_origins(Config(allow_origin=("*",))) == ("*",)
    HostNames(BASE).check(asked("/"), "127.0.0.1")
    with pytest.raises(HttpError):
        HostNames(Config()).check(asked("/"), "127.0.0.1")


@pytest.mark.parametrize("url", ["https://a/chat", "https://a/chat/", "wss://a/chat/ws"])
def test_links_are_below_it(url: str) -> None:
    """Whichever address somebody has typed."""
    assert link_to(url, "tea", "secret") == "https://a/chat/r/tea#secret"
