"""Rules of the settings and of the command line that makes them."""

import re
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from trio_chat.cli import main
from trio_chat.commands.serve import command_line
from trio_chat.config import DESCRIPTOR_RESERVE, Config, ConfigError
from trio_chat.errors import BAD_USAGE
from trio_chat.setting_fields import SECRET
from trio_chat.settings import SETTINGS, CommandLine

TOKEN = ("--access", "token", "--token-audience", "a", "--token-key", "f")
PROXY = ("--access", "proxy", "--access-header")


def load_config(arguments: Sequence[str], environment: Mapping[str, str]) -> Config:
    """Return the settings that the server would start with."""
    _, config = command_line().read(arguments, environment)
    return config


def complaint(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """Return the one line that wrong settings are answered with."""
    with pytest.raises(ConfigError) as caught:
        load_config(arguments, environment or {})
    return str(caught.value)


def test_without_settings_the_defaults_hold() -> None:
    """Other variables in the environment are none of our business."""
    assert load_config([], {"HOME": "/", "TRIO": "x"}) == Config()


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    """Each setting is taken from the closest place that has it."""
    file = tmp_path / "chat.toml"
    file.write_text('port = 1\nping_interval = 60\nhost = "file"\nhost_name = ["a", "b"]\n')
    config = load_config(
        ["--config", str(file), "--port", "3"],
        {"TRIO_CHAT_PORT": "2", "TRIO_CHAT_HOST": "env"},
    )
    assert (config.port, config.host, config.ping_interval) == (3, "env", 60.0)
    assert config.host_name == ("a", "b")


def test_a_variable_names_the_file_unless_a_flag_does(tmp_path: Path) -> None:
    """An empty one is not set, as with settings."""
    file, other = tmp_path / "a.toml", tmp_path / "b.toml"
    file.write_text("port = 1")
    other.write_text("port = 2")
    variable = {"TRIO_CHAT_CONFIG": str(file)}
    assert load_config([], variable).port == 1
    assert load_config(["--config", str(other)], variable).port == 2
    assert load_config([], {"TRIO_CHAT_CONFIG": ""}) == Config()
    missing = complaint(environment={"TRIO_CHAT_CONFIG": "no.toml"})
    assert missing == "cannot read no.toml: No such file or directory"


def test_lists_are_repeated_flags_or_commas_in_the_environment() -> None:
    """Both make a tuple."""
    flags = ["--host-name", "a", "--host-name", "b"]
    assert load_config(flags, {}).host_name == ("a", "b")
    assert load_config([], {"TRIO_CHAT_HOST_NAME": "a, b"}).host_name == ("a", "b")


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("https://Example.org", "https://example.org"),
        (" HTTPS://example.org ", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:80/", "http://example.org"),
        ("https://example.org:80", "https://example.org:80"),
        ("http://example.org:8080", "http://example.org:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("https://example.org.:443/", "https://example.org"),
        ("https://example.org:", "https://example.org"),
        ("https://b\xfccher.example", "https://xn--bcher-kva.example"),
        ("https://XN--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://fa\xdf.example", "https://xn--fa-hia.example"),
        ("chrome-extension://abc", "chrome-extension://abc"),
        ("null", "null"),
        ("*", "*"),
    ],
)
def test_an_origin_is_understood_as_browsers_send_it(given: str, origin: str) -> None:
    """Case, a default port and a slash at the end make no difference."""
    assert Config(allow_origin=(given,)).allow_origin == (origin,)


@pytest.mark.parametrize(
    "given",
    ["example.org", "https://", "https://example.org/chat", "https://example.org?x", "https://*",
     "https://a@example.org", "https://example.org:65536", "https://example.org:x", "https://\u2028.de",
     "//example.org", "", "https://a.example https://b.example", "wss://example.org", "ws://localhost",
     "http://[fe80::1%eth0]:8080"],
)  # fmt: skip
def test_an_origin_that_no_browser_sends_is_refused_at_the_start(given: str) -> None:
    """It would never fit; the line shows what would."""
    assert complaint("--allow-origin", given) == (
        f"allow_origin must be like https://example.org, not {given!r}"
    )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("chat.example.org", "chat.example.org"),
        ("Chat.Example.org.:8443", "chat.example.org"),
        ("b\xfccher.example", "xn--bcher-kva.example"),
        ("[0::1]:80", "::1"),
        ("my_box", "my_box"),
    ],
)
def test_a_host_name_is_compared_without_case_and_port(given: str, name: str) -> None:
    """A port does not tell servers apart."""
    assert Config(host_name=(given,)).host_name == (name,)


