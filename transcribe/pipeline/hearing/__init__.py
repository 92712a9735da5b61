"""How one chunk is heard: `listener.py` is the recipe, the other files are what it needs."""
