"""Recordings as jobs: found, planned, run, published, remembered; every front end runs them from here."""
