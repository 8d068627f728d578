"""Restarts a workload through Argo CD, once: the annotation it leaves in the pod template says whether it was done."""

import asyncio
import json
from datetime import datetime, timedelta

from bot.core.acts import Act
from bot.core.cards import Phrase, phrase
from bot.core.signals import ObjectRef
from bot.core.states import AppState
from bot.service.act_report import ActReport
from bot.service.ports import GitOps, PortError, Store, Unreachable
from bot.service.stopped import Stopped

ANNOTATION = "kubectl.kubernetes.io/restartedAt"
CLOCK_SKEW = timedelta(seconds=5)
LOOKS = 3
LOOK_EVERY = 1.0


async def restart(store: Store, port: GitOps, state: AppState, act: Act, telling: ActReport) -> Phrase:
    """Ask for it, or find it done; the sentence that tells. Raises Stopped where nobody can say."""
    workload = act.wanted.resources[0]
    journal = await store.journaled(act.id)
    since = datetime.fromisoformat(str(journal["begun"]["at"])) - CLOCK_SKEW
    done = phrase("{{object}} is being restarted, as its update strategy says.", object=workload)
    if "accepted" in journal or ("sent" in journal and await _seen(port, state, workload, since=since)):
        return done
    if "sent" in journal:
        raise Stopped(_unknown(workload), result="unknown")
    await store.journal(act.id, "sent", {})
    try:
        await port.restart(act.app, workload, project=state.project)
    except Unreachable as error:
        await telling.now(phrase("No answer from Argo CD ({{why}}). Looking whether it arrived …", why=error))
        if not await _seen(port, state, workload, since=since):
            raise Stopped(_unknown(workload), result="unknown") from error
    else:
        await store.journal(act.id, "accepted", {})
    return done


async def _seen(port: GitOps, state: AppState, workload: ObjectRef, *, since: datetime) -> bool:
    """Whether the live pod template carries a restart of ours or a later one."""
    for _ in range(LOOKS):
        await asyncio.sleep(LOOK_EVERY)
        try:
            managed = await port.managed(state.ref)
        except PortError:
            continue  # asked again; without an answer nobody can say, and that is what is told
        live = next((item.live for item in managed if item.object == workload and item.live), None)
        at = _restarted_at(live)
        if at is not None and at >= since:
            return True
    return False


def _restarted_at(live: str | None) -> datetime | None:
    try:
        template = json.loads(live or "{}")["spec"]["template"]
        at = datetime.fromisoformat(template["metadata"]["annotations"][ANNOTATION])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return at if at.tzinfo else None


def _unknown(workload: ObjectRef) -> Phrase:
    return phrase(
        "There was no answer, and {{object}} shows no restart: the request most likely never arrived. It is not "
        "repeated. Look at its pods before you ask again.",
        object=workload,
    )
