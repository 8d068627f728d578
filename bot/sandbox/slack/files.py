"""Files: an upload address, the bytes put there, and the file they become."""

import secrets
from dataclasses import dataclass

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json

LARGEST = 20 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class StoredFile:
    """A file that was announced, and its bytes once they came."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""

    def to_json(self) -> Json:
        """Return the file object messages carry."""
        return {"id": self.id, "name": self.name, "title": self.title or self.name, "size": self.length}


class Files:
    """Files by upload ticket and by id."""

    def __init__(self) -> None:
        self._by_ticket: dict[str, StoredFile] = {}
        self.by_id: dict[str, StoredFile] = {}

    def announce(self, name: str, length: int) -> tuple[str, str]:
        """Return (upload ticket, file id) for a file that will come. Raises SlackError."""
        if not 0 < length <= LARGEST:
            raise SlackError("file_upload_size_restricted" if length > 0 else "invalid_arguments")
        file = StoredFile(id=f"F{secrets.token_hex(5).upper()}", name=name, length=length)
        ticket = secrets.token_urlsafe(16)
        self._by_ticket[ticket] = file
        return ticket, file.id

    def receive(self, ticket: str, content: bytes) -> bool:
        """Store a file's bytes; False where nobody announced them so."""
        file = self._by_ticket.get(ticket)
        if file is None or len(content) != file.length:
            return False
        file.content = content
        return True

    def complete(self, file_id: object, title: str) -> StoredFile:
        """Make an uploaded file one that can be shown. Raises SlackError `file_not_found`."""
        for ticket, file in self._by_ticket.items():
            if file.id == file_id and file.content is not None:
                file.title = title
                self.by_id[file.id] = file
                del self._by_ticket[ticket]
                return file
        raise SlackError("file_not_found")
