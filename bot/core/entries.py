"""The knowledge base's entries: the machine form of their front matter (docs/knowledge.md is generated from here).

Every model refuses unknown fields and can't be changed after loading. What a field means stands in its description,
which docs/knowledge.md prints.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.core.text import fill

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=64)]
"""kebab-case: an entry's id."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""snake_case: a capture, a question, a fix, an action."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}(?:s|m|h)$")]

SourceName = Literal[
    "argocd-condition", "argocd-operation", "argocd-resource", "argocd-health", "appset",
    "k8s-event", "pod-status", "log", "alert", "cli",
]  # fmt: skip
Status = Literal["draft", "stable", "retired"]
Severity = Literal["critical", "high", "medium", "low"]
Scope = Literal["object", "app", "namespace", "node", "repo", "cluster", "argocd", "named"]
Relation = Literal[
    "object", "owner", "claim", "secret", "service", "app", "parent_app", "namespace", "node", "repo", "cluster"
]
Level = Literal["low", "medium", "high"]
Weight = Literal["confirm", "support", "refute"]
AnswerWord = Literal["yes", "no", "unknown"]

GENERIC: frozenset[str] = frozenset(
    {
        "crash-loop",
        "rollout-deadline-exceeded",
        "out-of-sync-cascade",
        "resource-missing",
        "job-backoff-limit",
        "init-container-failed",
        "sync-hook-failed",
    }
)
"""Entries that say what is broken without saying why: every specific entry beats them (entry-format.md)."""

SIGNAL_FIELDS: tuple[str, ...] = (
    "app", "cluster", "source", "reason", "kind", "namespace", "name", "group", "workload",
    "container", "image", "node", "hook_type",
)  # fmt: skip
"""What a placeholder may take from the signal: `{{signal.app}}`, or `app: signal.app` under `captures:`.

`workload` is the topmost controller as kubectl takes it (`Deployment/web`), else the object itself. `hook_type` is the
phase of a sync hook (`PreSync` …), `sync` where that isn't known.
"""


class Model(BaseModel):
    """Strict about fields, lenient about nothing, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True, validate_by_name=False)


class Rule(Model):
    """One way a failure shows. The filters narrow down, the pattern decides and captures."""

    source: SourceName | tuple[SourceName, ...] | None = Field(
        None, description="where the message must come from; one name or a list"
    )
    reason: str | tuple[str, ...] | None = Field(
        None, description="condition type, event reason or waiting reason; one or a list"
    )
    kind: str | tuple[str, ...] | None = Field(None, description="kind of the object; one or a list")
    message: Pattern | None = Field(
        None, description="RE2 pattern, searched per line and over the joined text; named groups are captures"
    )
    why: Text | None = Field(None, description="why a pattern with fewer than 8 literal characters is safe")

    @model_validator(mode="after")
    def _says_something(self) -> "Rule":
        if self.message is None and self.reason is None:
            raise ValueError("a rule needs a message, or a reason where the message doesn't matter")
        return self


class Match(Model):
    """When the entry applies: one of `any`, all of `all`, none of `none`."""

    any_of: tuple[Rule, ...] = Field((), alias="any", max_length=60, description="one of these rules must match")
    all_of: tuple[Rule, ...] = Field((), alias="all", max_length=10, description="each of these must match too")
    none_of: tuple[Rule, ...] = Field((), alias="none", max_length=20, description="no rule here may match")

    @model_validator(mode="after")
    def _can_match(self) -> "Match":
        if not self.any_of and not self.all_of:
            raise ValueError("match needs at least one rule under any: or all:")
        return self


class Expect(Model):
    """What makes a question's answer a yes; exactly one of these. Nothing: the answer must be true."""

    equals: str | bool | int | None = Field(None, description="the value is this")
    one_of: tuple[str, ...] | None = Field(None, description="the value is one of these")
    all_of: str | bool | None = Field(None, alias="all", description="every item of a list is this")
    any_of: str | bool | None = Field(None, alias="any", description="at least one item of a list is this")
    matches: Pattern | None = Field(None, description="an RE2 pattern finds something in the value")
    at_least: int | None = Field(None, description="the number, or the length of the list, is at least this")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Expect":
        if len(self.stated) != 1:
            raise ValueError(f"expect needs exactly one of {', '.join(EXPECTATIONS)}")
        return self

    @property
    def stated(self) -> tuple[str, ...]:
        """The names of the expectations that are given, as an entry writes them."""
        return tuple(
            field.alias or name for name, field in type(self).model_fields.items() if getattr(self, name) is not None
        )


