"""Block Kit as Slack checks it: which blocks and elements there are, and their limits.

Limits: docs.slack.dev, "Block Kit reference". Words of the errors: as seen in slackapi/bolt-js#1891,
grafana/oncall#5121, adobe/spacecat-api-service#176.
"""

from bot.sandbox.slack.block_kit.checks import check_message_blocks, check_view
from bot.sandbox.slack.block_kit.defaults import with_defaults
from bot.sandbox.slack.block_kit.inputs import InputElement, chosen, elements_of, input_state, missing_values

__all__ = [
    "InputElement",
    "check_message_blocks",
    "check_view",
    "chosen",
    "elements_of",
    "input_state",
    "missing_values",
    "with_defaults",
]
