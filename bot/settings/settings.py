"""All settings together: what follows from several of them, and what is wrong between them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings.groups import (
    IN_CLUSTER,
    Alertmanager,
    ArgoCD,
    Database,
    Git,
    Knowledge,
    Kubernetes,
    Log,
    NamedArgoCD,
    Policy,
    Registry,
    Slack,
    Timing,
    WatchedCluster,
    Web,
    setting,
)
from bot.settings.reading import DELIMITER, PREFIX
from bot.settings.sentences import not_set
from bot.settings.values import json_value


class Settings(BaseSettings):
    """All settings. `load` makes them: it alone says which environment counts."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        enable_decoding=False,  # each value's own type reads its text, and says in our words what is wrong with it
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    web: Web = Web()
    slack: Slack = Slack()
    argocd: ArgoCD = ArgoCD()
    argocds: Annotated[tuple[NamedArgoCD, ...], BeforeValidator(json_value)] = setting(
        (),
        "Several Argo CDs, instead of `GITOPS_BOT_ARGOCD__…`; unset: one, called `default`.",
        'a JSON list of objects, e.g. [{"name": "prod", "url": "https://argocd.example.com", "token": "…"}]',
        secret=True,
    )
    alertmanager: Alertmanager = Alertmanager()
    kubernetes: Kubernetes = Kubernetes()
    clusters: Annotated[tuple[WatchedCluster, ...], BeforeValidator(json_value)] = setting(
        (),
        "Several clusters, instead of `GITOPS_BOT_KUBERNETES__…`; unset: one, called `default`, "
        "with the destinations `https://kubernetes.default.svc` and `in-cluster`.",
        'a JSON list of objects, e.g. [{"name": "eu", "kubernetes": {"context": "eu"}, "destinations": ["eu"]}]',
    )
    database: Database = Database()
    knowledge: Knowledge = Knowledge()
    git: Git = Git()
    registry: Registry = Registry()
    policy: Policy = Policy()
    timing: Timing = Timing()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` has read counts; pydantic-settings' own sources pass over misspelled names in silence."""
        return (init_settings,)

    @property
    def argocd_instances(self) -> tuple[NamedArgoCD, ...]:
        """The Argo CDs: those of the list, or the one of `GITOPS_BOT_ARGOCD__…`."""
        return self.argocds or (NamedArgoCD.model_construct(name="default", **dict(self.argocd)),)

    @property
    def watched_clusters(self) -> tuple[WatchedCluster, ...]:
        """The clusters, each with its Argo CD's name and its destinations."""
        only = self.argocd_instances[0].name
        if self.clusters:
            return tuple(
                cluster if cluster.argocd else cluster.model_copy(update={"argocd": only}) for cluster in self.clusters
            )
        return (
            WatchedCluster.model_construct(
                name="default", kubernetes=self.kubernetes, argocd=only, destinations=IN_CLUSTER
            ),
        )

    @property
    def database_url(self) -> str:
        """`sqlite:///path` or `postgresql://…`, with its password. Unset: a file in the state folder of the user.

        Raises RuntimeError for a user without a home folder; `missing_for_run` says so in a sentence.
        """
        chosen = self.database.url.get_secret_value()
        if chosen:
            return chosen
        state = Path(os.environ.get("XDG_STATE_HOME", ""))
        if not state.is_absolute():  # as the XDG specification wants it
            state = Path("~/.local/state").expanduser()
        return f"sqlite:///{state / 'gitops-bot' / 'state.db'}"

    @model_validator(mode="after")
    def _coherent(self) -> "Settings":
        mistakes = [*self._argocd_mistakes(), *self._cluster_mistakes()]
        if self.policy.file and self.policy.actors:
            mistakes.append(f"{PREFIX}POLICY__FILE and {PREFIX}POLICY__ACTORS are both set; use one of them.")
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    def _argocd_mistakes(self) -> Iterator[str]:
        if self.argocds and self.argocd.model_fields_set:
            yield f"{PREFIX}ARGOCDS and {PREFIX}ARGOCD__… are both set; use one of them."
        for name in _repeated([item.name for item in self.argocds]):
            yield f"{PREFIX}ARGOCDS has two items called {name}; each needs its own name."
        secrets = [item.webhook_secret.get_secret_value() for item in self.argocds if item.webhook_secret]
        if _repeated(secrets):
            yield f"{PREFIX}ARGOCDS has two items with one webhook_secret; it tells them apart, so each needs its own."

    def _cluster_mistakes(self) -> Iterator[str]:
        if self.clusters and self.kubernetes.model_fields_set:
            yield f"{PREFIX}CLUSTERS and {PREFIX}KUBERNETES__… are both set; use one of them."
        for name in _repeated([item.name for item in self.clusters]):
            yield f"{PREFIX}CLUSTERS has two items called {name}; each needs its own name."
        names = [item.name for item in self.argocd_instances]
        if len(names) > 1 and not self.clusters:
            yield f"{PREFIX}CLUSTERS is not set; with several Argo CDs it must say which one deploys to which cluster."
        for item in self.clusters:
            if item.argocd not in names and not (item.argocd is None and len(names) == 1):
                got = "is not set" if item.argocd is None else f"is «{item.argocd}»"
                yield f"{PREFIX}CLUSTERS: the argocd of {item.name} {got}; it must be one of: {', '.join(names)}."
        watched = {cluster.name for cluster in self.watched_clusters}
        for value, name in self.alertmanager.clusters.items():
            if name not in watched:
                yield (
                    f"{PREFIX}ALERTMANAGER__CLUSTERS maps {value} to «{name}»; "
                    f"it must be one of: {', '.join(sorted(watched))}."
                )
        places = [f"{item.argocd or names[0]}/{place}" for item in self.clusters for place in item.destinations]
        for place in _repeated(places):
            yield f"{PREFIX}CLUSTERS has two items with the destination {place}; each destination is one cluster."

    def missing_for_run(self) -> tuple[str, ...]:
        """One sentence for each setting that `run` can't do without and that isn't set."""
        wanted: list[tuple[str | int, ...]] = [("slack", "bot_token"), ("slack", "channel")]
        wanted.append(("slack", "app_token" if self.slack.mode == "socket" else "signing_secret"))
        places: list[tuple[str | int, ...]] = [("argocds", index) for index in range(len(self.argocds))]
        wanted.extend((*place, field) for place in places or [("argocd",)] for field in ("url", "token"))
        missing = [not_set(Settings, place) for place in wanted if _value(self, place) is None]
        try:
            _ = self.database_url
        except RuntimeError:
            missing.append(
                f"{PREFIX}DATABASE__URL is not set, and this user has no home folder; set it or XDG_STATE_HOME."
            )
        return tuple(missing)


def _repeated(items: Sequence[str]) -> list[str]:
    return sorted({item for item in items if items.count(item) > 1})


def _value(settings: Settings, place: Sequence[str | int]) -> object:
    found: Any = settings
    for part in place:
        found = found[part] if isinstance(part, int) else getattr(found, part)
    return found
