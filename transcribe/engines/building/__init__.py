"""Engines built for this machine, and installed only once they have worked: `make native`, `make llm`."""
