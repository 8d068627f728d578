"""What the knowledge base makes of a signal, as placement asks it. Drafts match, but claim nothing."""

from bot.core.incidents import Candidate
from bot.core.matching import Matcher
from bot.core.placement import Recognise, Recognised
from bot.core.signals import Signal

CANDIDATES = 4
"""Entries kept beside the best one."""


def recogniser(matcher: Matcher) -> Recognise:
    """Ask this matcher about each signal; the best entry that isn't a draft decides."""

    def recognise(signal: Signal) -> Recognised:
        result = matcher.match(signal)
        best = next((match for match in result.matches if match.entry.status != "draft"), None)
        if best is None:
            return Recognised(verdict="noise" if result.verdict == "noise" else "unknown")
        return Recognised(
            verdict="known",
            entry=best.entry.id,
            confidence=best.confidence,
            captures=tuple(sorted(best.captures.items())),
            candidates=tuple(
                Candidate(
                    entry=match.entry.id, confidence=match.confidence, captures=tuple(sorted(match.captures.items()))
                )
                for match in result.matches
                if match is not best and match.entry.status != "draft"
            )[:CANDIDATES],
        )

    return recognise
