"""The active replica at work: observes, decides, speaks, answers and acts, over the ports alone."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.board import Board
from bot.core.cards import IncidentCard, Note, Phrase, phrase
from bot.core.entries import Entry
from bot.core.incidents import Changes, Command, Incident, OutboxRow, State
from bot.core.observation import result_signal
from bot.core.permission import Policy
from bot.core.plans import Wanted
from bot.core.signals import AppRef
from bot.core.states import AlertReport, AppState, ResourceResult
from bot.core.telling import Audience, incident_card
from bot.core.text import fill, placeholders
from bot.core.thread_notes import thread_note
from bot.service.acting import Acting, ActingTimes, acting
from bot.service.ask import Asking
from bot.service.commands import Commands
from bot.service.enrich import OwnerFinder
from bot.service.investigate import Investigator, Witnesses
from bot.service.knowledge import LiveKnowledge
from bot.service.observe import ArgoCDObserver, KubernetesObserver
from bot.service.platforms import LivePlatforms
from bot.service.ports import Chat, Cluster, GitOps, Meter, PortError, Readiness, Store, TemplateStore
from bot.service.respond import Responder
from bot.service.rights import Rights
from bot.service.speak import Speaker
from bot.service.trees import Trees
from bot.service.unknowns import Unknowns

log = structlog.get_logger(__name__)

TICK_EVERY = 0.25
INBOX_EVERY = 1.0
"""Seconds between looks for commands that another replica received."""

PRUNE_EVERY = 3600.0
RIGHTS_WITHIN = 0.3
"""Seconds a card waits for what Argo CD lets the bot do; a button too many is better than a late message."""
ALERTS_AT_ONCE = 8
"""Deliveries of alerts that are decided on at a time; Alertmanager sends the others again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """How often and how long the loops do what they do."""

    list_every: timedelta
    recovery_check_every: timedelta
    edit_at_most_every: timedelta
    acting: ActingTimes


