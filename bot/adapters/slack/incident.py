"""An incident as Slack shows it: a root message short enough for a phone, and the details in its thread. Pure."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from bot.adapters.slack import limits
from bot.adapters.slack.elements import (
    actions,
    bullets,
    context,
    header,
    in_plain,
    moment,
    preformatted,
    quote,
    section,
    words,
)
from bot.adapters.slack.limits import Block, Message, fitted
from bot.adapters.slack.mrkdwn import cut, escape_cut, link, to_mrkdwn, to_plain
from bot.core.cards import Fix, IncidentCard, Phrase, Verdict
from bot.core.shell import to_command
from bot.core.visible import one_line

SEVERITIES = {
    "critical": "\N{LARGE RED CIRCLE} CRITICAL",
    "high": "\N{LARGE ORANGE CIRCLE} HIGH",
    "medium": "\N{LARGE YELLOW CIRCLE} MEDIUM",
    "low": "\N{LARGE BLUE CIRCLE} LOW",
}
STATES = {
    "held": "Waiting for its cause",
    "open": "Open",
    "acknowledged": "Acknowledged",
    "acting": "Acting",
    "verifying": "Verifying",
    "resolved": "Resolved",
    "merged": "Explained by another incident",
}
CAUSES = {
    Verdict.CONFIRMED: "Cause, confirmed",
    Verdict.LIKELY: "Cause, likely",
    Verdict.RULED_OUT: "Ruled out",
    Verdict.UNKNOWN: "Cause not known",
}
ROOT_QUOTE = 400
CONFIRMATION = 200
DETAIL_QUOTE = 1200
COMMANDS = 1500
SHOWN_APPS = 4


def root_message(card: IncidentCard) -> Message:
    """The channel's message: severity, title, state, cause in short, one proof, buttons."""
    head = (header(_headline(card)), context(_standing(card)))
    return Message(
        text=fallback(card), blocks=fitted(head=head, body=tuple(_root_body(card)), tail=actions(card.buttons))
    )


def details_message(card: IncidentCard) -> Message:
    """The thread's first message: everything known, most useful first, as the end is what a limit cuts."""
    text = f"Details: {fallback(card)}"
    return Message(text=cut(text, limits.FALLBACK_TEXT), blocks=fitted(head=(), body=tuple(_details(card))))


def whole_message(card: IncidentCard) -> Message:
    """Root and details in one message, where there is no thread to put the details in."""
    head = (header(_headline(card)), context(_standing(card)))
    body = (*_merged(card), *_details(card))
    return Message(text=fallback(card), blocks=fitted(head=head, body=body, tail=actions(card.buttons)))


def fallback(card: IncidentCard) -> str:
    """One line that says what and why, for notifications and screen readers."""
    apps = ", ".join(in_plain(app) for app in card.apps[:SHOWN_APPS])
    line = f"{_headline(card)}. {_cause_label(card)}: {one_line(to_plain(card.diagnosis, 500))}"
    return escape_cut(f"{line} ({apps})" if apps else line, limits.FALLBACK_TEXT)


def _headline(card: IncidentCard) -> str:
    severity = SEVERITIES.get(card.severity, f"\N{MEDIUM WHITE CIRCLE} {in_plain(card.severity)[:20].upper()}")
    mark = {
        "resolved": "\N{WHITE HEAVY CHECK MARK} RESOLVED",
        "merged": "\N{RIGHTWARDS ARROW WITH HOOK} EXPLAINED",
    }.get(card.state, severity)
    return f"{mark} · {one_line(to_plain(card.title, 300))}"


def _cause_label(card: IncidentCard) -> str:
    return CAUSES[card.verdict]


def _standing(card: IncidentCard) -> str:
    parts = [f"*{STATES.get(card.state, words(card.state, 30))}*"]
    if card.state in ("resolved", "merged"):
        parts.append(f"was {words(card.severity, 20)}")
    shown = [f"`{app}`" for app in (_code(app) for app in card.apps[:SHOWN_APPS]) if app]
    if len(card.apps) > SHOWN_APPS:
        shown.append(f"{len(card.apps) - SHOWN_APPS} more")
    parts += [", ".join(shown)] if shown else []
    parts.append(f"cluster `{_code(card.cluster) or '?'}`")
    parts.append(f"since {moment(card.opened_at)}")
    if card.resolved_at is not None:
        parts.append(f"resolved {moment(card.resolved_at)} after {_duration(card.resolved_at - card.opened_at)}")
    if card.count > 1:
        parts.append(f"reported {card.count:,} times")
    if card.returned:
        parts.append("came back" if card.returned == 1 else f"came back {card.returned} times")
    return " · ".join(parts)