@pytest.mark.parametrize(
    "given", ["https://example.org", "a/b", "", "a..b", "*", "x" * 64, "a\u2028b"]
)
def test_a_host_name_that_cannot_be_is_refused_at_the_start(given: str) -> None:
    """The line shows what would be one."""
    assert complaint("--host-name", given) == (
        f"host_name must be a name such as chat.example.org, not {given!r}"
    )


@pytest.mark.parametrize(
    ("given", "host"),
    [("LocalHost", "localhost"), ("[::1]", "::1"), ("0x7f000001", "127.0.0.1"),
     ("127.1", "127.0.0.1"), ("fe80::1%eth0", "fe80::1%eth0"), ("0:0::0", "::")],
)  # fmt: skip
def test_the_host_is_kept_in_normal_form(given: str, host: str) -> None:
    """However it is written."""
    assert Config(host=given).host == host


@pytest.mark.parametrize("name", ["debug", "loopback_limits"])
def test_a_switch_needs_no_value(name: str) -> None:
    """The flag alone turns it on; a variable or a file says 'on'."""
    flag = "--" + name.replace("_", "-")
    given = [load_config(arguments, {}) for arguments in ([], [flag], [flag, "on"], [flag, "off"])]
    assert [getattr(config, name) for config in given] == ["off", "on", "on", "off"]
    assert complaint(flag, "yes") == f"{name} must be one of off, on, not 'yes'"


@pytest.mark.parametrize(
    "given", ["", " ", "http://localhost", "localhost:80", "1.2.3.4.5", "a b", "[a]"]
)
def test_a_host_that_cannot_be_is_refused_at_the_start(given: str) -> None:
    """Before the system looks for it."""
    assert complaint("--host", given) == f"host must be an address or a name, not {given!r}"


