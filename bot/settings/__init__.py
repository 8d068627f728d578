"""Every setting of the bot, read from the environment and from `.env` in the working directory.

Names are `GITOPS_BOT_` + group + `__` + field. docs/settings.md lists them all; a test holds the two together.
"""

from bot.settings.loading import SettingsError, load, setting_names
from bot.settings.settings import Settings

__all__ = ["Settings", "SettingsError", "load", "setting_names"]
