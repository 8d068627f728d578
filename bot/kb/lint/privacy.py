"""Nothing private in what is published: no secrets, people, addresses, accounts or internal names."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from bot.core.redaction import REDACTED, clean, redact
from bot.kb.documents import Document
from bot.kb.issues import Issue

_STAND_IN = re.compile(r"\$\{?[A-Za-z_]\w*\}?|\$\([^)]*\)|<[A-Za-z][\w .-]*>|\{\{[\w.]+\}\}|\*{3,}|…|x{4,}|X{4,}")
"""What stands for a value in commands and examples."""

_EMAIL = re.compile(r"\b([\w.+-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})\b")
_EXAMPLE_DOMAIN = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|org|net))?|test|invalid|localhost|local)$", re.IGNORECASE)
_SERVICE_USERS = frozenset({"git", "root", "ec2-user"})
"""The user part of `git@github.com:…` is no person."""

_IPV4 = re.compile(r"(?<![\w.-])(\d{1,3}(?:\.\d{1,3}){3})(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])((?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4})(?![\w:])")
_DOCUMENTATION_IPV6 = "2001:db8"
_ACCOUNT = re.compile(r"\b(\d{12})(?=\.dkr\.ecr\.)|(?<=:)(\d{12})(?=:)")
_EXAMPLE_ACCOUNTS = frozenset({"123456789012", "111122223333", "444455556666", "012345678901", "000000000000"})
_INTERNAL = re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.(?:corp|intra|intranet|lan)\b", re.IGNORECASE)


def private(document: Document) -> Iterator[Issue]:
    """The whole file of an entry, its patterns aside."""
    patterns = {
        document.line(*path) for path in document.tree.lines if path[:1] == ("match",) and path[-1:] == ("message",)
    }
    yield from private_text(document.path, frozenset(patterns))


def private_text(path: Path, aside: frozenset[int]) -> Iterator[Issue]:
    """The lines of a file, except those set aside."""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if number in aside:
            continue
        for what, fix in _findings(line):
            yield Issue(path=path, line=number, check="privacy", message=what, fix=fix)


def _findings(line: str) -> Iterator[tuple[str, str]]:
    shown = clean(_STAND_IN.sub(REDACTED, line))
    if redact(shown) != shown:
        yield "this looks like a secret", f"Replace the value by $NAME, <name> or {REDACTED}."
    for user, domain in _EMAIL.findall(line):
        if user not in _SERVICE_USERS and not _EXAMPLE_DOMAIN.search(domain):
            yield f"{user}@{domain} may be a person's address", "Use a name at example.com."
    for address in (*_IPV4.findall(line), *_IPV6.findall(line)):
        if _is_public(address):
            yield f"{address} is a public address", "Use one of 192.0.2.0/24, 198.51.100.0/24 or 2001:db8::/32."
    for groups in _ACCOUNT.findall(line):
        account = "".join(groups)
        if account not in _EXAMPLE_ACCOUNTS:
            yield f"{account} may be an account's number", "Use 123456789012."
    for host in _INTERNAL.findall(line):
        yield f"{host} may be an internal host", "Use a name below example.com."


def _is_public(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast and not text.lower().startswith(_DOCUMENTATION_IPV6)