def test_files_are_paths() -> None:
    """Certificate and key are kept as paths."""
    config = load_config(["--certfile", "c.pem", "--keyfile", "k.pem"], {})
    assert (config.certfile, config.keyfile) == (Path("c.pem"), Path("k.pem"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "many"], "--port must be a whole number, not 'many'"),
        (["--port", "1.5"], "--port must be a whole number, not '1.5'"),
        (["--port", "-1"], "port must be at least 0, not -1"),
        (
            ["--all-outbox-bytes", "10000"],
            "all_outbox_bytes (10000) must be at least outbox_bytes (1048576)",
        ),
        (
            ["--recent-bytes", "100000000"],
            "all_recent_bytes (67108864) must be at least recent_bytes (100000000)",
        ),
        (
            ["--all-replay-bytes", "0"],
            "all_replay_bytes (0) must be at least replay_bytes (262144)",
        ),
        (
            ["--reactions-per-message", "7", "--changes-per-message", "6"],
            "changes_per_message (6) must be at least reactions_per_message (7)",
        ),
        (
            ["--changes-per-message", "4001"],
            "changes_per_message must be at most 4000, not 4001",
        ),
        (
            ["--reactions-per-message", "1001"],
            "reactions_per_message must be at most 1000, not 1001",
        ),
        (["--look-ups", "0"], "look_ups must be at least 1, not 0"),
        (["--port", "65536"], "port must be at most 65535, not 65536"),
        (["--ping-interval", "soon"], "--ping-interval must be a number, not 'soon'"),
        (["--ping-interval", "inf"], "--ping-interval must be a number, not 'inf'"),
        (["--log-format", "xml"], "log_format must be one of auto, console, json, not 'xml'"),
        (["--keyfile", "k.pem"], "keyfile needs certfile"),
        (["--pong-timeout", "30"], "pong_timeout (30.0) must be less than ping_interval (25.0)"),
        (
            ["--frame-limit", "2000000"],
            "outbox_bytes (1048576) must be more than frame_limit (2000000)",
        ),
        (["--room-limit", "4"], "room_limit must be at least 5, not 4"),
        (
            ["--frame-limit", "3999"],
            "text_limit (4000) must be at most frame_limit (3999)",
        ),
        (
            ["--page-bytes", "600000"],
            "page_bytes (600000) must be at most half of outbox_bytes (1048576)",
        ),
        (
            ["--call-timeout", "60"],
            "call_timeout (60.0) must be less than http_timeout (60.0)",
        ),
        (["--http-timeout", "2"], "call_timeout (5.0) must be less than http_timeout (2.0)"),
        (["--read-timeout", "90"], "read_timeout (90.0) must be less than http_timeout (60.0)"),
        (["--keep-days", "1e300"], "keep_days must be at most 36500, not 1e+300"),
        (
            ["--access", "vip"],
            "access must be one of open, password, token, proxy, invite, not 'vip'",
        ),
        (["--access", "password"], "access=password needs access_password_file"),
        (["--access-password-file", "f"], "access_password_file needs access=password"),
        (["--access", "token", "--token-key", "f"], "access=token needs token_audience"),
        (
            ["--access", "token", "--token-key", "f", "--token-audience", " "],
            "access=token needs token_audience",
        ),
        (["--access", "token", "--token-audience", "a"], "access=token needs token_key"),
        (["--token-key", "f"], "token_key needs access=token"),
        (["--token-jwks", "f"], "token_jwks needs access=token"),
        (
            [*TOKEN, "--token-jwks", "f"],
            "token_key and token_jwks cannot be given together",
        ),
        (["--access", "proxy"], "access=proxy needs access_header"),
        ([*PROXY, "Remote-User"], "access=proxy needs trusted_proxy"),
        (
            [*PROXY, "a b", "--trusted-proxy", "::1"],
            "access_header must be a header's name, not 'a b'",
        ),
        (
            [*PROXY, "X-User", "--trusted-proxy", "0.0.0.0/0"],
            "trusted_proxy 0.0.0.0/0 would let everybody be anybody",
        ),
        (
            [*PROXY, "X-User", "--trusted-proxy", "::1", "--trusted-proxy", "2001:db8::/0"],
            "trusted_proxy ::/0 would let everybody be anybody",
        ),
        (
            [*PROXY, "X-User", "--trusted-proxy", "::1", "--allow-origin", "*"],
            "allow_origin '*' would let any page act as whoever opens it, with access=proxy",
        ),
        (
            ["--trusted-proxy", "proxy.example"],
            "trusted_proxy must be an address or a network such as 10.0.0.0/8, not 'proxy.example'",
        ),
        (["--prot", "80"], "unrecognized arguments: --prot 80 (--help lists the options)"),
        (["--port"], "argument --port: expected one argument (--help lists the options)"),
        (["--config", "/nowhere.toml"], "cannot read /nowhere.toml: No such file or directory"),
    ],
)
def test_wrong_flags_are_told_in_one_line(arguments: list[str], message: str) -> None:
    """The line names the flag, what is wrong, and what would be right."""
    assert complaint(*arguments) == message


MEANINGFUL = [
    *("Host", "Cookie", "Authorization", "ORIGIN", "Referer", "User-Agent", "Accept", "Via"),
    *("Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect"),
    *("Proxy-Authorization", "Proxy-Connection", "Content-Length", "Content-Type", "Forwarded"),
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Room-Link"),
    *("Sec-Fetch-Site", "Sec-WebSocket-Key", "Access-Control-Request-Method", "Last-Event-ID"),
]


@pytest.mark.parametrize("header", MEANINGFUL)
def test_a_header_with_another_meaning_names_nobody(header: str) -> None:
    """Browsers and programs send it, so a proxy passes it on as its sender made it up."""
    assert complaint(*PROXY, header, "--trusted-proxy", "::1") == (
        f"access_header must be a header for this alone, such as Remote-User: {header} has "
        "another meaning"
    )


@pytest.mark.parametrize(
    "header", ["Remote-User", "X-Forwarded-User", "X-Auth-Request-Email", "From", "OIDC_CLAIM_sub"]
)
def test_headers_in_which_proxies_name_people(header: str) -> None:
    """As those of the usual proxies."""
    config = load_config([*PROXY, header, "--trusted-proxy", "10.0.0.0/8"], {})
    assert config.access_header == header


