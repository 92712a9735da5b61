"""What each command of the program does, one module a command."""

PROGRAM = "transcribe"

COMPLETE_ENV = "_TRANSCRIBE_COMPLETE"
"""Set by the shell's completion script (click's convention)."""
