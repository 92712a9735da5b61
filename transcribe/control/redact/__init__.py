"""Redaction: words masked in every text and in a copy of the sound, which is recognised again as proof."""
