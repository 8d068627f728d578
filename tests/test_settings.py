"""What settings are read from, what they become, and what each mistake is answered with."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cli.common import settings_or_exit
from bot.core.timing import Timing
from bot.settings import Settings, SettingsError, load, setting_names
from tests.settings_tables import DOCUMENT, TABLES, tables

SECRET = "hunter2Wq8Zt4Lm9"
RUN = {
    "SLACK__BOT_TOKEN": "xoxb-1",
    "SLACK__APP_TOKEN": "xapp-1",
    "SLACK__CHANNEL": "C0123456789",
    "ARGOCD__URL": "https://argocd.example.com",
    "ARGOCD__TOKEN": SECRET,
}


def loaded(values: dict[str, str], *, needed_for_run: bool = False, env_file: Path | None = None) -> Settings:
    environ = {f"GITOPS_BOT_{name}": value for name, value in values.items()}
    return load(environ, env_file=env_file, needed_for_run=needed_for_run)


def mistakes(values: dict[str, str], *, needed_for_run: bool = False, env_file: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        loaded(values, needed_for_run=needed_for_run, env_file=env_file)
    return caught.value.sentences


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        pytest.param("WEB__PORT", "http", "is «http»; it must be a whole number from 0 to 65535.", id="port text"),
        pytest.param(
            "WEB__PORT", "65536", "is «65536»; it must be a whole number from 0 to 65535.", id="port too high"
        ),
        pytest.param(
            "WEB__TLS_CERT",
            "/nowhere/tls.crt",
            "is «/nowhere/tls.crt», but there is no such file; it must be the path of a file that exists.",
            id="no such file",
        ),
        pytest.param(
            "SLACK__BOT_TOKEN",
            f"xoxp-{SECRET}",
            "has a wrong value (not shown: it doesn't start with xoxb-); "
            "it must be a bot token (it starts with xoxb-).",
            id="user token for a bot's",
        ),
        pytest.param(
            "SLACK__APP_TOKEN",
            f"xoxb-{SECRET}",
            "has a wrong value (not shown: it doesn't start with xapp-); "
            "it must be an app-level token (it starts with xapp-).",
            id="tokens swapped",
        ),
        pytest.param(
            "SLACK__SIGNING_SECRET",
            f"{SECRET} {SECRET}",
            "has a wrong value (not shown: it has blanks or characters outside ASCII); "
            "it must be the app's signing secret, without blanks.",
            id="secret with a blank",
        ),
        pytest.param(
            "SLACK__CHANNEL",
            "#incidents",
            "is «#incidents»; it must be a channel id such as C0123456789, not a name.",
            id="channel name",
        ),
        pytest.param("SLACK__MODE", "https", "is «https»; it must be socket or http.", id="choice"),
        pytest.param(
            "ARGOCD__URL",
            "argocd.example.com",
            "is «argocd.example.com», but it doesn't start with http:// or https://; "
            "it must be an http or https address without credentials.",
            id="address without scheme",
        ),
        pytest.param(
            "ARGOCD__URL",
            f"https://admin:{SECRET}@argocd.example.com",
            "is «https://[redacted]@argocd.example.com», but it carries credentials; "
            "it must be an http or https address without credentials.",
            id="address with a password",
        ),
        pytest.param(
            "ARGOCD__URL",
            "https://argocd.example.com:x",
            "is «https://argocd.example.com:x», but its host or port can't be read; "
            "it must be an http or https address without credentials.",
            id="address with a wrong port",
        ),
        pytest.param("ARGOCD__VERIFY_TLS", "perhaps", "is «perhaps»; it must be true or false.", id="boolean"),
        pytest.param(
            "KUBERNETES__NAMESPACES",
            "shop,Pay Roll",
            "item 2 is «Pay Roll»; it must be a comma-separated list (or JSON list) of namespaces.",
            id="namespace",
        ),
        pytest.param(
            "DATABASE__URL",
            f"mysql://bot:{SECRET}@db/bot",
            "has a wrong value (not shown: it is neither SQLite nor PostgreSQL); "
            "it must be sqlite:///path, sqlite:////absolute/path or postgresql://user:password@host/name.",
            id="database",
        ),
        pytest.param(
            "DATABASE__URL",
            f"postgresql://bot:{SECRET}:x@db:y/bot",
            "has a wrong value (not shown: its host or port can't be read); "
            "it must be sqlite:///path, sqlite:////absolute/path or postgresql://user:password@host/name.",
            id="database port",
        ),
        pytest.param(
            "DATABASE__URL",
            "sqlite:///:memory:",
            "has a wrong value (not shown: it names no file); "
            "it must be sqlite:///path, sqlite:////absolute/path or postgresql://user:password@host/name.",
            id="database in memory",
        ),
        pytest.param(
            "KNOWLEDGE__PATHS",
            "/,/nowhere",
            "is «/,/nowhere», but /nowhere is no folder; "
            "it must be a comma-separated list (or JSON list) of folders that exist.",
            id="folder",
        ),
        pytest.param(
            "GIT__REWRITES",
            "https://a=https://b",
            "is «https://a=https://b», but the JSON is broken at character 1: Expecting value; "
            "it must be a JSON object of addresses.",
            id="map",
        ),
        pytest.param(
            "GIT__CREDENTIALS",
            json.dumps({"https://github.com/": SECRET}),
            "has a wrong value (not shown: a credential isn't user:token); "
            "it must be a JSON object of address prefixes to user:token.",
            id="credentials",
        ),
        pytest.param(
            "REGISTRY__MIRRORS",
            '{"docker.io": "mirror.example.com"}',
            'is «{"docker.io": "mirror.example.com"}», but it doesn\'t start with http:// or https://; '
            "it must be a JSON object of addresses.",
            id="mirror",
        ),
        pytest.param(
            "POLICY__ACTORS",
            "@alice",
            "item 1 is «@alice»; "
            "it must be a comma-separated list (or JSON list) of Slack user ids such as U0123456789.",
            id="user name",
        ),
        pytest.param(
            "TIMING__CLEAR_AFTER", "soon", "is «soon»; it must be a duration such as 90s or 1h30m.", id="duration"
        ),
        pytest.param(
            "TIMING__CLEAR_AFTER",
            "-5s",
            "is «-5s»; it must be a duration such as 90s or 1h30m.",
            id="negative duration",
        ),
        pytest.param(
            "TIMING__FOLLOW_POLL",
            "0s",
            "is «0s»; it must be a duration above zero, such as 5s or 15m.",
            id="no duration at all",
        ),
        pytest.param(
            "TIMING__RETENTION",
            "9999d",
            "is «9999d», but it is more than ten years; it must be a duration above zero, such as 5s or 15m.",
            id="endless duration",
        ),
        pytest.param("LOG__LEVEL", "loud", "is «loud»; it must be debug, info, warning or error.", id="level"),
        pytest.param("LOG__FORMAT", "x" * 500, f"is «{'x' * 79}…»; it must be auto, json or console.", id="long value"),
        pytest.param(
            "ARGOCDS",
            '[{"name": "eu", "token": "' + SECRET,
            "has a wrong value (not shown: the JSON is broken at character 26: Unterminated string starting at); "
            'it must be a JSON list of objects, e.g. [{"name": "prod", "url": "https://argocd.example.com", '
            '"token": "…"}].',
            id="broken list",
        ),
        pytest.param(
            "ARGOCDS",
            '[{"name": "eu", "url": "ftp://x"}]',
            "item 1, url is «ftp://x», but it doesn't start with http:// or https://; "
            "it must be an http or https address without credentials.",
            id="wrong field of an item",
        ),
        pytest.param(
            "ARGOCDS",
            '[{"name": "eu", "tokne": "x"}]',
            "item 1 has no «tokne»; did you mean token?",
            id="misspelt field",
        ),
        pytest.param(
            "ARGOCDS",
            '[{"url": "https://argocd.example.com"}]',
            "item 1, name is not set; it must be a short name of letters, digits, . _ and -.",
            id="item without a name",
        ),
        pytest.param(
            "CLUSTERS",
            '[{"name": "eu", "destinations": ["eu"], "kubernetes": {"kubeconfig": "/nowhere"}}]',
            "item 1, kubernetes, kubeconfig is «/nowhere», but there is no such file; "
            "it must be the path of a file that exists.",
            id="deep in an item",
        ),
        pytest.param(
            "CLUSTERS",
            '[{"name": "eu", "destinations": ["eu"], "argocd": "west"}]',
            ": the argocd of eu is «west»; it must be one of: default.",
            id="unknown Argo CD",
        ),
        pytest.param(
            "CLUSTERS",
            '[{"name": "a", "destinations": ["x"]}, {"name": "b", "destinations": ["x", "y"]}]',
            "has two items with the destination default/x; each destination is one cluster.",
            id="one destination, two clusters",
        ),
    ],
)
def test_wrong_value_is_answered_with_one_sentence(name: str, value: str, sentence: str) -> None:
    (said,) = mistakes({name: value})

    assert said.startswith(f"GITOPS_BOT_{name}")
    assert said.removeprefix(f"GITOPS_BOT_{name}").lstrip(" ,") == sentence
    assert SECRET not in said


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        pytest.param(
            {"WEB__TLS_CERT": __file__},
            ["GITOPS_BOT_WEB__TLS_CERT and GITOPS_BOT_WEB__TLS_KEY must be set together"],
            id="half of TLS",
        ),
        pytest.param(
            {"ARGOCDS": '[{"name": "eu"}]', "ARGOCD__TOKEN": SECRET},
            ["GITOPS_BOT_ARGOCDS and GITOPS_BOT_ARGOCD__… are both set; use one of them."],
            id="one Argo CD and several",
        ),
        pytest.param(
            {"ARGOCDS": '[{"name": "eu"}, {"name": "us"}]'},
            [
                "GITOPS_BOT_CLUSTERS is not set; with several Argo CDs it must say which one deploys to which cluster.",
            ],
            id="several Argo CDs, no clusters",
        ),
        pytest.param(
            {
                "ARGOCDS": json.dumps(
                    [{"name": "eu", "webhook_secret": SECRET}, {"name": "us", "webhook_secret": SECRET}]
                ),
                "CLUSTERS": '[{"name": "a", "destinations": ["x"]}]',
            },
            [
                "GITOPS_BOT_ARGOCDS has two items with one webhook_secret; it tells them apart, so each needs its own.",
                "GITOPS_BOT_CLUSTERS: the argocd of a is not set; it must be one of: eu, us.",
            ],
            id="shared webhook secret, cluster without its Argo CD",
        ),
        pytest.param(
            {"WEB__PORT": "x", "LOG__LEVEL": "x", "WEB_HOST": "x"},
            [
                "GITOPS_BOT_WEB_HOST is no setting of the bot; did you mean GITOPS_BOT_WEB__HOST?",
                "GITOPS_BOT_WEB__PORT is «x»; it must be a whole number from 0 to 65535.",
                "GITOPS_BOT_LOG__LEVEL is «x»; it must be debug, info, warning or error.",
            ],
            id="all at once",
        ),
    ],
)
def test_mistakes_between_settings(values: dict[str, str], sentences: list[str]) -> None:
    assert list(mistakes(values)) == sentences


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("SLACK__BOT_TOKE", "did you mean GITOPS_BOT_SLACK__BOT_TOKEN?", id="misspelt"),
        pytest.param("SLACK_BOT_TOKEN", "did you mean GITOPS_BOT_SLACK__BOT_TOKEN?", id="one underscore"),
        pytest.param("ARGOCDS__0__URL", "did you mean GITOPS_BOT_ARGOCD__URL?", id="item by number"),
        pytest.param("COLOUR", "docs/settings.md lists all.", id="nothing near"),
        pytest.param("WEB", "docs/settings.md lists all.", id="a group"),
        pytest.param("PORT", "docs/settings.md lists all.", id="a port that Kubernetes didn't write"),
    ],
)
def test_unknown_name_is_refused(name: str, said: str) -> None:
    assert mistakes({name: SECRET}) == (f"GITOPS_BOT_{name} is no setting of the bot; {said}",)


def test_variables_of_kubernetes_services_are_passed_over() -> None:
    links = {
        "SERVICE_HOST": "10.96.0.7",
        "SERVICE_PORT": "8080",
        "SERVICE_PORT_HTTP": "8080",
        "PORT": "tcp://10.96.0.7:8080",
        "PORT_8080_TCP": "tcp://10.96.0.7:8080",
        "PORT_8080_TCP_PROTO": "tcp",
        "PORT_8080_TCP_PORT": "8080",
        "PORT_8080_TCP_ADDR": "10.96.0.7",
        "METRICS_SERVICE_HOST": "10.96.0.8",
        "METRICS_PORT": "tcp://10.96.0.8:9090",
        "METRICS_PORT_9090_TCP_ADDR": "10.96.0.8",
    }

    assert loaded(links) == loaded({})


def test_defaults() -> None:
    found = loaded({})

    assert (found.web.port, found.slack.mode, found.argocd.verify_tls) == (8080, "socket", True)
    assert found.policy.actors == frozenset()
    for name in Timing.__dataclass_fields__:
        assert getattr(found.timing, name) == getattr(Timing(), name), name


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("90", 90.0, id="seconds"),
        pytest.param("2.5", 2.5, id="fraction"),
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("1h30m", 5400.0, id="compound"),
        pytest.param("1H 30M", 5400.0, id="case and blanks"),
        pytest.param("30d", 2_592_000.0, id="days"),
        pytest.param("0", 0.0, id="zero"),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert loaded({"TIMING__CLEAR_AFTER": text}).timing.clear_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("U0123456789,W0987654321", id="commas"),
        pytest.param(" U0123456789 , W0987654321,, U0123456789", id="blanks, empty items and repeats"),
        pytest.param('["U0123456789", "W0987654321"]', id="JSON"),
    ],
)
def test_lists(text: str) -> None:
    assert loaded({"POLICY__ACTORS": text}).policy.actors == {"U0123456789", "W0987654321"}


def test_maps() -> None:
    found = loaded(
        {
            "GIT__REWRITES": '{"https://github.com/": "http://127.0.0.1:8095/"}',
            "GIT__CREDENTIALS": json.dumps({"https://github.com/": f"bot:{SECRET}"}),
        }
    )

    assert found.git.rewrites == {"https://github.com/": "http://127.0.0.1:8095/"}
    assert found.git.credentials["https://github.com/"].get_secret_value() == f"bot:{SECRET}"
    assert SECRET not in repr(found)


def test_case_of_names_does_not_matter_and_empty_is_none() -> None:
    found = load({"gitops_bot_web__port": "9000\n", "GITOPS_BOT_ARGOCD__TOKEN": " "}, env_file=None)

    assert found.web.port == 9000
    assert found.argocd.token is None


def test_one_setting_in_two_spellings_is_refused() -> None:
    with pytest.raises(SettingsError, match="are the same setting; set it once"):
        load({"gitops_bot_web__port": "1", "GITOPS_BOT_WEB__PORT": "2"}, env_file=None)


def test_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# the bot\nexport GITOPS_BOT_WEB__PORT=9000 # as agreed\nOTHER=1\n"
        "GITOPS_BOT_WEB__HOST=127.0.0.1\nGITOPS_BOT_ARGOCD__TOKEN='a${HOME}$b#c'\n"
    )

    found = loaded({"WEB__HOST": "127.0.0.2"}, env_file=file)

    assert (found.web.port, found.web.host) == (9000, "127.0.0.2")
    assert found.argocd.token is not None
    assert found.argocd.token.get_secret_value() == "a${HOME}$b#c"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            b"\n\nGITOPS_BOT_WEB__PORT 9000\n", ", line 3 can't be read; it must be NAME=value.", id="no sign"
        ),
        pytest.param(b"A=1\nGITOPS_BOT_WEB__PORT\n", ", line 2 can't be read; it must be NAME=value.", id="name alone"),
        pytest.param(b"A='1\n", ", line 1 can't be read; it must be NAME=value.", id="open quote"),
        pytest.param(b"A=\xff\n", " isn't UTF-8 text; save it as UTF-8.", id="not UTF-8"),
    ],
)
def test_broken_env_file(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)

    assert mistakes({}, env_file=file) == (f"{file}{said}",)


def test_env_file_that_is_a_folder(tmp_path: Path) -> None:
    assert mistakes({}, env_file=tmp_path) == (
        f"{tmp_path} can't be read (Is a directory); it must be a readable file, or be absent.",
    )


def test_one_argocd_and_one_cluster_by_default() -> None:
    found = loaded({**RUN, "KUBERNETES__NAMESPACES": "shop"})

    (argocd,) = found.argocd_instances
    (cluster,) = found.watched_clusters
    assert (argocd.name, argocd.url) == ("default", "https://argocd.example.com")
    assert (cluster.name, cluster.argocd) == ("default", "default")
    assert cluster.destinations == ("https://kubernetes.default.svc", "in-cluster")
    assert cluster.kubernetes.namespaces == ("shop",)


def test_several_argocds_and_clusters() -> None:
    found = loaded(
        {
            "ARGOCDS": '[{"name": "eu", "url": "https://eu"}, {"name": "us", "verify_tls": false}]',
            "CLUSTERS": json.dumps(
                [
                    {"name": "eu-1", "argocd": "eu", "destinations": ["in-cluster"]},
                    {"name": "us-1", "argocd": "us", "destinations": "in-cluster,https://10.0.0.1"},
                ]
            ),
        }
    )

    assert [(item.name, item.url, item.verify_tls) for item in found.argocd_instances] == [
        ("eu", "https://eu", True),
        ("us", None, False),
    ]
    assert [(item.name, item.argocd, item.destinations) for item in found.watched_clusters] == [
        ("eu-1", "eu", ("in-cluster",)),
        ("us-1", "us", ("in-cluster", "https://10.0.0.1")),
    ]


def test_a_cluster_belongs_to_the_only_argocd() -> None:
    found = loaded({"ARGOCDS": '[{"name": "eu"}]', "CLUSTERS": '[{"name": "a", "destinations": ["x"]}]'})

    assert found.watched_clusters[0].argocd == "eu"
    assert loaded({"ARGOCDS": '[{"name": "eu"}]'}).watched_clusters[0].argocd == "eu"


@pytest.mark.parametrize(
    ("state_home", "url"),
    [
        pytest.param("/var/lib", "sqlite:////var/lib/gitops-bot/state.db", id="XDG_STATE_HOME"),
        pytest.param("", "sqlite:////home/sre/.local/state/gitops-bot/state.db", id="unset"),
        pytest.param("relative", "sqlite:////home/sre/.local/state/gitops-bot/state.db", id="relative is ignored"),
    ],
)
def test_database_in_the_state_folder(monkeypatch: pytest.MonkeyPatch, state_home: str, url: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", state_home)
    monkeypatch.setenv("HOME", "/home/sre")

    assert loaded({}).database_url == url


def test_user_without_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(self: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", no_home)

    assert mistakes(RUN, needed_for_run=True) == (
        "GITOPS_BOT_DATABASE__URL is not set, and this user has no home folder; set it or XDG_STATE_HOME.",
    )


def test_database_of_ones_own() -> None:
    url = f"postgres://bot:{SECRET}@db:5432/bot?ssl=require"

    assert loaded({"DATABASE__URL": url}).database_url == url.replace("postgres:", "postgresql:")
    assert loaded({"DATABASE__URL": "sqlite:///state.db"}).database_url == "sqlite:///state.db"


def test_what_run_needs() -> None:
    assert loaded(RUN, needed_for_run=True).slack.channel == "C0123456789"
    loaded({})  # nothing is needed for the other commands

    said = mistakes({}, needed_for_run=True)

    assert [sentence.split(" ")[0] for sentence in said] == [f"GITOPS_BOT_{name}" for name in _order(RUN)]
    assert said[0] == (
        "GITOPS_BOT_SLACK__BOT_TOKEN is not set, and `run` needs it; it must be a bot token (it starts with xoxb-)."
    )


def _order(names: dict[str, str]) -> list[str]:
    return sorted(names, key=["SLACK__BOT_TOKEN", "SLACK__CHANNEL", "SLACK__APP_TOKEN", *names].index)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        pytest.param({"SLACK__MODE": "http"}, "GITOPS_BOT_SLACK__SIGNING_SECRET", id="http mode"),
        pytest.param({"SLACK__APP_TOKEN": ""}, "GITOPS_BOT_SLACK__APP_TOKEN", id="socket mode"),
        pytest.param(
            {"ARGOCD__URL": "", "ARGOCD__TOKEN": "", "ARGOCDS": '[{"name": "eu", "url": "https://eu"}]'},
            "GITOPS_BOT_ARGOCDS, item 1, token",
            id="an item's token",
        ),
    ],
)
def test_what_run_needs_depends(change: dict[str, str], missing: str) -> None:
    (said,) = mistakes({**RUN, **change}, needed_for_run=True)

    assert said.startswith(f"{missing} is not set, and `run` needs it; it must be ")


SECRET_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8, max_size=60).map(
    lambda text: f"{SECRET}{text.strip()}{SECRET}"
)
SECRET_NAMES = [
    name for name in setting_names() if name.endswith(("TOKEN", "SECRET", "DATABASE__URL", "CREDENTIALS", "ARGOCDS"))
]


@settings(max_examples=300)
@given(
    name=st.sampled_from(SECRET_NAMES),
    value=SECRET_TEXTS
    | SECRET_TEXTS.map(lambda text: json.dumps({"https://github.com": text}))
    | SECRET_TEXTS.map(lambda text: json.dumps([{"name": "eu", "token": text, "webhook_secret": text + " x"}]))
    | SECRET_TEXTS.map(lambda text: json.dumps([text]))
    | SECRET_TEXTS.map(lambda text: f'[{{"token": "{text}')
    | SECRET_TEXTS.map(lambda text: f"postgresql://bot:{text}:@[db/x"),
)
def test_no_secret_appears_in_an_error(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({name: value, "GITOPS_BOT_WEB__PORT": "x", f"{name}S": value}, env_file=None)

    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@settings(max_examples=200)
@example(name="GITOPS_BOT_WEB__TLS_CERT", value="~nobody-of-that-name/cert")
@given(name=st.sampled_from(setting_names()), value=st.text(st.characters(exclude_characters="\0"), max_size=200))
def test_any_text_gives_settings_or_sentences(name: str, value: str) -> None:
    for sentence in _sentences({name: value}):
        assert sentence.startswith("GITOPS_BOT_")
        assert sentence.isprintable()


def _sentences(environ: dict[str, str]) -> tuple[str, ...]:
    try:
        load(environ, env_file=None)
    except SettingsError as error:
        return error.sentences
    return ()


def test_command_ends_with_status_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("GITOPS_BOT_WEB__PORT=x\n")

    with pytest.raises(typer.Exit) as ended:
        settings_or_exit()

    assert ended.value.exit_code == 2
    assert capsys.readouterr().err == "GITOPS_BOT_WEB__PORT is «x»; it must be a whole number from 0 to 65535.\n"


def test_document_lists_every_setting() -> None:
    written = TABLES.search(DOCUMENT.read_text(encoding="utf-8"))

    assert written is not None
    assert written.group() == tables(), "run `python -m tests.settings_tables` and commit docs/settings.md"
    for name in setting_names():
        assert f"`{name}`" in written.group()
