"""Every setting of the bot, read from the environment and from `.env` in the working directory.

Names are `GITOPS_BOT_` + group + `__` + field. docs/settings.md lists them all; a test holds the two together.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.settings_values import (
    AppToken,
    BotToken,
    ChannelId,
    DatabaseUrl,
    Destinations,
    Duration,
    ExistingFile,
    HttpUrl,
    Name,
    Names,
    Paths,
    Period,
    Secret,
    SecretMap,
    UrlMap,
    UserIds,
)

PREFIX = "GITOPS_BOT_"
DELIMITER = "__"
SHOWN = 80
"""Characters of a wrong value that an error repeats."""


class SettingsError(Exception):
    """The configuration can't be used. `sentences` name each setting, what it got and what it wants."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


def setting(default: Any, about: str, wants: str, *, secret: bool = False, **bounds: Any) -> Any:  # noqa: ANN401  # fields of any type
    """A field with its documentation. `wants` completes «it must be …»; a secret's value is never repeated."""
    return Field(
        default,
        description=about,
        validate_default=False,
        json_schema_extra={"wants": wants, "secret": secret},
        **bounds,
    )


class Group(BaseModel):
    """Settings that belong together. A name that isn't one of its fields is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)


class Web(Group):
    """The bot's own HTTP server."""

    host: str = setting("0.0.0.0", "Address to listen on.", "an address of this machine", min_length=1)  # noqa: S104  # a server in a Pod
    port: int = setting(
        8080, "Port to listen on; 0 takes a free one.", "a whole number from 0 to 65535", ge=0, le=65535
    )
    tls_cert: ExistingFile | None = setting(
        None, "Certificate chain (PEM). With `TLS_KEY`, the server speaks HTTPS.", "the path of a file that exists"
    )
    tls_key: ExistingFile | None = setting(None, "Private key (PEM) of `TLS_CERT`.", "the path of a file that exists")

    @model_validator(mode="after")
    def _both_or_none(self) -> "Web":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError(f"{PREFIX}WEB__TLS_CERT and {PREFIX}WEB__TLS_KEY must be set together")
        return self


class Slack(Group):
    """The Slack app and the channel it speaks in."""

    bot_token: BotToken | None = setting(
        None, "Bot token. Needed by `run`.", "a bot token (it starts with xoxb-)", secret=True
    )
    app_token: AppToken | None = setting(
        None,
        "App-level token for Socket Mode. Needed in socket mode.",
        "an app-level token (it starts with xapp-)",
        secret=True,
    )
    signing_secret: Secret | None = setting(
        None, "Checks the signature of Slack's requests. Needed in http mode.", "the app's signing secret", secret=True
    )
    channel: ChannelId | None = setting(
        None, "Id of the channel for incidents. Needed by `run`.", "a channel id such as C0123456789, not a name"
    )
    base_url: HttpUrl = setting(
        "https://slack.com/api/", "Address of Slack's Web API.", "an http or https address without credentials"
    )
    mode: Literal["socket", "http"] = setting(
        "socket", "How Slack reaches the bot: `socket` needs no public address.", "socket or http"
    )


class ArgoCD(Group):
    """One Argo CD."""

    url: HttpUrl | None = setting(
        None, "Address of the Argo CD API server. Needed by `run`.", "an http or https address without credentials"
    )
    token: Secret | None = setting(None, "API token of the bot's account.", "an API token", secret=True)
    ca_file: ExistingFile | None = setting(
        None, "CA certificates (PEM) to trust for this Argo CD.", "the path of a file that exists"
    )
    verify_tls: bool = setting(True, "Whether the server's certificate is checked.", "true or false")
    webhook_secret: Secret | None = setting(
        None,
        "What notifications must carry as `Authorization: Bearer …`. While unset, the webhook refuses all.",
        "a secret without spaces",
        secret=True,
    )


class NamedArgoCD(ArgoCD):
    """One of several Argo CDs."""

    name: Name = setting(..., "Name, as `CLUSTERS` refers to it.", "a short name of letters, digits, . _ and -")


class Kubernetes(Group):
    """How a cluster is reached. Read only."""

    kubeconfig: ExistingFile | None = setting(
        None,
        "kubeconfig file. While unset, the Pod's own service account is used, if there is one.",
        "the path of a file that exists",
    )
    context: str | None = setting(None, "Context in the kubeconfig; unset: its current one.", "a context's name")
    namespaces: Names = setting(
        (), "Namespaces to watch; empty: all of them.", "a comma-separated list (or JSON list) of namespaces"
    )


