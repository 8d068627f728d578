"""Argo CD: its JSON read into our own words (pure), the REST client, the stream and the webhook."""
