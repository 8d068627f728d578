"""The knowledge base: files to entries and back, and the checks that keep them honest. Reads files, never the network."""