def test_ways_in_are_repeated_or_listed() -> None:
    """Each counts once; without any the server is open."""
    assert Config().access == ("open",)
    given = ["--access", "open,password", "--access=password"]
    config = load_config(given, {"TRIO_CHAT_ACCESS_PASSWORD": "\x07sesame"})
    assert config.access == ("open", "password")
    assert config.access_password == "\x07sesame"  # noqa: S105 - of a test


def test_a_password_is_shown_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    """No flag sets it, as all users of a machine see flags; no command prints it."""
    environment = {"TRIO_CHAT_ACCESS_PASSWORD": "sesame"}
    assert "sesame" not in repr(load_config(["--access", "password"], environment))
    message = complaint("--access-password", "sesame")
    assert message == "unrecognized arguments: --access-password sesame (--help lists the options)"
    assert complaint("--access", "open", environment=environment) == (
        "access_password needs access=password"
    )
    both = ["--access", "password", "--access-password-file", "f"]
    assert complaint(*both, environment=environment) == (
        "access_password and access_password_file cannot be given together"
    )


@pytest.mark.parametrize("settings", [["database"], ["database", "files", "room_limit"]])
@pytest.mark.parametrize("text", ["", 'access = ["password"]\naccess_password_file = "f"\n'])
def test_ways_in_are_for_servers_alone(tmp_path: Path, text: str, settings: list[str]) -> None:
    """Other commands let nobody in, and have the password that is meant for connect beside them."""
    file = tmp_path / "chat.toml"
    file.write_text(f'{text}database = "it"\n')
    environment = {"TRIO_CHAT_CONFIG": str(file), "TRIO_CHAT_ACCESS_PASSWORD": "sesame"}
    _, config = CommandLine("rooms", "It.", settings).read([], environment)
    assert config == Config(database="it")


