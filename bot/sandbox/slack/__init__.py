"""A Slack workspace on this machine: Web API, Socket Mode, signed HTTP delivery and the page people look at."""