def _code(name: str) -> str:
    return escape_cut(in_plain(name).replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}"), 120)


def _duration(length: timedelta) -> str:
    minutes = max(int(length.total_seconds() // 60), 0)
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _root_body(card: IncidentCard) -> Iterator[Block]:
    yield from _merged(card)
    yield section(f"*{_cause_label(card)}:* {to_mrkdwn(card.diagnosis, 700)}")
    if card.proof and card.state != "merged":
        yield from quote(card.proof[0], ROOT_QUOTE)
    if card.confirmation is not None and card.state != "merged":
        seen = words(one_line(card.confirmation.text), CONFIRMATION)
        yield context(f"\N{WHITE HEAVY CHECK MARK} {words(card.confirmation.label, 80)}: {seen}")
    if card.symptoms:
        others = "1 other symptom" if len(card.symptoms) == 1 else f"{len(card.symptoms)} other symptoms"
        yield context(f"Also explains {others}: see the thread")


def _merged(card: IncidentCard) -> Iterator[Block]:
    if not card.explained_by:
        return
    other = card.explained_by
    shown = link(other, "another incident") if other.startswith(("https://", "http://")) else words(other)
    yield section(f"\N{RIGHTWARDS ARROW WITH HOOK} Explained by {shown}; follow that one.")


def _details(card: IncidentCard) -> Iterator[Block]:
    yield section(f"*{_cause_label(card)}*\n{to_mrkdwn(card.diagnosis, 2500)}")
    for proof in card.proof:
        yield from quote(proof, DETAIL_QUOTE)
    for number, fix in enumerate(card.fixes, start=1):
        yield from _fix(fix, number, alone=len(card.fixes) == 1)
    if card.symptoms:
        yield section("*What follows from it*")
        yield preformatted(_chain(card), 2500)
    for title, text in (("Impact", card.impact), ("Risk of the fix", card.risk)):
        if text is not None:
            yield section(f"*{title}*\n{to_mrkdwn(text, 1500)}")
    for title, phrases in (
        ("Ruled out", card.ruled_out),
        ("Could not be asked", card.not_asked),
        ("Similar, not proven", card.similar),
    ):
        if phrases:
            yield bullets(title, phrases)
    if card.links:
        yield context(cut_links(card.links))


def _fix(fix: Fix, number: int, *, alone: bool) -> Iterator[Block]:
    title = "Fix" if alone else f"Fix {number}"
    if fix.recommended and not alone:
        title += ", recommended"
    yield section(f"*{title}*\n{to_mrkdwn(fix.text, 2500)}")
    if fix.commands:
        yield preformatted("\n".join(to_command(command) for command in fix.commands), COMMANDS)


def _chain(card: IncidentCard) -> str:
    """Root, arrow, and each symptom that follows from it. The symptoms don't follow from each other."""
    lines = [one_line(to_plain(card.title, 300)), "        ↓"]
    for symptom in card.symptoms:
        since = f"  (since {symptom.since.astimezone(UTC):%H:%M} UTC)" if symptom.since else ""
        lines.append(f"{one_line(to_plain(symptom.text, 500))}{since}")
    return "\n".join(lines)


def cut_links(links: tuple[tuple[str, str], ...]) -> str:
    """Links (label, address) side by side, as many as a context line takes."""
    shown: list[str] = []
    room = limits.CONTEXT_TEXT - 40
    for label, url in links:
        piece = link(url, cut(in_plain(label), 80))
        room -= 2 * len(piece) + 3
        if room < 0:
            shown.append("…")
            break
        shown.append(piece)
    return " · ".join(shown)


def title_line(card: IncidentCard) -> Phrase:
    """The incident as one line of a list."""
    return Phrase(
        template="**{{headline}}** {{state}}",
        values=(("headline", _headline(card)), ("state", f"({STATES.get(card.state, card.state)})")),
    )
