"""The settings that belong together, each with its default, its meaning and what it wants."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.settings.reading import PREFIX
from bot.settings.values import (
    AppToken,
    BotToken,
    ChannelId,
    DatabaseUrl,
    Destinations,
    Duration,
    ExistingFile,
    HttpUrl,
    Name,
    NameMap,
    Names,
    Paths,
    Period,
    Secret,
    SecretMap,
    UrlMap,
    UserIds,
)


def setting(
    default: Any,  # noqa: ANN401  # fields of any type
    about: str,
    wants: str,
    *,
    needed: str = "",
    secret: bool = False,
    **bounds: Any,  # noqa: ANN401  # pydantic's own
) -> Any:  # noqa: ANN401  # a field of any type
    """A field with its documentation. `wants` completes «it must be …»; a secret's value is never repeated.

    `needed` says who can't do without it; empty: nobody.
    """
    return Field(
        default,
        description=about,
        validate_default=True,
        json_schema_extra={"wants": wants, "needed": needed, "secret": secret},
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
        None, "Bot token.", "a bot token (it starts with xoxb-)", needed="`run`", secret=True
    )
    app_token: AppToken | None = setting(
        None,
        "App-level token for Socket Mode.",
        "an app-level token (it starts with xapp-)",
        needed="`run` in socket mode",
        secret=True,
    )
    signing_secret: Secret | None = setting(
        None,
        "Checks the signature of Slack's requests.",
        "the app's signing secret, without blanks",
        needed="`run` in http mode",
        secret=True,
    )
    channel: ChannelId | None = setting(
        None, "Id of the channel for incidents.", "a channel id such as C0123456789, not a name", needed="`run`"
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
        None,
        "Address of the Argo CD API server.",
        "an http or https address without credentials",
        needed="`run`, `why`, `scan`",
    )
    token: Secret | None = setting(
        None,
        "API token of the bot's account.",
        "an API token, without blanks",
        needed="`run`, `why`, `scan`",
        secret=True,
    )
    ca_file: ExistingFile | None = setting(
        None, "CA certificates (PEM) to trust for this Argo CD.", "the path of a file that exists"
    )
    verify_tls: bool = setting(True, "Whether the server's certificate is checked.", "true or false")  # noqa: FBT003  # the default
    webhook_secret: Secret | None = setting(
        None,
        "What notifications must carry as `Authorization: Bearer …`. While unset, the webhook refuses all.",
        "a secret without blanks",
        needed="the webhook",
        secret=True,
    )


class NamedArgoCD(ArgoCD):
    """One of several Argo CDs."""

    name: Name = setting(
        ..., "Name, as `CLUSTERS` refers to it.", "a short name of letters, digits, . _ and -", needed="each item"
    )


class Alertmanager(Group):
    """The webhook for Prometheus' alerts, `/webhooks/alertmanager`."""

    webhook_secret: Secret | None = setting(
        None,
        "What Alertmanager must send as `Authorization: Bearer …`. While unset, the webhook refuses all.",
        "a secret without blanks",
        needed="the webhook",
        secret=True,
    )
    cluster_label: str = setting(
        "cluster", "The label that says which cluster an alert is about.", "a label's name", min_length=1
    )
    clusters: NameMap = setting(
        {},
        "That label's value → the cluster's name in these settings. A cluster's own name always fits; with a single "
        "cluster and no map, every alert is about it.",
        'a JSON object of names, e.g. {"eu-1": "default"}',
    )


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

    name: Name = setting(
        ..., "Name, as people will read it.", "a short name of letters, digits, . _ and -", needed="each item"
    )
    kubernetes: Kubernetes = setting(
        Kubernetes(), "How it is reached.", "an object with kubeconfig, context, namespaces"
    )
    argocd: Name | None = setting(
        None,
        "The Argo CD that deploys to it; unset: the only one.",
        "the name of one of the Argo CDs",
        needed="each item, with several Argo CDs",
    )
    destinations: Destinations = setting(
        ...,
        "Its servers or names in Applications' destinations.",
        "a list of at least one server or name",
        needed="each item",
        min_length=1,
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
    """How repositories named by Applications are reached. Checked, but not used yet: no question asks Git so far."""

    rewrites: UrlMap = setting(
        {}, "Address prefix → the prefix to use instead (mirrors).", "a JSON object of addresses"
    )
    credentials: SecretMap = setting(
        {}, "Address prefix → `user:token`.", "a JSON object of address prefixes to user:token", secret=True
    )


class Registry(Group):
    """How image registries are reached when an image's platforms and tags are asked for."""

    mirrors: UrlMap = setting({}, "Registry host → address to ask instead.", "a JSON object of addresses")


class Policy(Group):
    """Who may act, and what is worth a thread."""

    actors: UserIds = setting(
        frozenset(),
        "Slack user ids that may do everything. While empty (and without `FILE`), no action button is drawn; anyone "
        "else's click is refused.",
        "a comma-separated list (or JSON list) of Slack user ids such as U0123456789",
    )
    file: ExistingFile | None = setting(
        None,
        "Policy file (YAML): which people may do what to which Applications, instead of `ACTORS`. See docs/actions.md; "
        "`gitops-bot policy check` reads it.",
        "the path of a file that exists",
    )
    unmanaged: Literal["count", "post"] = setting(
        "count", "Failures of objects that no Application owns: only counted, or posted too.", "count or post"
    )


class Timing(Group):
    """Windows and intervals: seconds (`2.5`), or numbers with units (`500ms`, `60s`, `15m`, `24h`, `30d`, `1h30m`)."""

    hold_degraded: Duration = setting(
        "60s", "How long Degraded or Missing waits for its cause.", "a duration such as 90s or 1h30m"
    )
    hold_out_of_sync: Duration = setting(
        "15m", "How long OutOfSync waits for its cause.", "a duration such as 90s or 1h30m"
    )
    hold_symptom: Duration = setting(
        "5s", "How long an error that another may explain waits for that one.", "a duration such as 90s or 1h30m"
    )
    clear_after: Duration = setting(
        "2m", "How long every signal must be gone before an incident is resolved.", "a duration such as 90s or 1h30m"
    )
    reopen_within: Duration = setting(
        "24h", "How long a failure that returns takes its old thread.", "a duration such as 90s or 1h30m"
    )
    not_seen_again: Duration = setting(
        "60m", "When an Event that nothing contradicts is closed.", "a duration such as 90s or 1h30m"
    )
    remember_events: Duration = setting(
        "2h",
        "How long a closed Event is remembered, so that reading it again is no news.",
        "a duration such as 90s or 1h30m",
    )
    alert_silence: Period = setting(
        "9h",
        "How long an alert that isn't repeated is taken to fire still: above twice Alertmanager's `repeat_interval`.",
        "a duration above zero, such as 5s or 15m",
    )
    list_every: Period = setting(
        "3m", "How often all Applications are listed, the safety net.", "a duration above zero, such as 5s or 15m"
    )
    recovery_check_every: Period = setting(
        "60s",
        "How often the controller behind an Event is asked whether it is well again.",
        "a duration above zero, such as 5s or 15m",
    )
    edit_at_most_every: Duration = setting(
        "2s", "The least time between two edits of one message.", "a duration such as 90s or 1h30m"
    )
    question_deadline: Period = setting(
        "5s", "How long one question to a live system may take.", "a duration above zero, such as 5s or 15m"
    )
    follow_poll: Period = setting(
        "1s", "How often a running operation is read.", "a duration above zero, such as 5s or 15m"
    )
    follow_timeout: Period = setting(
        "15m", "When an operation that doesn't end is no longer followed.", "a duration above zero, such as 5s or 15m"
    )
    reconcile_wait: Period = setting(
        "60s",
        "How long the comparison after an operation is waited for, or a sign of a request that got no answer.",
        "a duration above zero, such as 5s or 15m",
    )
    approval_within: Period = setting(
        "15m", "How long a second person's approval is waited for.", "a duration above zero, such as 5s or 15m"
    )
    bake: Period = setting(
        "5m",
        "How long after an action its incident may take to clear before the thread says that it didn't help.",
        "a duration above zero, such as 5s or 15m",
    )
    remind_debt_every: Period = setting(
        "4h", "How often a pause of auto-sync that stands is reminded of.", "a duration above zero, such as 5s or 15m"
    )
    retention: Period = setting(
        "30d",
        "How long what is over is kept. The audit log is kept for ever.",
        "a duration above zero, such as 5s or 15m",
    )


class Log(Group):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "The least important line that is written.", "debug, info, warning or error"
    )
    format: Literal["auto", "json", "console"] = setting(
        "auto", "`json`, `console`, or `auto`: console on a terminal, else json.", "auto, json or console"
    )
