"""Finished transcripts as files: each format a pure function from episode to bytes (`known.FORMATS`).

Text is UTF-8 with LF line ends. Nothing here opens a file: `jobs.publish` does.
"""
