"""Words that several plans share: revisions, deployments, commands to type."""

from collections.abc import Mapping

from bot.core.cards import Phrase, phrase
from bot.core.plans.facts import Facts
from bot.core.signals import AppRef
from bot.core.states import AppState, HistoryEntry, RevisionInfo

Revisions = Mapping[int, RevisionInfo] | None

COMMIT_LENGTHS = (40, 64)
NONE_LEFT = phrase("There is nothing to undo: nothing that runs is changed.")


def short(revision: str) -> str:
    """A revision as people write it: the first seven characters of each SHA."""
    return ",".join(part[:7] if len(part) in COMMIT_LENGTHS else part for part in revision.split(","))


def deployment(template: str, entry: HistoryEntry, revisions: Revisions) -> Phrase:
    """A history entry in a sentence: commit, author, when it was deployed."""
    info = (revisions or {}).get(entry.id)
    at = f"deployed {entry.deployed_at:%Y-%m-%d %H:%M UTC}" if entry.deployed_at else "deployed at an unknown time"
    if info is None or not (info.author or info.message):
        return phrase(template + ": `{{revision}}`, {{at}}.", id=entry.id, revision=short(entry.revision), at=at)
    return phrase(
        template + ": `{{revision}}` «{{message}}» by {{author}}{{committed}}; {{at}}.",
        id=entry.id,
        revision=short(entry.revision),
        message=headline(info),
        author=info.author,
        committed=f", {info.date:%Y-%m-%d %H:%M UTC}" if info.date else "",
        at=at,
    )


def headline(info: RevisionInfo | None) -> str:
    """The first line of a commit's message."""
    return info.message.strip().split("\n", 1)[0][:120] if info else ""


def entry_choice(entry: HistoryEntry, facts: Facts) -> str:
    """A history entry as one line of a list: id, commit, health if it was seen, when, author, message."""
    info = (facts.revisions or {}).get(entry.id)
    seen = facts.seen_healthy.get(entry.id)
    healthy = "seen Healthy" if seen is not None and seen.revision == entry.revision else ""
    at = f"{entry.deployed_at:%d %b %H:%M}" if entry.deployed_at else ""
    author = info.author.partition("<")[0].strip() if info else ""
    parts = (f"{entry.id}", short(entry.revision), healthy, at, author, headline(info))
    return " · ".join(filter(None, parts))[:75]


def switch_command(app: AppRef, *, on: bool) -> Phrase:
    """How a person switches auto-sync by hand: the one form that a self-healing parent leaves alone (facts §8.1)."""
    return phrase(
        "kubectl -n {{namespace}} patch applications.argoproj.io {{app}} --type merge -p "
        '\'{"spec":{"syncPolicy":{"automated":{"enabled":{{on}}}}}}\'',
        namespace=app.namespace,
        app=app.name,
        on="true" if on else "false",
    )


def revert_commands(state: AppState, *, good: str) -> tuple[Phrase, ...]:
    """What to revert in Git, for each source that differs from the `good` revision: the commits, their repository."""
    now, then = state.revision.split(","), good.split(",")
    found: list[Phrase] = []
    for index, revision in enumerate(now):
        earlier = then[index] if len(then) == len(now) else ""
        if not revision or revision == earlier:
            continue
        names = {
            "revision": revision,
            "earlier": earlier,
            "repository": state.repositories[index] if index < len(state.repositories) else "its repository",
            "path": state.paths[index] if index < len(state.paths) else ".",
        }
        if len(revision) not in COMMIT_LENGTHS:
            found.append(phrase("# {{repository}}: name {{earlier}} again instead of {{revision}}", **names))
            continue
        if len(earlier) in COMMIT_LENGTHS:
            found.append(phrase("git log --oneline {{earlier}}..{{revision}} -- {{path}}", **names))
        found.append(phrase("git revert {{revision}}   # in {{repository}}", **names))
    return tuple(found)