class Desk:
    """Built once; each `run` starts from what is stored, so that a replica may lead, stand by and lead again."""

    def __init__(
        self,
        *,
        make_board: Callable[[], Board],
        knowledge: LiveKnowledge,
        store: Store,
        templates: TemplateStore,
        chat: Chat,
        channel: str,
        gitops: Mapping[str, GitOps],
        argocd_urls: Mapping[str, str],
        clusters: Mapping[str, Cluster],
        witnesses: Witnesses,
        policy: Policy,
        intervals: Intervals,
        readiness: Readiness,
        meter: Meter,
        clock: Callable[[], datetime],
    ) -> None:
        self._make_board = make_board
        self._knowledge = knowledge
        self._entries: Mapping[str, Entry] = knowledge.entries
        self._store = store
        self._templates = templates
        self._chat = chat
        self._channel = channel
        self._gitops = dict(gitops)
        self._clusters = dict(clusters)
        self._witnesses = witnesses
        self._policy = policy
        self._audience = Audience(may=self._may, argocd_urls=argocd_urls)
        self._intervals = intervals
        self._readiness = readiness
        self._meter = meter
        self._clock = clock
        self._deadline = intervals.acting.question_deadline.total_seconds()
        self._rights = Rights(gitops=self._gitops, clock=clock, deadline=self._deadline)
        self._argocd: dict[str, ArgoCDObserver] = {}
        self._commands: Commands | None = None
        self._responder: Responder | None = None
        self._deciding: set[asyncio.Task[None]] = set()

    def look(self, argocd: str, applications: Iterable[AppRef]) -> bool:
        """Read these Applications again; False when too many wait already. A standby leaves it to the active one."""
        observer = self._argocd.get(argocd)
        return observer is None or observer.look(applications)

    async def alerted(self, alerts: Sequence[AlertReport]) -> bool:
        """Decide on alerts and write the result; False where that can't be now: a standby, or too much is waiting.

        A decision goes on although its sender has left: it must not break between deciding and writing.
        """
        if self._responder is None or len(self._deciding) >= ALERTS_AT_ONCE:
            return False
        task = asyncio.create_task(self._responder.decide_now(alerts))
        self._deciding.add(task)
        task.add_done_callback(self._deciding.discard)
        done, _ = await asyncio.wait([task], timeout=self._deadline)
        for ended in done:
            ended.result()
        return bool(done)

    def received(self, command: Command) -> None:
        """A stored command to start at once; a standby leaves it to the active replica."""
        if self._commands is not None:
            self._commands.start(command)

    async def run(self) -> None:
        """Work until cancelled."""
        responder = Responder(
            board=self._make_board(),
            store=self._store,
            owners=OwnerFinder(self._clusters, Trees(self._gitops, deadline=self._deadline)),
            meter=self._meter,
            clock=self._clock,
        )
        speaker = self._speaker(responder)
        investigator = self._investigator(responder)
        responder.on_decision(lambda changes: self._decided(changes, speaker))
        responder.on_decision(investigator.decided)
        unknowns = Unknowns(store=self._templates)
        responder.on_decision(unknowns.decided)
        await self._restored(responder)
        unknowns.restored(responder.board.ledger.standings.values())
        self._argocd = {name: self._argocd_observer(port, responder) for name, port in self._gitops.items()}
        kubernetes = [self._kubernetes_observer(port, responder) for port in self._clusters.values()]
        acting = self._acting(responder, investigator)
        self._commands = commands = acting.commands
        self._responder = responder
        forget = self._knowledge.on_change(lambda: responder.change(lambda board, _now: board.entries_changed()))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(responder.run(tick_every=TICK_EVERY), name="decide")
                tasks.create_task(speaker.run(), name="speak")
                tasks.create_task(investigator.run(), name="investigate")
                tasks.create_task(self._inbox(commands), name="inbox")
                tasks.create_task(self._tidy(), name="tidy")
                tasks.create_task(unknowns.run(), name="count unknown messages")
                tasks.create_task(acting.verifier.run(), name="verify")
                tasks.create_task(acting.debts.run(), name="remind")
                tasks.create_task(self._survey_rights(responder.board), name="rights")
                for argocd in self._argocd.values():
                    tasks.create_task(argocd.run(), name="observe Argo CD")
                for cluster in kubernetes:
                    tasks.create_task(cluster.run(), name="observe Kubernetes")
        finally:
            forget()
            self._argocd = {}
            self._commands = None
            self._responder = None
            await commands.stop()
            await self._rights.stop()

    # -- parts

    def _speaker(self, responder: Responder) -> Speaker:
        return Speaker(
            store=self._store,
            chat=self._chat,
            channel=self._channel,
            card=lambda incident: self._card(responder.board, incident),
            note=_note,
            incident=responder.board.ledger.incidents.get,
            readiness=self._readiness,
            meter=self._meter,
            clock=self._clock,
            edit_every=self._intervals.edit_at_most_every,
        )

    def _investigator(self, responder: Responder) -> Investigator:
        return Investigator(
            entries=self._entries,
            responder=responder,
            witnesses=self._witnesses,
            clock=self._clock,
            deadline=self._deadline,
        )

    def _argocd_observer(self, port: GitOps, responder: Responder) -> ArgoCDObserver:
        return ArgoCDObserver(
            gitops=port,
            responder=responder,
            readiness=self._readiness,
            list_every=self._intervals.list_every.total_seconds(),
        )

    def _kubernetes_observer(self, port: Cluster, responder: Responder) -> KubernetesObserver:
        return KubernetesObserver(
            cluster=port,
            responder=responder,
            readiness=self._readiness,
            check_every=self._intervals.recovery_check_every.total_seconds(),
            application_changed=lambda ref: self._application_changed(responder.board, ref),
        )

    def _acting(self, responder: Responder, investigator: Investigator) -> Acting:
        asking = Asking(
            responder=responder,
            gitops=self._gitops,
            readiness=self._readiness,
            card=lambda incident: self._card(responder.board, incident),
            investigate=investigator.investigate,
            deadline=self._deadline,
            link=self._thread_link,
        )
        return acting(
            store=self._store,
            chat=self._chat,
            gitops=self._gitops,
            responder=responder,
            asking=asking,
            policy=self._policy,
            platforms=LivePlatforms(clusters=self._clusters, witnesses=self._witnesses),
            explain=lambda state, result: self._explain(responder.board, state, result),
            clock=self._clock,
            times=self._intervals.acting,
        )

    def _may(self, wanted: Wanted, state: AppState) -> bool:
        """Whether a button is worth drawing: somebody here may press it, and Argo CD lets the bot do it."""
        return self._policy.anyone_may(wanted.action, state) and self._rights.known(state).allows(wanted.verb, state)

    def _explain(self, board: Board, state: AppState, result: ResourceResult) -> Phrase | None:
        """The entry that explains a failed resource, if there is one."""
        recognised = board.recognised(result_signal(state, result, self._clock()))
        entry = self._entries.get(recognised.entry)
        if entry is None:
            return None
        captured = dict(recognised.captures)
        title = fill(entry.title, {name: captured.get(name) or "–" for name in placeholders(entry.title)})
        return phrase(
            "{{object}}: likely *{{title}}* (`{{entry}}`).", object=result.object, title=title, entry=entry.id
        )

    async def _thread_link(self, incident: Incident) -> str:
        """Where an incident's thread is; empty while that isn't known."""
        try:
            thread = await self._store.thread(incident.id)
        except PortError:
            return ""
        return thread.permalink if thread else ""

    async def _card(self, board: Board, incident: Incident) -> IncidentCard:
        if self._policy.rules:
            concerned = (state for ref, state in board.known_apps().items() if str(ref) in incident.apps)
            await self._rights.ask(concerned, within=RIGHTS_WITHIN)
        link = ""
        if incident.state is State.MERGED:
            survivor = await self._store.thread(incident.merged_into)
            link = survivor.permalink if survivor else ""
        card = incident_card(
            incident, entries=self._entries, ledger=board.ledger, audience=self._audience, survivor_link=link
        )
        return card if incident.entry or not card.proof else replace(card, similar=self._similar(board, incident))

    def _similar(self, board: Board, incident: Incident) -> tuple[Phrase, ...]:
        """Entries that read like what an unknown incident rests on."""
        said = dict.fromkeys(item.signal.message for item in board.ledger.supporting(incident.signals))
        return self._knowledge.similar(" ".join(said))

    # -- loops

    async def _restored(self, responder: Responder) -> None:
        """Start from what was written; a store that is away is waited for."""
        while True:
            try:
                await responder.restore()
                break
            except PortError as error:
                log.error("the stored state can't be read; trying again", error=str(error))
                await asyncio.sleep(INBOX_EVERY)

    async def _inbox(self, commands: Commands) -> None:
        """Take up what a crash interrupted, and what standing replicas receive."""
        while True:
            try:
                await commands.resume()
            except PortError as error:
                log.error("stored commands can't be read; trying again", error=str(error))
            await asyncio.sleep(INBOX_EVERY)

    async def _survey_rights(self, board: Board) -> None:
        """Once the Applications are read: what the bot may do in each project, in the log."""
        while not board.known_apps():  # noqa: ASYNC110  the board is no event's
            await asyncio.sleep(INBOX_EVERY)
        await self._rights.survey(list(board.known_apps().values()))

    async def _tidy(self) -> None:
        noted = (0, "")
        while True:
            try:
                await self._store.prune()
                head = await self._store.audit_head()
                if head != noted:
                    # Kept with the log, it shows later whether rows were cut off: `audit verify --expect HEAD`.
                    log.info("the audit log has a new head", head=f"{head[0]}:{head[1]}")
                    noted = head
            except PortError as error:
                log.warning("what is over could not be deleted", error=str(error))
            await asyncio.sleep(PRUNE_EVERY)

    def _decided(self, changes: Changes, speaker: Speaker) -> None:
        if changes.effects:
            speaker.wake()

    def _application_changed(self, board: Board, ref: AppRef) -> None:
        """An Event is about an Application object: read it again where one of that name is known."""
        for name, observer in self._argocd.items():
            named = replace(ref, argocd=name)
            if named in board.known_apps():
                observer.look([named])


def _note(row: OutboxRow) -> Note:
    return thread_note(row.effect)
