"""One package for each outside system, strangers to each other: a pure parser and a thin client that fills a port."""
