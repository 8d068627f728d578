"""Makes draft entries of an RCA report: what it says is carried over, what it lacks is listed, nothing is invented."""

from bot.kb.importing.drafts import Imported, drafts
from bot.kb.importing.report import Finding, read_report

__all__ = ["Finding", "Imported", "drafts", "read_report"]
