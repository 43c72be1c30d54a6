"""Builds by many workers: other processes read, split and embed; this one keeps the order, and writes.

``worker`` is what runs in such a process. ``crew`` hands the work out, in this one. ``cluster`` is the only
module that knows Ray.
"""
