"""Recorded stories played through the parsers and the whole core with an injected clock (design §3 `replay`).

Sources and read ports are answered from the recording: an Application's newest stream line up to now; objects of the
cluster from recorded exchanges, otherwise *not known*. Nothing is posted; what would be is printed as incidents.
"""
