"""The catalogue of verbs: everything a button may do. Closed, typed, and all of it through Argo CD.

Declarations only; permission, plans and execution are elsewhere. A verb's target must be a typed signal field or a
value that a question confirmed on a live object: message text can be forged by whoever can write an Event.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.evidence import Argument, arguments_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb: its arguments, the Argo CD right it needs, and one line on what it does."""

    name: str
    arguments: tuple[Argument, ...]
    right: str
    doc: str

    @property
    def required(self) -> frozenset[str]:
        """Names of the arguments that can't be left out."""
        return frozenset(argument.name for argument in self.arguments if argument.required)


CATALOGUE: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(name="argocd.sync", arguments=arguments_of("app: app, resources?: list of object, prune?: flag"),
             right="sync", doc="Sync the Application, or only these objects, to the state in Git"),
        Verb(name="argocd.rollback", arguments=arguments_of("app: app, history_id?: text"), right="rollback",
             doc="Roll back by plan: pause auto-sync, go to a history entry, follow, verify, offer to restore"),
        Verb(name="argocd.refresh", arguments=arguments_of("app: app, hard?: flag"), right="get",
             doc="Compare again now; hard: render the manifests anew"),
        Verb(name="argocd.terminate", arguments=arguments_of("app: app"), right="sync",
             doc="End the running operation"),
        Verb(name="argocd.pause", arguments=arguments_of("app: app"), right="action/toggle-auto-sync or update",
             doc="Switch auto-sync off and remember to switch it on again"),
        Verb(name="argocd.restore", arguments=arguments_of("app: app"), right="action/toggle-auto-sync or update",
             doc="Switch auto-sync on again after a pause"),
        Verb(name="argocd.restart", arguments=arguments_of("app: app, object: object"), right="action/apps/*/restart",
             doc="Restart a workload's pods, for a controller that waits too long for its next try"),
    )
}  # fmt: skip
"""Every verb, by name."""
