"""The command line: one module a command, the options they share, and what they print."""

PROGRAM = "transcribe"

COMPLETE_ENV = "_TRANSCRIBE_COMPLETE"
"""Set by the shell's completion script (click's convention)."""