class WatchedCluster(Group):
    """One of several clusters."""

    name: Name = setting(..., "Name, as people will read it.", "a short name of letters, digits, . _ and -")
    kubernetes: Kubernetes = setting(
        Kubernetes(), "How it is reached.", "an object with kubeconfig, context, namespaces"
    )
    argocd: Name = setting("default", "The Argo CD that deploys to it.", "the name of one of the Argo CDs")
    destinations: Destinations = setting(
        (), "Its servers or names in Applications' destinations.", "a list of servers or names"
    )


IN_CLUSTER = ("https://kubernetes.default.svc", "in-cluster")


class Database(Group):
    """Where state is kept."""

    url: DatabaseUrl = setting(
        SecretStr(""),
        "SQLite for one machine, PostgreSQL (`pip install gitops-bot[postgres]`) for more.",
        "sqlite:///path, sqlite:////absolute/path or postgresql://user:password@host/name",
        secret=True,
    )


class Knowledge(Group):
    """Where entries come from, besides those that ship with the bot."""

    paths: Paths = setting(
        (),
        "Folders with your own entries; one with a shipped entry's id replaces it.",
        "a comma-separated list (or JSON list) of folders that exist",
    )


class Git(Group):
    """How repositories named by Applications are reached."""

    rewrites: UrlMap = setting(
        {}, "Address prefix → the prefix to use instead (mirrors).", "a JSON object of addresses"
    )
    credentials: SecretMap = setting(
        {}, "Address prefix → `user:token`.", "a JSON object of address prefixes to user:token", secret=True
    )


class Registry(Group):
    """How image registries are reached."""

    mirrors: UrlMap = setting({}, "Registry host → address to ask instead.", "a JSON object of addresses")


class Policy(Group):
    """Who may act, and what is worth a thread."""

    actors: UserIds = setting(
        frozenset(),
        "Slack user ids that may sync and roll back. While empty, no action button is drawn and every click is refused.",
        "a comma-separated list (or JSON list) of Slack user ids such as U0123456789",
    )
    unmanaged: Literal["count", "post"] = setting(
        "count", "Failures of objects that no Application owns: only counted, or posted too.", "count or post"
    )


class Timing(Group):
    """Windows and intervals: seconds (`2.5`), or a number with a unit (`500ms`, `60s`, `15m`, `24h`, `30d`, `1h30m`)."""

    hold_degraded: Duration = setting("60s", "How long Degraded or Missing waits for its cause.", "a duration")
    hold_out_of_sync: Duration = setting("15m", "How long OutOfSync waits for its cause.", "a duration")
    hold_symptom: Duration = setting(
        "5s", "How long an error that another may explain waits for that one.", "a duration"
    )
    clear_after: Duration = setting(
        "2m", "How long every signal must be gone before an incident is resolved.", "a duration"
    )
    reopen_within: Duration = setting("24h", "How long a failure that returns takes its old thread.", "a duration")
    not_seen_again: Duration = setting("60m", "When an Event that nothing contradicts is closed.", "a duration")
    remember_events: Duration = setting(
        "2h", "How long a closed Event is remembered, so that reading it again is no news.", "a duration"
    )
    list_every: Period = setting(
        "3m", "How often all Applications are listed, the safety net.", "a duration above zero"
    )
    recovery_check_every: Period = setting(
        "60s", "How often the controller behind an Event is asked whether it is well again.", "a duration above zero"
    )
    edit_at_most_every: Duration = setting("2s", "The least time between two edits of one message.", "a duration")
    question_deadline: Period = setting(
        "5s", "How long one question to a live system may take.", "a duration above zero"
    )
    follow_poll: Period = setting("1s", "How often a running operation is read.", "a duration above zero")
    follow_timeout: Period = setting(
        "15m", "When an operation that doesn't end is no longer followed.", "a duration above zero"
    )
    reconcile_wait: Period = setting(
        "60s", "How long the comparison after an operation is waited for.", "a duration above zero"
    )
    retention: Period = setting(
        "30d", "How long what is over is kept. The audit log is kept for ever.", "a duration above zero"
    )


class Log(Group):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "The least important line that is written.", "debug, info, warning or error"
    )
    format: Literal["auto", "json", "console"] = setting(
        "auto", "`json`, `console`, or `auto`: console on a terminal, else json.", "auto, json or console"
    )
