"""Strips what Argo CD, gRPC and loggers put around an error, down to the innermost cause.

Templates: `failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = Manifest generation error
(cached): …` and the like (facts/argocd.md §4, §8.20). Where the innermost is only a transport error
(`dial tcp …: connection refused`), the wrapper before it stays, for it alone says who couldn't be reached.
"""

import re

import re2

_options = re2.Options()
_options.log_errors = False

_DEPTH = 16
"""Layers that are taken off at most; real messages have up to seven."""

_LOG_PREFIXES = (
    r"(?:\[?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}[.,\d]*(?:Z|[+-]\d{2}:?\d{2})?\]?\s+)",
    r"(?:(?:stdout|stderr) [FP] )",
    r"(?:[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d+\s+\d+ [\w./-]+:\d+\]\s+)",
    r"(?:(?:FATA|ERRO|WARN|INFO)\[[^\]]{1,40}\]\s+)",
    r"(?:(?i:level=|\")?(?i:error|fatal|warn|warning|info)\s*[:\]]\s+)",
)
_PREFIXES = (
    *_LOG_PREFIXES,
    r"(?:(?:ComparisonError|SyncError|InvalidSpecError|DeletionError|UnknownError|OperationError):?\s+)",
    r"(?:\(combined from similar events\): )",
    r"(?:rpc error: code = \w+ desc =\s)",
    r"(?:Failed to (?:load (?:target|live) state|compare desired state to live state|normalize target state): )",
    r"(?:failed to generate manifest(?: for source \d+ of \d+)?: )",
    r"(?:Unable to generate manifests in [^:]{0,300}: )",
    r"(?:Manifest generation error(?: \(cached\))?: )",
    r"(?:Failed (?:last )?sync attempt(?: to)? ?(?:\[?[\w.,/ -]{0,200}\]?)?: )",
    r"(?:(?:Partial )?[Ss]ync operation to \[?[\w.,/ -]{0,200}\]? failed: )",
    r"(?:one or more objects failed to apply(?: \(dry run\))?(?:,? reason)?: )",
    r"(?:one or more synchronization tasks are not valid(?: due to [^:]{0,200})?: )",
    r"(?:one or more synchronization tasks completed unsuccessfully, reason: )",
    r"(?:error when (?:creating|patching|replacing|applying patch|deleting|retrieving [a-z ]+) \"[^\"]{0,300}\": )",
    r"(?:application spec for [^:]{1,300} is invalid: )",
    r"(?:UPGRADE FAILED: |INSTALLATION FAILED: )",
)
_LEADING = re.compile(rf"\s*(?:{'|'.join(_PREFIXES)})", re.ASCII)
"""Anchored and bounded, so that the standard library's engine is as safe as RE2 here, and several times cheaper."""

_TRAILING = re2.compile(
    r"(?:\s*\((?:retried \d+ times?|failed to retry: [^)]{0,300})\)\.?"
    r"|\.?\s*Retrying attempt #\d+ at [^.\n]{1,40}\.?"
    r"|,? and \d+ more errors?)\s*$",
    _options,
)
_TRAILING_WORDS = ("(retried ", "(failed to retry: ", "Retrying attempt #", " more error")
"""Without one of these nothing trails; looking for them is far cheaper than the search."""

_TRANSPORT = re2.compile(
    r"(?i)^(?:(?:get|post|put|patch|delete|head|options) \"?https?://[^\s\"]+\"?: )?"
    r"(?:(?:dial|read|write) (?:tcp|udp|unix)|(?:unexpected )?eof\b|context\s+(?:deadline exceeded|canceled)"
    r"|i/o timeout|connect(?:ion)?: |connection (?:error|refused|reset|closed)|error reading from server|transport: "
    r"|http2: |net/http: "
    r"|tls handshake timeout|client\.timeout|stream terminated|the connection is (?:draining|unavailable)|no such host"
    r"|lookup \S+|last connection error|name resolver error|all subconns\b|transport is closing|closing transport"
    r"|no healthy upstream|upstream connect error|keepalive ping failed|grpc: |received message larger than"
    r"|unavailable\b)",
    _options,
)


def unwrap(text: str) -> str:
    """The innermost cause of a message. A message without wrappers comes back as it is, without outer blanks."""
    found = text.strip()
    for _ in range(_DEPTH):
        trailing = _TRAILING.search(found) if any(words in found for words in _TRAILING_WORDS) else None
        if trailing is not None and trailing.start() > 0:
            found = found[: trailing.start()].rstrip()
            continue
        leading = _LEADING.match(found)
        if leading is None or leading.end() == 0:
            break
        rest = found[leading.end() :].lstrip()
        if not rest or is_transport(rest):
            break
        found = rest
    return found


def is_transport(text: str) -> bool:
    """Whether a text begins as a bare transport error: it says that a connection failed, not whose."""
    return _TRANSPORT.search(text) is not None
