"""The knowledge base on disk: loading with file:line errors, linting, testing, searching, importing, editing."""
