"""Corrections: what people changed in a transcript, as a layer over the recognition, which stays as it is."""
