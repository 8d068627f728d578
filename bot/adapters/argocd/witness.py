"""Answers the catalogue's `argocd.*` questions from one Argo CD, read-only. What an answer means: questions/."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.parse import ParseError, application
from bot.adapters.argocd.questions import application as about
from bot.adapters.argocd.questions import helm, installation, objects, project
from bot.adapters.argocd.values import name, record
from bot.core.inquiry import Answered, Arguments
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, HistoryEntry
from bot.service.ports import PortError, Refused, Unreachable

EARLIER = 4
"""Earlier deployments whose manifests are rendered."""

Read = TypeVar("Read")


class ArgoCDWitness:
    """Implements `investigate.Witness`. Questions asked at the same time share their reads."""

    def __init__(self, client: ArgoCDClient) -> None:
        self._client = client
        self._reading: dict[tuple[str, ...], asyncio.Task[Any]] = {}
        self._answers: Mapping[str, Callable[[Arguments], Awaitable[Answered]]] = {
            "app_health": self._of_state(about.health),
            "app_sync": self._of_state(about.sync),
            "auto_sync": self._auto_sync,
            "condition_gone": self._condition_gone,
            "conditions": self._of_state(about.conditions),
            "last_operation": self._of_state(about.last_operation),
            "operation_result": self._operation_result,
            "operation_messages": self._of_state(about.operation_messages),
            "tracking_owner": self._tracking_owner,
            "declares": self._declares,
            "desires": self._desires,
            "resource_health": self._resource_health,
            "drift": self._of_state(objects.drift),
            "repeated_syncs": self._repeated_syncs,
            "parent": self._of_state(about.parent),
            "application_set": self._application_set,
            "sync_window": self._sync_window,
            "project_permits": self._project_permits,
            "destination_permitted": self._destination_permitted,
            "source_permitted": self._source_permitted,
            "repository_connected": self._repository_connected,
            "cluster_connected": self._cluster_connected,
            "earlier_image": self._earlier_image,
            "values_flag": self._values_flag,
        }

    @property
    def questions(self) -> frozenset[str]:
        """The questions that are answered here."""
        return frozenset(f"argocd.{question}" for question in self._answers)

    async def answer(self, question: str, arguments: Arguments) -> Answered:
        """Ask one question of the catalogue. Raises `Unreachable` or `Refused`."""
        asked = self._answers.get(question.removeprefix("argocd."))
        if asked is None:
            return Answered(value=None, saw=f"this version can't ask {question}")
        return await asked(arguments)

    # -- questions of one Application

    def _of_state(self, tell: Callable[[AppState], Answered]) -> Callable[[Arguments], Awaitable[Answered]]:
        async def answer(arguments: Arguments) -> Answered:
            return tell(await self._state(_app(arguments)))

        return answer

    async def _auto_sync(self, arguments: Arguments) -> Answered:
        document = await self._document(_app(arguments))
        policy = record(record(record(document.get("spec")).get("syncPolicy")).get("automated"))
        return about.auto_sync(self._parsed(document), prune=policy.get("prune") is True)

    async def _condition_gone(self, arguments: Arguments) -> Answered:
        state = await self._state(_app(arguments))
        return about.condition_gone(state, type_=_text(arguments, "type"), contains=_text(arguments, "contains"))

    async def _operation_result(self, arguments: Arguments) -> Answered:
        return about.operation_result(await self._state(_app(arguments)), _reference(arguments))

    async def _repeated_syncs(self, arguments: Arguments) -> Answered:
        document = await self._document(_app(arguments))
        return about.repeated_syncs(self._parsed(document), document)

    async def _values_flag(self, arguments: Arguments) -> Answered:
        return helm.values_flag(await self._document(_app(arguments)), _text(arguments, "key"))

    async def _application_set(self, arguments: Arguments) -> Answered:
        state = await self._state(_app(arguments))
        if not state.application_set:
            return installation.application_set(state, None)
        query = {"appsetNamespace": state.ref.namespace}
        try:
            found = await self._read("applicationsets", state.application_set, query=query)
        except PortError as error:
            return installation.application_set(state, None, str(error))
        return installation.application_set(state, found)

    async def _sync_window(self, arguments: Arguments) -> Answered:
        ref = _app(arguments)
        state, windows = await asyncio.gather(
            self._state(ref), self._read("applications", ref.name, "syncwindows", query={"appNamespace": ref.namespace})
        )
        return installation.sync_window(state, windows)

    # -- questions of its objects

    async def _resource_health(self, arguments: Arguments) -> Answered:
        ref = _app(arguments)
        state, nodes = await asyncio.gather(
            self._state(ref), self._shared(("tree", str(ref)), lambda: self._client.tree(ref))
        )
        return objects.resource_health(state, nodes, _reference(arguments))

    async def _desires(self, arguments: Arguments) -> Answered:
        return await self._desired(_app(arguments), _reference(arguments))

    async def _desired(self, ref: AppRef, wanted: ObjectRef) -> Answered:
        state, managed = await asyncio.gather(
            self._state(ref), self._shared(("managed", str(ref)), lambda: self._client.managed(ref))
        )
        return objects.desires(state, managed, wanted)

    async def _declares(self, arguments: Arguments) -> Answered:
        refs, wanted = arguments["apps"], arguments["object"]
        if not isinstance(refs, tuple) or not isinstance(wanted, ObjectRef):
            raise TypeError("the catalogue gives declares a list of apps and an object")
        told = await asyncio.gather(*(self._desired(ref, wanted) for ref in refs if isinstance(ref, AppRef)))
        flags = [item.value for item in told if isinstance(item.value, bool)]
        saw = "; ".join(item.saw for item in told)
        return Answered(value=tuple(flags) if len(flags) == len(refs) else None, saw=saw)

    async def _tracking_owner(self, arguments: Arguments) -> Answered:
        ref = _app(arguments)
        managed, settings = await asyncio.gather(
            self._shared(("managed", str(ref)), lambda: self._client.managed(ref)), self._read("settings")
        )
        home = name(settings.get("controllerNamespace")) or "argocd"
        label = name(settings.get("appLabelKey")) or objects.INSTANCE
        return objects.tracking_owner(managed, _reference(arguments), home=home, label=label)

    async def _earlier_image(self, arguments: Arguments) -> Answered:
        ref = _app(arguments)
        state, managed = await asyncio.gather(
            self._state(ref), self._shared(("managed", str(ref)), lambda: self._client.managed(ref))
        )
        # What runs is what fails; where nothing is live yet, what Git wants stands for it.
        wanted = objects.images_in(item.target for item in managed if item.target)
        now = wanted | objects.images_in(item.live for item in managed if item.live)
        earlier = [
            entry
            for entry in reversed(state.history)
            if entry.revision != state.revision and (not entry.source or entry.source == state.source)
        ]
        distinct = {entry.revision: entry for entry in reversed(earlier)}
        chosen = sorted(distinct.values(), key=lambda entry: -entry.id)[:EARLIER]
        told = await self._rendered(ref, chosen)
        return objects.earlier_image(state, _text(arguments, "image"), told, now)

    async def _rendered(self, ref: AppRef, entries: Sequence[HistoryEntry]) -> list[tuple[int, str, Sequence[str]]]:
        """History id, revision and manifests. A revision that no longer renders is passed over, if another does."""
        answers = await asyncio.gather(
            *(self._client.manifests(ref, entry.revision) for entry in entries), return_exceptions=True
        )
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        if failures and (len(failures) == len(answers) or not all(isinstance(item, PortError) for item in failures)):
            raise failures[0]
        return [
            (entry.id, entry.revision, answer)
            for entry, answer in zip(entries, answers, strict=True)
            if not isinstance(answer, BaseException)
        ]

    # -- questions of the installation

    async def _project_permits(self, arguments: Arguments) -> Answered:
        state, spec = await self._project(_app(arguments))
        return project.permits_kind(spec, state, group=_text(arguments, "group"), kind=_text(arguments, "kind"))

    async def _destination_permitted(self, arguments: Arguments) -> Answered:
        ref = _app(arguments)
        state, spec = await self._project(ref)
        where = record(record((await self._document(ref)).get("spec")).get("destination"))
        server, bare = name(where.get("server")), name(where.get("name"))
        return project.permits_destination(spec, state, server=server, bare=bare)

    async def _source_permitted(self, arguments: Arguments) -> Answered:
        state, spec = await self._project(_app(arguments))
        return project.permits_source(spec, state)

    async def _project(self, ref: AppRef) -> tuple[AppState, Mapping[str, Any]]:
        state = await self._state(ref)
        return state, record((await self._read("projects", state.project)).get("spec"))

    async def _repository_connected(self, arguments: Arguments) -> Answered:
        url = _text(arguments, "repo")
        return installation.repository_connected(await self._read("repositories", query={"repo": url}), url)

    async def _cluster_connected(self, arguments: Arguments) -> Answered:
        cluster, place = _text(arguments, "cluster"), self._client.place
        destinations = {cluster, cluster.removeprefix(f"{place.argocd}/")}
        destinations |= {where for where, called in place.clusters.items() if called == cluster}
        return installation.cluster_connected(await self._read("clusters"), cluster, destinations=destinations)

    # -- reading

    async def _state(self, ref: AppRef) -> AppState:
        return self._parsed(await self._document(ref))

    async def _document(self, ref: AppRef) -> Mapping[str, Any]:
        return await self._read("applications", ref.name, query={"appNamespace": ref.namespace})

    def _parsed(self, document: Mapping[str, Any]) -> AppState:
        try:
            return application(document, self._client.place)
        except ParseError as error:
            raise Unreachable(f"Argo CD {self._client.name} gave an answer that can't be read: {error}") from error

    async def _read(self, *path: str, query: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        asked = {key: value for key, value in (query or {}).items() if value}
        key = (*path, *(f"{name}={value}" for name, value in sorted(asked.items())))
        return await self._shared(key, lambda: self._client.document(*path, query=asked))

    async def _shared(self, key: tuple[str, ...], read: Callable[[], Coroutine[Any, Any, Read]]) -> Read:
        """One read for all who ask for the same at the same time; one who gives up doesn't end it for the others."""
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(read())
            self._reading[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    def _ended(self, key: tuple[str, ...], task: asyncio.Task[Any]) -> None:
        del self._reading[key]
        if not task.cancelled():
            task.exception()  # those who still wait are told; where nobody does, nobody needs to be


def _app(arguments: Arguments) -> AppRef:
    ref = arguments.get("app")
    if not isinstance(ref, AppRef):
        raise Refused("It isn't known which Application is meant.")
    return ref


def _text(arguments: Arguments, wanted: str) -> str:
    value = arguments.get(wanted, "")
    return value if isinstance(value, str) else ""


def _reference(arguments: Arguments) -> ObjectRef:
    return ObjectRef(
        group=_text(arguments, "group"),
        kind=_text(arguments, "kind"),
        namespace=_text(arguments, "namespace"),
        name=_text(arguments, "name"),
    )
