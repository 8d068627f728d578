"""The server's own certificate."""

import ssl
from pathlib import Path

from bot.service.ports import Refused


def server_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS from 1.2 on with this certificate chain and key (PEM). Raises Refused with a sentence when they don't fit."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty passphrase, else OpenSSL would ask for one on the terminal and wait.
        context.load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise Refused(
            f"{certificate} and {key} can't be used for HTTPS ({error}); they must be a certificate chain and its "
            "private key without a passphrase, both PEM."
        ) from None
    return context
