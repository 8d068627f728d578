"""The loops that tie the core to the world, written against `ports`. No vendor package is imported here."""
