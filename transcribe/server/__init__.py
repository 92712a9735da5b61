"""The speech server: recordings come in over HTTP, jobs wait their turn, transcripts go out."""
