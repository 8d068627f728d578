"""From an incident to the card people read: title, cause, proof, fixes, symptoms, buttons. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.core.cards import Button, Fix, IncidentCard, Phrase, Quote, Symptom, Tone, Verdict, phrase
from bot.core.entries import Action, Entry
from bot.core.evidence import object_text
from bot.core.haystack import ANY_HOOK
from bot.core.incidents import LIVE, Evidence, Incident, Standing
from bot.core.inquiry import SYSTEMS, sunk_by
from bot.core.ledger import Ledger
from bot.core.observation import is_wrapper
from bot.core.plans import RESTART, ROLLBACK, SYNC, TITLES, Wanted
from bot.core.plans.wanted import PRUNE
from bot.core.signals import AppRef, ObjectRef, Signal, Source
from bot.core.states import AppState
from bot.core.text import cut, fill, placeholders

QUOTES = 3
REPEATING = 0.7
"""Share of a text's words that must have been said before, for it to be a repetition."""

SYMPTOM_LINES = 12
SYMPTOM_LENGTH = 380
"""Characters of a symptom's message: long enough for the cause that stands behind a Pod's long name."""

LABELS = {
    Source.ARGOCD_CONDITION: "Argo CD, condition {reason} of {app}",
    Source.ARGOCD_OPERATION: "Argo CD, last operation of {app}",
    Source.ARGOCD_RESOURCE: "Argo CD, {object} in {app}",
    Source.ARGOCD_HEALTH: "Argo CD, health of {app}",
    Source.APPSET: "Argo CD, ApplicationSet",
    Source.K8S_EVENT: "Kubernetes event {reason} on {object}",
    Source.POD_STATUS: "Kubernetes, status of {object}",
    Source.LOG: "Log",
    Source.ALERT: "Alert {reason}",
    Source.CLI: "Pasted",
}
TONES = {SYNC: Tone.PRIMARY, ROLLBACK: Tone.DANGER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who reads: `may` says whether anyone here, and the bot, may do something (else its button isn't drawn)."""

    may: Callable[[Wanted, AppState], bool]
    argocd_urls: Mapping[str, str]


def signal_values(signal: Signal) -> dict[str, str]:
    """The signal fields an entry's texts may name."""
    ref, workload = signal.object, signal.owner or signal.object
    return {
        "source": signal.source,
        "group": ref.group if ref else "",
        "app": str(signal.app) if signal.app else "",
        "cluster": signal.cluster,
        "node": signal.node,
        "container": signal.container,
        "image": signal.image,
        "reason": signal.reason,
        "message": signal.message,
        "object": str(ref) if ref else "",
        "kind": ref.kind if ref else "",
        "name": ref.name if ref else "",
        "namespace": ref.namespace if ref else "",
        "owner": str(signal.owner) if signal.owner else "",
        "workload": f"{workload.kind}/{workload.name}" if workload else "",
        "hook_type": signal.hook_type or ANY_HOOK,
    }


def incident_values(incident: Incident, ledger: Ledger) -> dict[str, str]:
    """What fills the root entry's texts: captures, then exports of answered questions, then signal fields."""
    values: dict[str, str] = {}
    for standing in ledger.supporting(incident.signals):
        for name, value in signal_values(standing.signal).items():
            values.setdefault(name, value)
            if not values[name]:
                values[name] = value
    if incident.apps and not values.get("app"):
        values["app"] = incident.apps[0]
    own = {f"signal.{name}": value for name, value in values.items()}
    values.update({name: value for name, value in incident.captures if value})
    if " " in values.get("repo", " ") and (source := _only_repository(values.get("app", ""), ledger)):
        values["repo"] = source
    for evidence in incident.evidence:
        values.update({name: value for name, value in evidence.exports if value})
    return values | own


def _only_repository(app: str, ledger: Ledger) -> str:
    """The repository of the Application, where it has exactly one: for a message that names none."""
    found = {url for ref, state in ledger.apps.items() if app in (str(ref), ref.name) for url in state.repositories}
    return found.pop() if len(found) == 1 else ""


def incident_card(
    incident: Incident,
    *,
    entries: Mapping[str, Entry],
    ledger: Ledger,
    audience: Audience,
    survivor_link: str = "",
) -> IncidentCard:
    """The card of an incident as it stands now. `survivor_link` is where a merged incident is explained."""
    entry = entries.get(incident.entry)
    values = incident_values(incident, ledger)
    looked_like = None
    if incident.verdict is Verdict.RULED_OUT:
        looked_like, entry = entry, None
    standing = [
        item for item in ledger.supporting(incident.signals) if item.gone_at is None or incident.state not in LIVE
    ]
    proof = _proof(incident, standing)
    return IncidentCard(
        incident=incident.id,
        entry=incident.entry,
        title=_phrase(entry.title, values)
        if entry
        else phrase("{{app}}: an error no entry explains", app=values.get("app", "")),
        state=incident.state,
        severity=incident.severity,
        verdict=incident.verdict,
        cluster=incident.key.cluster,
        apps=incident.apps,
        diagnosis=_phrase(entry.diagnosis, values) if entry else _no_cause(looked_like, incident, values),
        impact=_phrase(entry.impact, values) if entry and entry.impact else None,
        risk=_risk(entry, values) if entry else None,
        proof=proof,
        confirmation=_confirmation(incident, proof),
        ruled_out=_ruled_out(incident, entries),
        not_asked=_not_asked(incident),
        fixes=_fixes(entry, incident, values) if entry else (),
        symptoms=_symptoms(incident, ledger),
        buttons=action_buttons(incident, entry, values, ledger, audience) if entry else (),
        links=_links(incident, entry, ledger, audience),
        opened_at=incident.opened_at,
        updated_at=incident.updated_at,
        resolved_at=incident.resolved_at,
        count=incident.count,
        returned=incident.returned,
        explained_by=survivor_link,
    )


def _no_cause(looked_like: Entry | None, incident: Incident, values: Mapping[str, str]) -> Phrase:
    """What is said where no entry explains it; `looked_like` is the one that its own questions ruled out."""
    if looked_like is None:
        return phrase("No known root cause. What was said is quoted below.")
    title = _phrase(looked_like.title, values)
    return phrase(
        "No known cause. It looked like «{{title}}», which is ruled out: {{seen}}",
        title=fill(title.template, dict(title.values)).replace("`", ""),
        seen=sunk_by(incident.evidence).text,
    )


def _confirmation(incident: Incident, proof: tuple[Quote, ...]) -> Quote | None:
    """The answer that confirms the cause, if one does: rather in other words, and by another system, than the proof."""
    if incident.verdict is not Verdict.CONFIRMED:
        return None
    confirming = [item.quote for item in incident.evidence if (item.weight, item.answer) == ("confirm", "yes")]
    if not proof:
        return confirming[0] if confirming else None
    first = proof[0]
    return min(
        confirming,
        key=lambda quote: (_repeats(quote.text, first.text), _system(quote) == _system(first)),
        default=None,
    )


def _repeats(text: str, said: str) -> bool:
    """Whether a text tells little that was not said: most words of the shorter one are in the other."""
    words, before = (frozenset(re.findall(r"\w{3,}", item.lower())) for item in (text, said))
    shorter = min(len(words), len(before))
    return len(words & before) >= REPEATING * shorter if shorter else text.strip() == said.strip()


def _system(quote: Quote) -> str:
    """Which system a quote is from, by its label."""
    return next((name for name in SYSTEMS.values() if quote.label.startswith(name)), quote.label)


def _ruled_out(incident: Incident, entries: Mapping[str, Entry]) -> tuple[Phrase, ...]:
    """Entries that gave way to a better one, then what the answers speak against."""
    before = [
        phrase("«{{title}}»: {{seen}}", title=_bare_title(entries.get(item.entry), item.entry), seen=item.quote.text)
        for item in incident.ruled_out
    ]
    against = [
        phrase("{{question}}: {{answer}}. {{seen}}", question=_words(item), answer=item.answer, seen=item.quote.text)
        for item in incident.evidence
        if item.answer == ("yes" if item.weight == "refute" else "no")
    ]
    return (*before, *against)


def _not_asked(incident: Incident) -> tuple[Phrase, ...]:
    """What could not be asked: one line for each reason, with the system and the questions."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in incident.evidence:
        if item.answer == "unknown":
            system = SYSTEMS.get(item.ask.partition(".")[0], item.ask)
            why = item.quote.text.removeprefix("not asked: ")
            reasons.setdefault((system, why), []).append(_words(item))
    return tuple(
        phrase("{{system}} ({{questions}}): {{why}}", system=system, questions=", ".join(questions), why=why)
        for (system, why), questions in reasons.items()
    )


def _words(item: Evidence) -> str:
    return item.question.replace("_", " ")


def _bare_title(entry: Entry | None, name: str) -> str:
    """An entry's title without its values, which belonged to another reading of the message."""
    return fill(entry.title, dict.fromkeys(placeholders(entry.title), "…")).replace("`", "") if entry else name


def action_buttons(
    incident: Incident, entry: Entry, values: Mapping[str, str], ledger: Ledger, audience: Audience
) -> tuple[Button, ...]:
    """Buttons of the root entry's actions whose target is a live Application and whose conditions hold.

    A target comes from a signal's own field or an answered question, never from captured text alone (facts/style §4.7):
    it must be an Application that was read.
    """
    if incident.state not in LIVE:
        return ()
    buttons = []
    for action in entry.actions:
        if action.verb not in TITLES or not _holds(action.when, incident):
            continue
        target = _target(action.arguments.get("app", "{{app}}"), incident, values, ledger)
        if target is None:
            continue
        state = ledger.apps[target]
        wanted = _wanted(action, incident, values, state)
        if wanted is None or not audience.may(wanted, state):
            continue
        if action.verb == ROLLBACK and len({item.revision for item in state.history}) < 2:
            continue
        label = _phrase(action.label, {**values, "app": target.name})
        buttons.append(
            Button(
                action="plan",
                label=fill(label.template, dict(label.values))[:75],
                value=wanted.value(),
                tone=TONES.get(action.verb, Tone.NEUTRAL),
            )
        )
    return tuple(dict.fromkeys(buttons))


def quote_of(standing: Standing) -> Quote:
    """The words a signal rests on, with who said them."""
    signal = standing.signal
    about = f"{signal.hook_type} hook {signal.object}" if signal.hook_type else str(signal.object or "an object")
    label = LABELS[signal.source].format(reason=signal.reason or "report", app=signal.app or "?", object=about)
    return Quote(label=label, text=signal.original or signal.message, at=signal.last_seen)


def _proof(incident: Incident, standing: list[Standing]) -> tuple[Quote, ...]:
    """The words the cause rests on: what says it of one resource before what only wraps it; then telling answers."""
    best = sorted(
        standing,
        key=lambda item: (is_wrapper(item.signal), -item.confidence, item.signal.source, item.appeared_at),
    )
    quotes: dict[str, Quote] = {}
    for item in best:
        quotes.setdefault(item.signal.message, quote_of(item))
    telling = sorted(
        (item for item in incident.evidence if item.answer == ("no" if item.weight == "refute" else "yes")),
        key=lambda item: ("confirm", "refute", "support").index(item.weight),
    )
    answers = {(item.quote.label, item.quote.text): item.quote for item in reversed(telling)}
    return (*list(quotes.values())[:QUOTES], *reversed(answers.values()))


def _fixes(entry: Entry, incident: Incident, values: Mapping[str, str]) -> tuple[Fix, ...]:
    offered = [fix for fix in entry.fixes if _holds(fix.when, incident)]
    told = entry.told(values)
    return tuple(
        Fix(
            text=_phrase(fix.text, values),
            commands=tuple(command_phrase(command, told) for command in fix.commands),
            recommended=index == 0,
        )
        for index, fix in enumerate(offered)
    )


def _holds(when: Mapping[str, str] | None, incident: Incident) -> bool:
    """Whether conditions on answers hold. A question not asked yet, or not answered, doesn't rule out a fix."""
    answers = {item.question: item.answer for item in incident.evidence}
    return all(answers.get(question, "unknown") in (wanted, "unknown") for question, wanted in (when or {}).items())


def _symptoms(incident: Incident, ledger: Ledger) -> tuple[Symptom, ...]:
    lines: dict[str, Symptom] = {}
    for standing in ledger.supporting(incident.symptoms):
        signal = standing.signal
        where = str(signal.object or signal.owner or "") if signal.source is not Source.ARGOCD_HEALTH else ""
        text = cut(signal.message.strip().split("\n", 1)[0], SYMPTOM_LENGTH)
        key = f"{signal.app}|{standing.entry}|{text}"
        template = "`{{where}}`: {{text}}" if where else "{{text}}"
        lines.setdefault(key, Symptom(text=phrase(template, where=where, text=text), since=standing.appeared_at))
    ordered = sorted(lines.values(), key=lambda line: (line.since or incident.opened_at, str(line.text)))
    return tuple(ordered[:SYMPTOM_LINES])


def _risk(entry: Entry, values: Mapping[str, str]) -> Phrase | None:
    if entry.risk is None:
        return None
    return _phrase(
        f"{entry.risk.level}; blast radius: {entry.risk.blast_radius}; rolling back: {entry.risk.rollback}", values
    )


def _links(incident: Incident, entry: Entry | None, ledger: Ledger, audience: Audience) -> tuple[tuple[str, str], ...]:
    links: list[tuple[str, str]] = []
    for ref in ledger.apps:
        url = audience.argocd_urls.get(ref.argocd, "")
        if str(ref) in incident.apps and url and len(links) < 3:
            links.append((f"{ref.name} in Argo CD", f"{url.rstrip('/')}/applications/{ref.namespace}/{ref.name}"))
    links.extend(("Reference", url) for url in (entry.references[:2] if entry else ()))
    return tuple(links)


def _target(
    template: str | tuple[str, ...], incident: Incident, values: Mapping[str, str], ledger: Ledger
) -> AppRef | None:
    if not isinstance(template, str):
        return None
    wanted = fill(template, values)
    own = {standing.signal.app for standing in ledger.supporting(incident.signals)}
    for ref in sorted(item for item in own if item is not None):
        if wanted in (str(ref), ref.name) and ref in ledger.apps:
            return ref
    answered = {value for evidence in incident.evidence for _, value in evidence.exports}
    if wanted in answered:
        return next((ref for ref in ledger.apps if wanted in (str(ref), ref.name)), None)
    return None


def _wanted(action: Action, incident: Incident, values: Mapping[str, str], state: AppState) -> Wanted | None:
    """What a button asks for; None where an object it names isn't one that the Application manages."""
    asked = action.arguments.get("object" if action.verb == RESTART else "resources", ())
    texts = (asked,) if isinstance(asked, str) else asked
    objects = [_managed(fill(text, values), state) for text in texts]
    if None in objects:
        return None
    prune = action.verb == SYNC and action.arguments.get("prune") == "true"
    return Wanted(
        verb=action.verb,
        app=state.ref,
        incident=incident.id,
        target=PRUNE if prune else "",
        resources=tuple(ref for ref in objects if ref is not None),
    )


def _managed(text: str, state: AppState) -> ObjectRef | None:
    """The object of this text, if the Application has it: a text alone is nobody's word for what to act on."""
    known = (item.object for item in state.resources)
    return next((ref for ref in known if text in (str(ref), object_text(ref))), None)


def command_phrase(template: str, values: Mapping[str, str]) -> Phrase:
    """A command with its values; what could not be found stands there by name, to be filled in by hand."""
    return Phrase(
        template=template,
        values=tuple((name, values.get(name) or name.replace(".", "-").upper()) for name in placeholders(template)),
    )


def _phrase(template: str, values: Mapping[str, str]) -> Phrase:
    """An entry's text with its values; what could not be found is said as a dash, never left as a placeholder."""
    names = placeholders(template)
    return Phrase(template=template, values=tuple((name, values.get(name) or "–") for name in sorted(names)))
