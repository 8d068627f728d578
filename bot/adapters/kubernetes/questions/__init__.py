"""What an API server's objects answer to the questions of the catalogue. Pure: objects in, answers out."""
