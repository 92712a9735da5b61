"""From a recording to an episode: the recipe and its stages; knows engines by their ports only."""