EXPECTATIONS = tuple(field.alias or name for name, field in Expect.model_fields.items())

Arguments = Mapping[Name, Text | tuple[Text, ...]]
When = Mapping[Name, AnswerWord]


class Question(Model):
    """A read-only question to a live system, from the catalogue bot/core/evidence.py."""

    id: Name = Field(description="name for `when:` and the thread")
    ask: str = Field(description="the question's name in the catalogue")
    arguments: Arguments = Field(default_factory=dict, alias="with", description="its arguments; `{{…}}` are filled")
    expect: Expect | None = Field(None, description="what makes the answer a yes; default: true")
    weight: Weight = Field(
        description="confirm: a yes proves it; support: a yes makes it likelier; refute: a yes sinks it"
    )
    export: Mapping[Name, Name] = Field(
        default_factory=dict, description="new name: field of the answer, for use below this line"
    )
    when: When = Field(default_factory=dict, description="ask only after these answers of earlier questions")


class Cause(Model):
    """A symptom that this entry explains."""

    entry: Identifier = Field(description="the symptom's entry")
    same: tuple[Relation, ...] = Field((), description="what symptom and root must share, one of these suffices")
    relation: Literal["blocked"] | None = Field(
        None, description="blocked: the symptom's object is desired by an Application whose sync this refuses"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "Cause":
        if bool(self.same) == bool(self.relation):
            raise ValueError("a cause needs either same: […] or relation: blocked")
        return self


class Risk(Model):
    """How bad it is and how far it reaches; shown on every card."""

    level: Level
    blast_radius: Text = Field(description="what else suffers")
    rollback: Level = Field(description="how hard going back is")


class Fix(Model):
    """One way to mend it, for a person. The first is the recommended one."""

    id: Name
    text: Text = Field(description="one or two sentences in the imperative")
    when: When = Field(default_factory=dict, description="shown only after these answers")
    commands: tuple[Text, ...] = Field((), description="exact commands to copy")
    patch: Mapping[str, str] | None = Field(None, description="reserved for patches to files in Git")


class Check(Model):
    """A question asked after an action, to see that it worked."""

    ask: str
    arguments: Arguments = Field(default_factory=dict, alias="with")
    expect: Expect | None = None


class Validation(Model):
    """What must be true soon after an action."""

    within: Duration = Field(description="how long it may take: 30s, 5m, 1h")
    all_of: tuple[Check, ...] = Field(alias="all", min_length=1)


class Undo(Model):
    """How an action is taken back, and what calls for it."""

    if_any: tuple[Check, ...] = Field((), description="any of these being true calls for it")
    verb: str
    arguments: Arguments = Field(default_factory=dict, alias="with")
    within: Duration = Field("10m", description="how long the triggers are watched")


class Action(Model):
    """A button, from the catalogue bot/core/actions.py."""

    id: Name
    verb: str = Field(description="the verb's name in the catalogue")
    arguments: Arguments = Field(default_factory=dict, alias="with")
    label: Annotated[Text, StringConstraints(max_length=75)] = Field(description="the button's words")
    when: When = Field(default_factory=dict, description="offered only after these answers")
    risk: Level = Field(description="low: one click; medium: confirm; high: a second person")
    validation: Validation | None = Field(None, alias="validate", description="checks after it")
    undo: Undo | Literal["none"] = Field("none", description="how to take it back, or none with an undo_reason")
    undo_reason: Text | None = Field(None, description="why nothing has to be taken back")


class ExampleSignal(Model):
    """A signal as a source gives it; the fields of `match --jsonl`."""

    source: SourceName
    type: Literal["Normal", "Warning"] | None = None
    reason: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    app: str = ""
    message: str = ""


class Positive(Model):
    """A signal that this entry must win among all entries."""

    signal: ExampleSignal
    captures: Mapping[str, str] | None = Field(None, description="captures it must give, at least these")


class Negative(Model):
    """A signal that this entry must not claim."""

    belongs: Identifier = Field(description="the entry that wins it, or none, or unknown")
    signal: ExampleSignal


class Examples(Model):
    """Real messages from different tools and versions; `kb test` holds them against the whole base."""

    match: tuple[Positive, ...] = Field((), description="at least two")
    no_match: tuple[Negative, ...] = Field((), description="at least one")


class Entry(Model):
    """One root cause: how it is recognised, proven, explained and mended."""

    id: Identifier = Field(description="= file stem, kebab-case, unique for ever")
    title: Annotated[Text, StringConstraints(max_length=150)] = Field(description="what is wrong, with placeholders")
    status: Status = Field(description="draft: matched and logged, never posted; stable; retired: not matched")
    replaced_by: Identifier | None = Field(None, description="only with status retired: the entry that took over")
    severity: Severity = Field(description="order in `status`")
    scope: Scope = Field(description="what one incident is about")
    subject: Text | None = Field(None, description="only with scope named: what it is about, with placeholders")
    references: tuple[Annotated[str, StringConstraints(pattern=r"^https?://\S+$")], ...] = Field(
        (), description="documentation and source, https"
    )
    match: Match
    yields_to: tuple[Identifier, ...] = Field((), description="entries that win where both match")
    overlaps: tuple[Identifier, ...] = Field((), description="drafts only: entries that win this draft's own message")
    captures: Mapping[Name, Text] = Field(
        default_factory=dict,
        description="value where a branch lacks the group: `signal.app`, other captures `{{x}}`, or a constant",
    )
    evidence: tuple[Question, ...] = Field((), max_length=12)
    causes: tuple[Cause, ...] = Field((), max_length=60)
    diagnosis: Text = Field(description="one or two sentences: what happened here and why")
    impact: Text | None = Field(None, description="one sentence: what doesn't work until it is mended")
    risk: Risk | None = None
    fixes: tuple[Fix, ...] = Field((), max_length=8)
    actions: tuple[Action, ...] = Field((), max_length=5)
    examples: Examples = Field(default_factory=Examples)

    def told(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values without this entry's own wording for what a message doesn't say.

        `its class` reads well in a sentence; in a question, a command or an incident's key it would name nothing.
        """
        return {name: value for name, value in values.items() if value != self._wording.get(name)}

    @cached_property
    def _wording(self) -> Mapping[str, str]:
        """Constants under `captures` that are no name of anything: those with a space or `<` in them."""
        constants = {name: text for name, text in self.captures.items() if not text.startswith("signal.")}
        filled = {name: fill(text, constants) for name, text in constants.items()}
        return {name: text for name, text in filled.items() if " " in text or "<" in text}

    @property
    def generic(self) -> bool:
        """Whether every specific entry beats this one."""
        return self.id in GENERIC

    @model_validator(mode="after")
    def _consistent(self) -> "Entry":
        if (self.scope == "named") != (self.subject is not None):
            raise ValueError("subject is needed with scope named, and only there")
        if self.replaced_by is not None and self.status != "retired":
            raise ValueError("replaced_by belongs to status retired")
        return self


class NoiseRule(Rule):
    """A message that is no failure, or that no entry should claim; tried after the entries."""

    id: Identifier
    none_of: tuple[Rule, ...] = Field((), alias="none", description="no rule here may match")
    examples: tuple[ExampleSignal, ...] = Field(min_length=1, description="messages it must silence")


class Noise(Model):
    """knowledge/noise.yaml."""

    noise: tuple[NoiseRule, ...]
