"""Outputs: what is in them, and how they appear beside a recording, whole or not at all."""
