"""The seal: no network for this process and all that it starts, for good; who tries is written down."""

HELD_ENV = "TRANSCRIBE_SEAL"
"""Tells processes that are started which level was taken, and where attempts are written down."""
