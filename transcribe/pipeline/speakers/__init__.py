"""Who speaks: turns, names, and the voices that people have registered."""
