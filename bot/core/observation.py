"""What a reading says is wrong now: Applications, Events and Pods to signals (design §2.1, §2.2).

An Application has several aspects that are evaluated apart: while its sync status is Unknown only the conditions
were, and while an operation is pending neither conditions nor results may be missed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.signals import AppRef, ObjectRef, Signal, Source, make_signal
from bot.core.states import AlertReport, AppState, EventReport, Operation, PodState, ResourceResult

RESULTS_READ = 50
"""Failed results, and missing or degraded resources, looked at in one Application: the first ones tell the cause."""

OPERATION_FAILED = ("Failed", "Error")
STARTING = ("ContainerCreating", "PodInitializing")
"""Waiting reasons of a container that has nothing wrong with it."""


class Aspect(StrEnum):
    """A part of an Application's reading with a life of its own."""

    CONDITIONS = "conditions"
    OPERATION = "operation"
    RESOURCES = "resources"
    STATE = "state"


Aspects = Mapping[Aspect, tuple[Signal, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Where an object belongs: its topmost controller and the Application that manages it (None: unmanaged)."""

    topmost: ObjectRef
    app: AppRef | None


def app_aspects(state: AppState, *, before: Aspects, now: datetime) -> Aspects:
    """The signals true of an Application, given what was true at the last reading.

    Not evaluated is not gone: see the module's docstring.
    """
    conditions = _conditions(state, now)
    if state.operation_pending:
        conditions = _union(conditions, before.get(Aspect.CONDITIONS, ()))
    fresh: dict[Aspect, tuple[Signal, ...]] = {
        Aspect.CONDITIONS: conditions,
        Aspect.OPERATION: _operation(state, before.get(Aspect.OPERATION, ()), now),
    }
    if state.sync == "Unknown":
        fresh[Aspect.RESOURCES] = before.get(Aspect.RESOURCES, ())
        fresh[Aspect.STATE] = before.get(Aspect.STATE, ())
    else:
        fresh[Aspect.RESOURCES] = _resources(state, now)
        fresh[Aspect.STATE] = _states(state, now)
    return fresh


def is_wrapper(signal: Signal) -> bool:
    """Whether a signal only carries what a per-resource result says better: the operation's message, SyncError."""
    return signal.source is Source.ARGOCD_OPERATION or (
        signal.source is Source.ARGOCD_CONDITION and signal.reason == "SyncError"
    )


def is_bare_state(signal: Signal) -> bool:
    """Whether a signal tells that something is wrong without telling what: it waits for its cause."""
    return signal.source is Source.ARGOCD_HEALTH or (
        signal.source is Source.ARGOCD_RESOURCE and signal.reason == "Missing"
    )


def failed_attempt(operation: Operation) -> bool:
    """Whether the operation's current attempt failed: also while it waits for its next retry (facts §2.4)."""
    if operation.phase in OPERATION_FAILED:
        return True
    return operation.phase == "Running" and (
        operation.finished_at is not None or any(result.failed for result in operation.results)
    )


def _conditions(state: AppState, now: datetime) -> tuple[Signal, ...]:
    succeeded = state.operation is not None and state.operation.phase == "Succeeded" and not state.operation.dry_run
    found = [
        make_signal(
            source=Source.ARGOCD_CONDITION,
            reason=condition.type,
            text=condition.message,
            cluster=state.cluster,
            app=state.ref,
            first_seen=now,
        )
        for condition in state.conditions
        if not (condition.type == "SyncError" and succeeded)
    ]
    if state.hydrator_phase == "Failed":
        found.append(
            make_signal(
                source=Source.ARGOCD_CONDITION,
                reason="HydrationFailed",
                text=state.hydrator_message,
                cluster=state.cluster,
                app=state.ref,
                first_seen=now,
            )
        )
    return _distinct(found)


def _operation(state: AppState, before: tuple[Signal, ...], now: datetime) -> tuple[Signal, ...]:
    operation = state.operation
    if operation is None or operation.dry_run:
        return before
    if operation.phase == "Succeeded":
        return ()
    if not failed_attempt(operation):
        return _union(_waiting(state, operation, now), before) if operation.phase == "Running" else before
    results = [result for result in operation.results if result.failed]
    if state.sync == "Synced":
        if state.revision != operation.revision:
            return ()
        results = [result for result in results if result.hook_type]
        if not results:
            return ()
    at = operation.finished_at or now
    found = [result_signal(state, result, at) for result in results[:RESULTS_READ]]
    found.append(
        make_signal(
            source=Source.ARGOCD_OPERATION,
            reason=operation.phase,
            text=operation.message,
            cluster=state.cluster,
            app=state.ref,
            first_seen=at,
        )
    )
    return _distinct(found)


def _waiting(state: AppState, operation: Operation, now: datetime) -> tuple[Signal, ...]:
    """What a running operation says it waits for: a closed window is told nowhere else (facts §8.2)."""
    if not operation.message:
        return ()
    return (
        make_signal(
            source=Source.ARGOCD_OPERATION,
            reason="Running",
            text=operation.message,
            cluster=state.cluster,
            app=state.ref,
            first_seen=operation.started_at or now,
        ),
    )


def result_signal(state: AppState, result: ResourceResult, at: datetime) -> Signal:
    """What an operation says of one resource it failed on."""
    return make_signal(
        source=Source.ARGOCD_RESOURCE,
        reason=result.hook_phase if result.hook_type else "SyncFailed",
        text=result.message,
        cluster=state.cluster,
        app=state.ref,
        object=result.object,
        hook_type=result.hook_type,
        first_seen=at,
    )


def _resources(state: AppState, now: datetime) -> tuple[Signal, ...]:
    """Resources that are desired and absent, and resources that say why they are Degraded."""
    found = []
    for resource in state.resources:
        if resource.hook or resource.requires_pruning:
            continue
        if resource.status == "OutOfSync" and resource.health == "Missing":
            version = f"{resource.object.group}/{resource.version}" if resource.object.group else resource.version
            found.append(
                make_signal(
                    source=Source.ARGOCD_RESOURCE,
                    reason="Missing",
                    text=f"Resource not found in cluster: {version}/{resource.object.kind}:{resource.object.name}",
                    cluster=state.cluster,
                    app=state.ref,
                    object=resource.object,
                    first_seen=now,
                )
            )
        elif resource.health == "Degraded" and resource.health_message:
            found.append(
                make_signal(
                    source=Source.ARGOCD_HEALTH,
                    reason="Degraded",
                    text=resource.health_message,
                    cluster=state.cluster,
                    app=state.ref,
                    object=resource.object,
                    first_seen=now,
                )
            )
        if len(found) == RESULTS_READ:
            break
    return _distinct(found)


def _states(state: AppState, now: datetime) -> tuple[Signal, ...]:
    """The bare states, as sentences. Progressing and Suspended are none."""
    said: list[tuple[str, str]] = []
    if state.health in ("Degraded", "Missing"):
        because = f": {state.health_message}" if state.health_message else ""
        said.append((state.health, f"Application {state.ref.name} is {state.health}{because}"))
    if state.sync == "OutOfSync":
        said.append(("OutOfSync", f"Application {state.ref.name} is OutOfSync"))
    return tuple(
        make_signal(
            source=Source.ARGOCD_HEALTH,
            reason=reason,
            text=text,
            cluster=state.cluster,
            app=state.ref,
            first_seen=now,
        )
        for reason, text in said
    )


def event_signal(report: EventReport, owners: Owners) -> Signal:
    """One Event as a signal. Whether it counts is decided by its match: `type: Normal` is only a hint."""
    return make_signal(
        source=Source.K8S_EVENT,
        reason=report.reason,
        text=report.message,
        cluster=report.cluster,
        app=owners.app,
        object=report.object,
        owner=owners.topmost,
        container=report.container,
        warning=report.warning,
        first_seen=report.first_at,
        last_seen=report.last_at,
        count=report.count,
    )


def alert_signal(report: AlertReport, owners: Owners | None) -> Signal:
    """One firing alert as a signal; `owners` are those of its object, or of what told it."""
    return make_signal(
        source=Source.ALERT,
        reason=report.name,
        text=report.message,
        cluster=report.cluster,
        app=owners.app if owners else None,
        object=report.object,
        owner=owners.topmost if owners and report.object else None,
        node=report.node,
        container=report.container,
        first_seen=report.started_at,
        last_seen=report.seen_at,
    )


def pod_signals(pod: PodState, owners: Owners, *, now: datetime) -> tuple[Signal, ...]:
    """What a Pod's status says is wrong. A terminating Pod is history (design §2.2)."""
    if pod.deleting:
        return ()
    found: list[Signal] = []

    def add(reason: str, text: str, *, container: str = "", image: str = "") -> None:
        found.append(
            make_signal(
                source=Source.POD_STATUS,
                reason=reason,
                text=text or reason,
                cluster=pod.cluster,
                app=owners.app,
                object=pod.object,
                owner=owners.topmost,
                node=pod.node,
                container=container,
                image=image,
                first_seen=now,
                claims=pod.claims,
                secrets=pod.secrets,
                config_maps=pod.config_maps,
                service_account=pod.service_account,
            )
        )

    if pod.phase == "Failed" and (pod.reason or pod.message):
        add(pod.reason, pod.message)
    if pod.scheduled_message:
        add("Unschedulable", pod.scheduled_message)
    for container in pod.containers:
        if container.waiting_reason and container.waiting_reason not in STARTING:
            add(container.waiting_reason, container.waiting_message, container=container.name, image=container.image)
        elif container.exit_code:
            add(
                container.terminated_reason,
                container.terminated_message or f"{container.terminated_reason} (exit code {container.exit_code})",
                container=container.name,
                image=container.image,
            )
        if not container.ready and container.restart_count and container.last_exit_code:
            add(
                container.last_terminated_reason,
                container.last_terminated_message
                or f"{container.last_terminated_reason} (exit code {container.last_exit_code})",
                container=container.name,
                image=container.image,
            )
    return _distinct(found)


def _distinct(found: Iterable[Signal]) -> tuple[Signal, ...]:
    return tuple({signal.fingerprint: signal for signal in reversed(list(found))}.values())[::-1]


def _union(first: tuple[Signal, ...], second: tuple[Signal, ...]) -> tuple[Signal, ...]:
    return _distinct((*first, *second))
