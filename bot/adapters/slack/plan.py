"""A plan as a modal: what it will and will not do, before anyone confirms. Pure."""

from collections.abc import Iterator

from bot.adapters.slack import limits
from bot.adapters.slack.elements import bullets, context, preformatted, section, words
from bot.adapters.slack.limits import Block, fitted
from bot.adapters.slack.mrkdwn import cut, escape_cut, to_mrkdwn
from bot.core.cards import PlanCard, Tone
from bot.core.shell import to_command
from bot.core.visible import clean, one_line

CALLBACK = "plan"
CHOOSE = "choose"
"""Action of the list of targets; the chosen value comes back as the command's `choice`."""

COMMANDS = 2000
MODAL_BYTES = 30_000
"""A modal may be far larger than a message (a view's limit is 250 KB), yet somebody has to read it."""

WARNING = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"


def reading_view(title: str) -> Block:
    """Shown at once while the plan is made, because a trigger lives three seconds."""
    return _view(title, (section("Reading the present state; nothing has been done yet …"),))


def message_view(title: str, text: str) -> Block:
    """A modal that only tells something. `text` is plain."""
    return _view(title, (section(escape_cut(clean(text), limits.SECTION_TEXT)),))


def plan_view(plan: PlanCard) -> Block:
    """The plan, or what became of it; no confirm button where it is refused, or its value can't be carried."""
    if plan.outcome is not None:
        return _view(plan.title, (section(to_mrkdwn(plan.outcome, 2500)),))
    carried = limits.carried(plan.value, limits.MODAL_METADATA)
    head, body = tuple(_head(plan, carried=carried)), tuple(_body(plan))
    blocks = fitted(head=head, body=body, most=limits.MODAL_BLOCKS, budget=MODAL_BYTES)
    view = _view(plan.title, blocks or (section("This plan has no steps."),))
    if carried:
        view["private_metadata"] = plan.value
    confirm = cut(one_line(clean(plan.confirm)), limits.MODAL_TITLE)
    if plan.refusal is None and carried and confirm:
        view["submit"] = {"type": "plain_text", "text": confirm}
    return view


def _view(title: str, blocks: tuple[Block, ...]) -> Block:
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": {"type": "plain_text", "text": cut(one_line(clean(title)), limits.MODAL_TITLE) or "Plan"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": list(blocks),
    }


def _head(plan: PlanCard, *, carried: bool) -> Iterator[Block]:
    # Slack has no red submit button, so danger is said in words
    if plan.refusal is not None:
        yield section(f"\N{NO ENTRY} *Not possible this way.* {to_mrkdwn(plan.refusal, 2500)}")
    elif not carried:
        yield section("\N{NO ENTRY} *Not possible this way.* The plan is larger than Slack can carry; use Argo CD.")
    elif plan.risk or plan.tone is Tone.DANGER:
        yield context(_risk(plan))
    if len(cut(one_line(clean(plan.title)), limits.MODAL_TITLE)) < len(one_line(clean(plan.title))):
        yield section(f"*{escape_cut(one_line(clean(plan.title)), 500)}*")


def _risk(plan: PlanCard) -> str:
    """Risk, and what Argo CD must let the bot do, in one grey line."""
    parts = [f"{WARNING} This changes what runs. Read it before you confirm."] if plan.risk != "low" else []
    parts += [f"Risk: {words(plan.risk)}"] if plan.risk else []
    parts += [f"needs in Argo CD: {words(plan.right)}"] if plan.right else []
    return " · ".join(parts)


def _body(plan: PlanCard) -> Iterator[Block]:
    yield from _choices(plan)
    if plan.warnings:
        yield bullets(f"{WARNING} Know before", plan.warnings)
    for title, phrases in (("This will", plan.will), ("What changes", plan.changes), ("This will not", plan.will_not)):
        if phrases:
            yield bullets(title, phrases)
    if plan.undo is not None:
        yield section(f"*To undo* · {to_mrkdwn(plan.undo, 600)}")
    if plan.commands:
        yield section("*By hand*")
        yield preformatted("\n".join(to_command(command) for command in plan.commands), COMMANDS)


def _choices(plan: PlanCard) -> Iterator[Block]:
    options = [
        {"text": {"type": "plain_text", "text": label}, "value": value}
        for value, label in ((value, _option_label(label)) for value, label in plan.choices)
        if value.strip() and label and limits.carried(value, limits.OPTION_VALUE)
    ][: limits.OPTIONS]
    if not options:
        return
    select: Block = {"type": "static_select", "action_id": CHOOSE, "options": options}
    chosen = [option for option in options if option["value"] == plan.chosen]
    if chosen:
        select["initial_option"] = chosen[0]
    # no input block: Slack takes those only beside a confirm button, which a refused plan doesn't have
    yield section(f"*{words(plan.choices_title or 'Target', 60)}*") | {"block_id": CHOOSE, "accessory": select}
    if len(options) < len(plan.choices):
        yield context(f"{len(plan.choices) - len(options)} targets are not listed: Slack takes no more.")


def _option_label(label: str) -> str:
    return cut(one_line(clean(label)), limits.OPTION_TEXT)
