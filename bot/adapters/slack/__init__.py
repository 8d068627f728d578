"""Slack: rendering (pure), the chat port, and the listeners for clicks, modals and slash commands."""
