"""Asks the bot in this container whether it is alive; exit status 1 with a sentence when it isn't."""

import os
import ssl
import sys
import urllib.error
import urllib.request

PREFIX = "GITOPS_BOT_WEB__"
TIMEOUT = 4.0


def main() -> int:
    """Read /healthz at the port of the settings."""
    port = os.environ.get(f"{PREFIX}PORT") or "8080"
    host = os.environ.get(f"{PREFIX}HOST") or "0.0.0.0"  # noqa: S104  only compared
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
    scheme = "https" if os.environ.get(f"{PREFIX}TLS_CERT") else "http"
    url = f"{scheme}://{everywhere.get(host, host)}:{port}/healthz"
    # The certificate is for the name people use, not for this address; nothing secret is sent.
    trusting = ssl._create_unverified_context()  # noqa: S323, SLF001
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))
    try:
        with direct.open(url, timeout=TIMEOUT):
            return 0
    except (urllib.error.URLError, OSError, ValueError) as error:
        sys.stderr.write(f"{url} does not answer: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
