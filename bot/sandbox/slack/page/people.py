"""Who sits at the page: a cookie, so that two browsers can be two people."""

from aiohttp import web

from bot.sandbox.slack.directory import ON_CALL, Directory, User

PERSON = "person"


def person_of(request: web.Request, directory: Directory) -> User:
    """Return whom this browser is; the one on call where it never chose."""
    chosen = directory.users.get(request.cookies.get(PERSON, ""))
    return chosen if chosen is not None and not chosen.is_bot else directory.users[ON_CALL]