def test_check_config_hides_the_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says that there is one."""
    monkeypatch.setenv("TRIO_CHAT_ACCESS_PASSWORD", "sesame")
    assert main(["check-config", "--access", "password"]) == 0
    shown = capsys.readouterr().out
    assert "sesame" not in shown
    assert re.search(r"^access_password\b.*hidden.*TRIO_CHAT_ACCESS_PASSWORD", shown, re.MULTILINE)


def test_wrong_variables_are_told_in_one_line() -> None:
    """A misspelt variable is not ignored."""
    assert complaint(environment={"TRIO_CHAT_PROT": "80"}) == (
        "unknown setting TRIO_CHAT_PROT in the environment"
    )
    assert complaint(environment={"TRIO_CHAT_PORT": "x"}) == (
        "TRIO_CHAT_PORT must be a whole number, not 'x'"
    )


def test_variables_of_kubernetes_are_no_settings() -> None:
    """It sets these for a service named "trio-chat"; one that is a setting, and right, counts."""
    links = {
        "TRIO_CHAT_SERVICE_HOST": "10.0.0.12",
        "TRIO_CHAT_SERVICE_PORT": "8080",
        "TRIO_CHAT_SERVICE_PORT_HTTP": "8080",
        "TRIO_CHAT_PORT": "tcp://10.0.0.12:8080",
        "TRIO_CHAT_PORT_8080_TCP": "tcp://10.0.0.12:8080",
        "TRIO_CHAT_PORT_8080_TCP_PROTO": "tcp",
        "TRIO_CHAT_PORT_8080_TCP_PORT": "8080",
        "TRIO_CHAT_PORT_8080_TCP_ADDR": "10.0.0.12",
    }
    assert load_config([], links) == Config()
    assert load_config([], {**links, "TRIO_CHAT_PORT": "80"}).port == 80
    for variable in (
        "TRIO_CHAT_PROT",
        "TRIO_CHAT_SERVICE",
        "TRIO_CHAT_PORT_8080",
        "TRIO_CHAT_NAME",
    ):
        assert complaint(environment={**links, variable: "80"}) == (
            f"unknown setting {variable} in the environment"
        )


def test_the_variable_of_another_command_is_no_setting() -> None:
    """A link may be set where a server is started, too."""
    assert load_config([], {"TRIO_CHAT_LINK": "http://localhost:8080/r/tea#s3cret"})


def test_variables_of_docker_and_of_other_services_are_no_settings() -> None:
    """Links of containers, and services whose names begin like ours."""
    links = {
        "TRIO_CHAT_NAME": "/web/trio-chat",
        "TRIO_CHAT_PORT": "udp://172.17.0.5:53",
        "TRIO_CHAT_PORT_53_UDP_START": "udp://172.17.0.5:53",
        "TRIO_CHAT_PORT_53_UDP_PORT_END": "54",
        "TRIO_CHAT_ENV_PYTHON_VERSION": "3.11",
        "TRIO_CHAT_DB_SERVICE_HOST": "10.0.0.13",
        "TRIO_CHAT_DB_SERVICE_PORT_SQL": "5432",
        "TRIO_CHAT_DB_PORT": "tcp://[fd00::1]:5432",
        "TRIO_CHAT_DB_PORT_5432_TCP_ADDR": "fd00::1",
        "TRIO_CHAT_DB_NAME": "/web/db",
        "TRIO_CHAT_DB_ENV_USER": "ann",
    }
    assert load_config([], links) == Config()
    assert complaint(environment={"TRIO_CHAT_HOST_NAME": "/web/db"}).startswith("host_name must")
    assert complaint(environment={"TRIO_CHAT_DB_PORT": "5432"}).startswith("unknown setting")


def test_an_empty_variable_is_not_set() -> None:
    """As where a file for containers passes on what may be missing; an empty flag is an error."""
    assert load_config([], {"TRIO_CHAT_CERTFILE": "", "TRIO_CHAT_HOST_NAME": ""}) == Config()
    assert complaint("--certfile", "") == "--certfile must be the name of a file, not ''"
    assert complaint("--database", "") == "database must be a file or ':memory:', not ''"
    assert complaint("--config", "").startswith("cannot read .: ")


NUMBERS = [name for name, setting in SETTINGS.items() if setting.type in (int, float)]


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_bounds(name: str) -> None:
    """Nothing negative, endless or larger than the system can count; the bounds themselves work."""
    setting = SETTINGS[name]
    assert isinstance(setting.type, type)
    lowest, highest = (setting.metadata[bound] for bound in ("least", "most"))
    for wrong in (-1, lowest - 1, highest * 2, float("inf"), -float("inf"), float("nan")):
        values: dict[str, Any] = {name: wrong}
        with pytest.raises(ConfigError, match=f"^{name} must be at (least|most) [0-9.]+, not "):
            Config(**values)
    for text in (
        "nan",
        "inf",
        "-inf",
        "1e400",
        "",
        "0x10",
        "1 000",
        "--5",
        "1_0",
        "\uff11",
        "٣",
        "9" * 5000,
    ):
        flag = "--" + name.replace("_", "-")
        assert complaint(f"{flag}={text}").startswith(f"{flag} must be a ")


@pytest.mark.parametrize("name", ["database", "certfile", "keyfile"])
def test_control_characters_in_names_of_files_are_refused(name: str, tmp_path: Path) -> None:
    """The system takes no NUL, and the others are mistakes."""
    file = tmp_path / "chat.toml"
    for text in ("a\\u0000b", "a\\nb", "\\u007f"):
        file.write_text(f'{name} = "{text}"')
        line = complaint("--config", str(file))
        assert line.startswith(f"{name} must have no control characters")
        assert line.isprintable()


def test_control_characters_in_paths_of_sockets_are_refused() -> None:
    """As in the names of other files; blanks around a place are none."""
    line = complaint("--listen", "unix:/run/a\nb.sock")
    assert line.startswith("listen must have no control characters")
    assert load_config(["--listen", "unix:/run/a.sock\n"], {}).listen == ("unix:/run/a.sock",)


TEXTS = [
    name
    for name, setting in SETTINGS.items()
    if setting.type is str and setting.metadata["group"] != SECRET and name != "database"
]


@pytest.mark.parametrize("name", TEXTS)
def test_texts_that_are_not_utf_8_are_refused(name: str) -> None:
    """From a flag and from a variable: they are shown in pages and sent, which take UTF-8 alone."""
    text = "caf\udce9"  # what Python makes of the byte e9
    for line in (
        complaint(f"--{name.replace('_', '-')}={text}"),
        complaint(environment={f"TRIO_CHAT_{name.upper()}": text}),
    ):
        assert line.startswith(f"{name} must have no bytes that are not UTF-8")
        assert line.isprintable()


def test_names_of_files_may_be_any_bytes() -> None:
    """The system asks for no more; a database's URL is a text."""
    for name in ("database", "certfile", "files"):
        config = load_config([f"--{name}=caf\udce9"], {})
        assert str(getattr(config, name)) == "caf\udce9"
    assert load_config(["--listen=unix:caf\udce9"], {}).listen == ("unix:caf\udce9",)
    assert "not UTF-8" in complaint("--database=postgresql://caf\udce9")


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """As some editors write it."""
    file = tmp_path / "chat.toml"
    file.write_bytes(b"\xef\xbb\xbfport = 80\n")
    assert load_config(["--config", str(file)], {}).port == 80


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 80", "unknown setting 'prot' (did you mean port?)"),
        ("allow-origin = []", "unknown setting 'allow-origin' (did you mean allow_origin?)"),
        ("x = 1", "unknown setting 'x'"),
        ('port = "80 "', "port must be a whole number, not '80 '"),
        ("port = true", "port must be a whole number, not True"),
        ("ping_interval = true", "ping_interval must be a number, not True"),
        ("ping_interval = nan", "ping_interval must be a number, not nan"),
        ("ping_interval = []", "ping_interval must be a number, not []"),
        (f"ping_interval = 1{'0' * 400}", "ping_interval must be a number, not 1000"),
        ("port = 2026-01-01", "port must be a whole number, not datetime.date(2026, 1, 1)"),
        (f"x = {'[' * 10_000}", "recursion"),
        ("certfile = 5", "certfile must be a text, not 5"),
        ("host = 1", "host must be a text, not 1"),
        ('allow_origin = "a"', "allow_origin must be a list of texts, not 'a'"),
        ("allow_origin = [1]", "allow_origin must be a list of texts, not [1]"),
        ("port = ", "Invalid value"),
        ("\udcff", "is not UTF-8"),
    ],
)
def test_wrong_files_are_told_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    """The line names the file."""
    file = tmp_path / "chat.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    line = complaint("--config", str(file))
    assert line.startswith(str(file))
    assert message in line
    assert "\n" not in line


