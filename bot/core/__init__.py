"""Decisions about signals, matches, incidents and plans. Pure: values in, values out.

Nothing here may await, read a clock or the environment, log, or know a vendor's field name.
"""
