"""Hides secrets and cleans text, once, at intake: before anything is matched, stored or posted.

Every rule is an RE2 pattern or a line walk, so the time is linear in the text. What replaces a secret keeps the
message's shape, so that entries still match. SHAs, image digests and pod hashes are never touched.
"""

import re
from collections.abc import Callable

import re2

REDACTED = "[redacted]"
ROUNDS = 6
"""A secret's name may stand where another's value does (`--password Authorization: …`): what is left is read again."""

_options = re2.Options()
_options.log_errors = False


def _compile(pattern: str) -> "re2._Regexp[str]":
    return re2.compile(pattern, _options)


_CONTROL = re.compile(
    "\x1b\\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
"""Escape sequences, control characters, and the invisible ones that reorder or hide text."""

_KEYS = (
    r"(?:[\w.-]*(?:password|passwd|passphrase|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|account[_-]?key"
    r"|secret[_-]?key|secret[_-]?access[_-]?key|(?:client|app|shared|signing|webhook)[_-]?secret|credentials?))"
)
"""Names whose values are secrets. A bare `secret` isn't one: it usually names a Secret object."""

_TOKEN = _compile(
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}"  # JSON Web Token
    r"|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{16,}|\bdckr_(?:pat|oat)_[\w-]{16,}"
    r"|\bxox[abeoprs](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}|\bya29\.[\w-]{16,}|\b[rs]k_(?:live|test)_\w{16,}"
    r"|\bnpm_\w{30,}|\bpypi-[\w-]{30,}|\bhv[sbr]\.[\w-]{20,}|\bATATT[\w-]{16,}[\w=]*|\bsk-[A-Za-z0-9-]{2,20}-?[\w-]{24,}"
    r"|\bAGE-SECRET-KEY-1[0-9A-Z]{20,}|hooks\.slack\.com/(?:services|workflows)/[\w/]{8,}"
)
_PRIVATE_KEY = _compile(
    r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)"
)
_AUTHORIZATION = _compile(
    r"(?i)((?:authorization|x-api-key|x-auth-token|private-token|cookie)\\?[\"']?\s*[:=]\s*\\?[\"']?(?:(bearer|basic|token|digest|negotiate)\s+)?)"
    r"([^\s\"'\\,;]+)"
)
_BEARER = _compile(r"(?i)\b(bearer\s+)([A-Za-z0-9._~+/=-]{16,})")
_USERINFO = _compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^\s/:@\"'`]*):([^\s/\"'`]+)@(sha256:)?")
_USERINFO_TOKEN = _compile(r"(https?://)([^\s/:@\"'`]{16,})@")
_ASSIGNED = _compile(
    rf"(?i)(\b{_KEYS}=|;\s*pwd=|[?&](?:sig|signature|x-amz-signature|x-amz-credential|key|auth|pwd)=)(\\?\"[^\"\\]*|'[^']*|[^\s&;,\"'\\)\]}}]+\]?)"
)
_FLAG = _compile(
    r"(?i)(\s--?(?:[\w-]*-)?(?:password|passwd|token|passphrase|api-key|secret-key|access-key)\s+)([^\s\"'-][^\s\"']*|\"[^\"]*\"|'[^']*')"
)
_LITERAL = _compile(r"(--from-literal[= ]['\"]?[^\s=]+=)([^\s\"']+)")
_QUOTED_PAIR = _compile(rf"(?i)(\\*[\"']?\b{_KEYS}\\*[\"']?\s*:\s*)(\\*\"[^\"\\]*|\\*'[^'\\]*)")
_LINE_PAIR = _compile(
    rf"(?im)((?:^[ \t>│|-]*|[{{,]\s*\\*[\"']?){_KEYS}\\*[\"']?:[ \t]+)([^\s\"'{{\[|>,}}&*!]+)([ \t]*(?:$|[,}}]))"
)
_PROSE_PAIR = _compile(rf"(?i)(\b{_KEYS}:[ \t]+)([A-Za-z0-9+/_.~!@#$%^&*=-]{{6,}})([^\w:]|$)")
_DOCKER_AUTH = _compile(
    r"(?i)((?:\.dockerconfigjson|\.dockercfg|\b_?auth|identitytoken)\\*[\"']?\s*[:=]\s*\\*[\"']?)([A-Za-z0-9+/_-]{8,}={0,2})"
)
_KIND_SECRET = _compile(
    r"(?i)\bkind\\*[\"']?\s*[:=]\s*\\*[\"']?(?:Sealed)?Sec(?:ret)?\b|Secret in version|stringData|/v1, Kind=Secret"
)
_JSON_DATA = _compile(r"(\\*\"(?:data|stringData)\\*\"\s*:\s*)\{([^{}]*)\}?")
_JSON_VALUE = _compile(r"(:\s*\\*\")((?:[^\"\\]|\\[^\"])*)")
_MAP_DATA = _compile(r"((?:\bdata|\bstringData):map\[)(?:\[redacted\]|[^\]]*)")
_DECODE_CONTEXT = _compile(r"(found in #\d+ byte of \.\.\.\|)(.*?)(\|\.\.\., bigger context \.\.\.\|)(.*?)(\|\.\.\.|$)")
_YAML_DATA = re.compile(r"^(?P<indent>[ \t]*)(?:-[ \t]+)?(?:string[Dd]ata|data):[ \t]*$")
_YAML_KEY = re.compile(r"^(?P<key>[ \t]*[\w.\-/]+:)(?P<gap>[ \t]*)(?P<value>.*)$")