def test_wrong_usage_exits_with_2_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, no page of usage."""
    assert main(["--port", "many"]) == BAD_USAGE
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "trio-chat: --port must be a whole number, not 'many'\n"


def test_help_names_every_setting_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer finds everything in one place."""
    assert main(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, setting in Config.__dataclass_fields__.items():
        flag = "--" + name.replace("_", "-") + " "
        assert (flag in text) == (setting.metadata["group"] != SECRET)
    assert "(default: 8080)" in text


def test_help_says_the_unit_of_each_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """As the text about it does: seconds are for times; others begin with their unit."""
    assert main(["--help"]) == 0
    units = dict(re.findall(r"^  --(\S+) (\S+)", capsys.readouterr().out, re.MULTILINE))
    for name, setting in SETTINGS.items():
        unit, first = units.get(name.replace("_", "-")), setting.metadata["help"].split()[0]
        if unit in ("SECONDS", "DAYS", "HOURS", "BYTES", "FOLDER"):
            assert first == ("time" if unit == "SECONDS" else unit.lower())
        elif unit != "RATE":
            assert first not in ("time", "bytes", "days", "hours", "folder")
    assert units["backup-every"] == "HOURS"
    assert units["files"] == units["backup-folder"] == "FOLDER"
    assert (units["fan-out"], units["debug"]) == ("WAY", "[on|off]")


def test_connections_are_capped_by_the_descriptor_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a lower cap is given; one that cannot be kept is of no use."""
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, 4096))
    assert Config(max_connections=5000).connection_cap() == 1024 - DESCRIPTOR_RESERVE
    assert Config().connection_cap() == 1024 - DESCRIPTOR_RESERVE
    assert Config(max_connections=5).connection_cap() == 5
