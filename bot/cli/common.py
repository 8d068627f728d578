"""What several commands share: the settings, or one sentence per mistake and exit status 2."""


from bot.settings import Settings


def settings_or_exit(*, needed_for_run: bool = False) -> Settings:
    """The settings; a wrong one is told in a sentence each, and the command ends with status 2."""
    raise NotImplementedError
