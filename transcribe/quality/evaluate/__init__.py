"""How far transcripts and turns are from references."""