_TRIGGER = _compile(
    r"(?i)://[^\s/]*@|eyJ|gh[pousr]_|_pat_|glpat-|dckr_|xox[a-z]|xapp-|AKIA|ASIA|AIza|ya29\.|[rs]k_(?:live|test)_"
    r"|npm_|pypi-|hv[sbr]\.|ATATT|sk-|AGE-SECRET|hooks\.slack|PRIVATE KEY|authorization|cookie|x-api-key|bearer\s"
    r"|passw|passphrase|pwd=|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key"
    r"|secret[_-]?(?:key|access)|[_-]?secret\\*[\"']?\s*[=:]|credential|sig=|signature=|[?&](?:key|auth)="
    r"|from-literal|dockerc|auth\\*[\"']?\s*[:=]|stringdata|kind\\*[\"']?\s*[:=]\s*\\*[\"']?Sec|Kind=Secret"
    r"|Secret in version"
)
"""Nothing of the above can match a text in which this finds nothing: most messages are done after one search."""


def clean(text: str) -> str:
    """The text without control, escape and reordering characters; lone surrogates and odd line ends replaced."""
    if text.isascii():
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text if text.replace("\n", " ").replace("\t", " ").isprintable() else _CONTROL.sub("", text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _CONTROL.sub("", text.replace("\u00a0", " "))


def redact(text: str) -> str:
    """The cleaned text with every credential replaced by `[redacted]`. Doing it twice changes nothing."""
    text = clean(text)
    if _TRIGGER.search(text) is None:
        return text
    for _ in range(ROUNDS):
        before, text = text, _redact_once(text)
        if text == before:
            break
    return text


def _redact_once(text: str) -> str:
    text = _PRIVATE_KEY.sub(REDACTED, text)
    if _KIND_SECRET.search(text) is not None:
        text = _redact_secret_data(text)
    text = _USERINFO.sub(_userinfo, text)
    text = _USERINFO_TOKEN.sub(rf"\1{REDACTED}@", text)
    text = _AUTHORIZATION.sub(_authorization, text)
    text = _TOKEN.sub(REDACTED, text)
    text = _BEARER.sub(_when(_has_digit), text)
    for pattern in (_DOCKER_AUTH, _ASSIGNED, _FLAG, _LITERAL, _LINE_PAIR):
        text = pattern.sub(_second, text)
    text = _QUOTED_PAIR.sub(_when(lambda value: "://" not in value), text)
    return _PROSE_PAIR.sub(_when(_secret_like), text)


def _second(match: "re2._Match[str]") -> str:
    """The match with its second group hidden; quotes that open the value stay."""
    head, value, *rest = (match.group(index) or "" for index in range(1, (match.re.groups or 2) + 1))
    opening = value[: len(value) - len(value.lstrip("\\\"'"))]
    if opening == value:
        return str(match.group(0))  # nothing between the quotes
    closing = value[-1] if opening and len(value) > 1 and value[-1] in "\"'" else ""
    return f"{head}{opening}{REDACTED}{closing}{''.join(rest)}"


def _when(condition: Callable[[str], bool]) -> Callable[["re2._Match[str]"], str]:
    def replaced(match: "re2._Match[str]") -> str:
        return _second(match) if condition(match.group(2)) else match.group(0)

    return replaced


def _authorization(match: "re2._Match[str]") -> str:
    """A header's value; without a scheme only what looks like a secret, for prose says `authorization: denied`."""
    value = match.group(3)
    return f"{match.group(1)}{REDACTED}" if match.group(2) or _secret_like(value) else match.group(0)


def _userinfo(match: "re2._Match[str]") -> str:
    if match.group(3):  # docker-pullable://image:tag@sha256:… is a reference, not a password
        return match.group(0)
    return f"{match.group(1)}:{REDACTED}@"


def _has_digit(value: str) -> bool:
    return any(char.isdigit() for char in value)


def _secret_like(value: str) -> bool:
    """Letters and digits in one word: `hunter2` is hidden, `unauthorized`, `401` and `sha256:…` are not."""
    return _has_digit(value) and any(char.isalpha() for char in value)


def _redact_secret_data(text: str) -> str:
    text = _DECODE_CONTEXT.sub(rf"\1{REDACTED}\3{REDACTED}\5", text)
    text = _JSON_DATA.sub(_json_data, text)
    text = _MAP_DATA.sub(rf"\1{REDACTED}", text)
    return "\n".join(_yaml_lines(text.split("\n"))) if "\n" in text else text


def _json_data(match: "re2._Match[str]") -> str:
    body = _JSON_VALUE.sub(rf"\1{REDACTED}", match.group(2))
    return f"{match.group(1)}{{{body}{'}' if match.group(0).endswith('}') else ''}"


def _yaml_lines(lines: list[str]) -> list[str]:
    """The lines with the values below `data:` and `stringData:` hidden, block scalars included."""
    found: list[str] = []
    indent: int | None = None
    for line in lines:
        stripped = len(line) - len(line.lstrip(" \t"))
        if indent is not None and line.strip() and stripped <= indent:
            indent = None
        if indent is None:
            start = _YAML_DATA.match(line)
            if start is not None:
                indent = len(start.group("indent"))
            found.append(line)
            continue
        key = _YAML_KEY.match(line)
        if key is None:
            found.append(f"{line[:stripped]}{REDACTED}" if line.strip() else line)
        elif key.group("value") in ("", "|", "|-", "|+", ">", ">-", ">+"):
            found.append(line)
        else:
            found.append(f"{key.group('key')}{key.group('gap')}{REDACTED}")
    return found
