"""One stage of the pipeline a file; see docs/architecture.md."""
