"""Is it good? Checks of published files, and transcripts measured against references."""
