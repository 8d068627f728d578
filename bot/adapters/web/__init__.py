"""The bot's own HTTP server: webhooks in, Slack's events in HTTP mode, health and figures out."""

from bot.adapters.web.limits import Limits
from bot.adapters.web.server import WebServer
from bot.adapters.web.tls import server_tls
from bot.adapters.web.webhooks import AlertReceiver, WebhookReceiver

__all__ = ["AlertReceiver", "Limits", "WebServer", "WebhookReceiver", "server_tls"]
