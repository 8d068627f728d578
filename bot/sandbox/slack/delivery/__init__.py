"""Getting what people did to the app: over its Socket Mode connections, or by signed requests to its address."""

from bot.sandbox.slack.delivery.events import Acknowledgement, Delivery, Kind
from bot.sandbox.slack.delivery.postman import Postman
from bot.sandbox.slack.delivery.signed_http import SignedHttp
from bot.sandbox.slack.delivery.socket_mode import SocketMode

__all__ = ["Acknowledgement", "Delivery", "Kind", "Postman", "SignedHttp", "SocketMode"]
