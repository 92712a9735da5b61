"""Chapters that a recording's makers set, with links and pictures: read once, kept in every output."""
