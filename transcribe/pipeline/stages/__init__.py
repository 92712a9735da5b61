"""The stages, one a file (probe to check, 1 to 7), and what they need; pictured in docs/architecture.md."""
