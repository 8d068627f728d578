"""Bad days as data, and the player that lets them happen."""
