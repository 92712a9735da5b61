"""A folder that is watched: every recording in it is transcribed once it is complete, and none is lost."""
