"""An entry's examples as the matcher sees them."""

from bot.core.entries import ExampleSignal
from bot.core.haystack import Text, text_of


def text_of_example(signal: ExampleSignal) -> Text:
    """The example's signal, redacted and unwrapped as a source's would be."""
    return text_of(
        signal.message,
        source=signal.source,
        reason=signal.reason,
        kind=signal.kind,
        namespace=signal.namespace,
        name=signal.name,
        app=signal.app,
    )
